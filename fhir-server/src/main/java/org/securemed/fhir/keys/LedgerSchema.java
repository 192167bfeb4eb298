package org.securemed.fhir.keys;

import javax.sql.DataSource;
import org.securemed.fhir.database.Migrations;

/** The tables of the ledger; whoever needs them asks for this first. */
public final class LedgerSchema {
    /** Migrates the schema {@code ledger}: the log, the consent states and the patients' keys. */
    public LedgerSchema(DataSource dataSource) {
        Migrations.migrate(dataSource, "ledger", "db/ledger/postgresql");
    }
}
