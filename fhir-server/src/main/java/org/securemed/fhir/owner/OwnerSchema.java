package org.securemed.fhir.owner;

import javax.sql.DataSource;
import org.securemed.fhir.database.Migrations;

/** The tables of the owner index; whoever needs them asks for this first. */
public final class OwnerSchema {
    /** Migrates the schema {@code securemed}. */
    public OwnerSchema(DataSource dataSource) {
        Migrations.migrate(dataSource, "securemed", "db/owner");
    }
}
