package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.Arrays;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentStep;
import org.securemed.ledger.replay.LastTransition;
import org.securemed.ledger.verify.Rows.PatientEntryRow;
import org.securemed.ledger.verify.Rows.StatementRow;

/**
 * Checks every snapshot of the consents that the log states against the entries below its size. Entries are read once,
 * by patient, for all snapshots; memory is that of the snapshots. One thread.
 */
final class SnapshotCheck {
    private final StoredLog log;
    private final SnapshotReplay replay;

    SnapshotCheck(StoredLog log, String origin, Findings findings) {
        this.log = log;
        this.replay = new SnapshotReplay(
                origin,
                (seq, expected, found) ->
                        new Finding(CheckedEntry.TABLE, CheckedEntry.row(seq), "body", expected, found),
                findings);
    }

    void run() throws SQLException {
        readSnapshots();
        if (replay.isEmpty()) {
            return;
        }
        try (Cursor<PatientEntryRow> rows = log.entriesByPatient(LastTransition.relevantOps())) {
            for (PatientEntryRow row = rows.take(); row != null; row = rows.take()) {
                entry(row);
            }
        }
        replay.finish();
    }

    private void readSnapshots() throws SQLException {
        try (Cursor<StatementRow> rows = log.consentSnapshots()) {
            for (StatementRow row = rows.take(); row != null; row = rows.take()) {
                try {
                    replay.stated(row.seq(), Entry.parse(row.body()).statement());
                } catch (EntryException e) {
                    replay.wrong(row.seq(), String.valueOf(e.getMessage()));
                }
            }
        }
    }

    private void entry(PatientEntryRow row) {
        try {
            Entry entry = Entry.parse(row.body());
            Pseudonym about = entry.patient();
            if (about != null && Arrays.equals(row.patient(), about.toByteArray())) {
                ConsentStep.of(entry).ifPresent(step -> replay.add(about, row.seq(), step));
            }
        } catch (EntryException e) {
            // Said already, with the entry's place.
            return;
        }
    }
}
