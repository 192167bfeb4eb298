package org.securemed.fhir.server;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings our own schemas to this version when constructed; whoever needs their tables asks for this first. */
public final class Schemas {
    /** Migrates {@code ledger} (the log, consent states, patients' keys) and {@code securemed} (the owner index). */
    public Schemas(DataSource dataSource) {
        migrate(dataSource, "ledger", "classpath:db/ledger/postgresql");
        migrate(dataSource, "securemed", "classpath:db/securemed");
    }

    private static void migrate(DataSource dataSource, String schema, String location) {
        Flyway.configure(Schemas.class.getClassLoader())
                .dataSource(dataSource)
                .schemas(schema)
                .createSchemas(true)
                .table("schema_history")
                .locations(location)
                .cleanDisabled(true)
                .load()
                .migrate();
    }
}
