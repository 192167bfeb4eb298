package org.securemed.fhir.smart;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings the schema {@code smart} to this version when constructed; whoever needs the tables asks for this first. */
public final class SmartSchema {
    /**
     * Migrates.
     *
     * @param database any DataSource of the server's PostgreSQL
     */
    public SmartSchema(DataSource database) {
        Flyway.configure(SmartSchema.class.getClassLoader())
                .dataSource(database)
                .schemas("smart")
                .createSchemas(true)
                .table("smart_schema_history")
                .locations("classpath:db/smart")
                .cleanDisabled(true)
                .load()
                .migrate();
    }
}
