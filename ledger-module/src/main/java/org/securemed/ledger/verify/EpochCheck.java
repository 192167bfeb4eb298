package org.securemed.ledger.verify;

import java.sql.SQLException;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.verify.Rows.EpochRow;

/**
 * Checks that the epoch in use is the keystore's newest. Between giving a keystore a new epoch and beginning it that is
 * a finding: new keys are still wrapped under the old one.
 */
final class EpochCheck {
    static final String TABLE = "kek_epoch";

    private final StoredLog log;
    private final KeyEncryptionKeys epochs;
    private final Findings findings;

    EpochCheck(StoredLog log, KeyEncryptionKeys epochs, Findings findings) {
        this.log = log;
        this.epochs = epochs;
        this.findings = findings;
    }

    /** @param needed whether there are keys, and so must be an epoch */
    void run(boolean needed) throws SQLException {
        boolean found = false;
        try (Cursor<EpochRow> rows = log.epochs()) {
            for (EpochRow row = rows.take(); row != null; row = rows.take()) {
                String place = "only_row " + row.onlyRow();
                findings.compare(TABLE, place, "only_row", true, row.onlyRow());
                findings.compare(TABLE, place, "epoch", epochs.newestEpoch(), row.epoch());
                found = true;
            }
        }
        if (needed && !found) {
            findings.add(TABLE, "only_row true", "*", "epoch " + epochs.newestEpoch(), "no row");
        }
    }
}
