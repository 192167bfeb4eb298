package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.replay.LastTransition;
import org.securemed.ledger.replay.ReplayException;
import org.securemed.ledger.verify.Rows.PatientEntryRow;
import org.securemed.ledger.verify.Rows.StatementRow;

/**
 * Checks every snapshot of the consents that the log states against the entries below its size. Entries are read once,
 * by patient, for all snapshots; memory is that of the snapshots. One thread.
 */
final class SnapshotCheck {
    private final StoredLog log;
    private final String origin;
    private final Findings findings;
    private final List<Stated> snapshots = new ArrayList<>();

    SnapshotCheck(StoredLog log, String origin, Findings findings) {
        this.log = log;
        this.origin = origin;
        this.findings = findings;
    }

    void run() throws SQLException {
        readSnapshots();
        if (snapshots.isEmpty()) {
            return;
        }
        try (Cursor<PatientEntryRow> rows = log.entriesByPatient(LastTransition.relevantOps())) {
            for (PatientEntryRow row = rows.peek(); row != null; row = rows.peek()) {
                patient(row.patient(), rows);
            }
        }
        for (Stated stated : snapshots) {
            ConsentSnapshot replayed = stated.replay.build();
            findings.compare(
                    CheckedEntry.TABLE,
                    CheckedEntry.row(stated.seq),
                    "body",
                    "consents of %d patients, hash %s"
                            .formatted(replayed.patients(), replayed.hash().toBase64()),
                    "consents of %d patients, hash %s"
                            .formatted(
                                    stated.snapshot.patients(),
                                    stated.snapshot.hash().toBase64()));
        }
    }

    private void readSnapshots() throws SQLException {
        try (Cursor<StatementRow> rows = log.consentSnapshots()) {
            for (StatementRow row = rows.take(); row != null; row = rows.take()) {
                try {
                    ConsentSnapshot snapshot =
                            ConsentSnapshot.parse(Entry.parse(row.body()).statement());
                    if (snapshot.origin().equals(origin) && snapshot.size() <= row.seq()) {
                        snapshots.add(
                                new Stated(row.seq(), snapshot, new ConsentSnapshot.Builder(origin, snapshot.size())));
                    } else {
                        wrong(row.seq(), "one of another log, or of entries that came later");
                    }
                } catch (EntryException | ReplayException e) {
                    wrong(row.seq(), String.valueOf(e.getMessage()));
                }
            }
        }
        snapshots.sort(Comparator.comparingLong(stated -> stated.snapshot.size()));
    }

    private void wrong(long seq, String found) {
        findings.add(CheckedEntry.TABLE, CheckedEntry.row(seq), "body", "a snapshot of the consents", found);
    }

    /** Takes one patient's entries, and adds what they say at each size to the snapshot of that size. */
    private void patient(byte[] patient, Cursor<PatientEntryRow> rows) throws SQLException {
        LastTransition last = new LastTransition();
        int next = 0;
        boolean named = patient.length == Pseudonym.LENGTH;
        for (PatientEntryRow row = rows.peek();
                row != null && Arrays.equals(patient, row.patient());
                row = rows.peek()) {
            rows.take();
            while (next < snapshots.size() && snapshots.get(next).snapshot.size() <= row.seq()) {
                add(last, patient, named, snapshots.get(next++));
            }
            entry(row, patient, last);
        }
        while (next < snapshots.size()) {
            add(last, patient, named, snapshots.get(next++));
        }
    }

    private static void add(LastTransition last, byte[] patient, boolean named, Stated to) {
        if (named) {
            last.addTo(to.replay, Pseudonym.of(patient));
        }
    }

    private static void entry(PatientEntryRow row, byte[] patient, LastTransition last) {
        try {
            Entry entry = Entry.parse(row.body());
            Pseudonym about = entry.patient();
            if (about != null && Arrays.equals(patient, about.toByteArray())) {
                last.add(entry);
            }
        } catch (EntryException e) {
            // Said already, with the entry's place.
            return;
        }
    }

    private record Stated(long seq, ConsentSnapshot snapshot, ConsentSnapshot.Builder replay) {}
}
