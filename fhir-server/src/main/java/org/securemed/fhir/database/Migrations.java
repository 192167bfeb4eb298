package org.securemed.fhir.database;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings a schema of our own to the version of this build. */
public final class Migrations {
    private Migrations() {}

    /**
     * Migrates; does nothing when the schema is current.
     *
     * @param schema made if it is not there; holds its own history table
     * @param location folder of the scripts on the class path
     * @throws RuntimeException Flyway's, if a script fails or was changed after it ran; the server must not start then
     */
    public static void migrate(DataSource dataSource, String schema, String location) {
        Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(dataSource)
                .schemas(schema)
                .createSchemas(true)
                .table("schema_history")
                .locations("classpath:" + location)
                .cleanDisabled(true)
                .load()
                .migrate();
    }
}
