package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.replay.ConsentStep;
import org.securemed.ledger.replay.LastTransition;
import org.securemed.ledger.replay.ReplayException;

/**
 * Makes every snapshot of the consents that the log states again from what its entries say. These come once, by patient
 * and then in their order, for all snapshots; memory is that of the snapshots. One thread.
 */
final class SnapshotReplay {
    private final String origin;
    private final Place place;
    private final Findings findings;
    private final List<Stated> snapshots = new ArrayList<>();

    private @Nullable Pseudonym patient;
    private LastTransition last = new LastTransition();
    // Of this patient: the first snapshot that was not told of them yet.
    private int next;

    /** @param place makes the finding at an entry */
    SnapshotReplay(String origin, Place place, Findings findings) {
        this.origin = origin;
        this.place = place;
        this.findings = findings;
    }

    /** A snapshot that an entry states. To be called for each, in the order of the log, before anything is added. */
    void stated(long seq, @Nullable String statement) {
        try {
            ConsentSnapshot snapshot = ConsentSnapshot.parse(statement);
            if (snapshot.origin().equals(origin) && snapshot.size() <= seq) {
                snapshots.add(new Stated(seq, snapshot, new ConsentSnapshot.Builder(origin, snapshot.size())));
                snapshots.sort(Comparator.comparingLong(stated -> stated.snapshot.size()));
            } else {
                wrong(seq, "one of another log, or of entries that came later");
            }
        } catch (ReplayException e) {
            wrong(seq, String.valueOf(e.getMessage()));
        }
    }

    /** What an entry is that should state a snapshot. */
    void wrong(long seq, String found) {
        findings.add(place.finding(seq, "a snapshot of the consents", found));
    }

    boolean isEmpty() {
        return snapshots.isEmpty();
    }

    /** What the entry at {@code seq} says of a patient. */
    void add(Pseudonym about, long seq, ConsentStep step) {
        if (!about.equals(patient)) {
            endOfPatient();
            patient = about;
        }
        while (next < snapshots.size() && snapshots.get(next).snapshot.size() <= seq) {
            last.addTo(snapshots.get(next++).replay, about);
        }
        last.add(step);
    }

    void finish() {
        endOfPatient();
        for (Stated stated : snapshots) {
            String replayed = text(stated.replay.build());
            String said = text(stated.snapshot);
            if (!replayed.equals(said)) {
                findings.add(place.finding(stated.seq, replayed, said));
            }
        }
    }

    private void endOfPatient() {
        Pseudonym ended = patient;
        while (ended != null && next < snapshots.size()) {
            last.addTo(snapshots.get(next++).replay, ended);
        }
        last = new LastTransition();
        next = 0;
    }

    private static String text(ConsentSnapshot snapshot) {
        return "consents of %d patients, hash %s"
                .formatted(snapshot.patients(), snapshot.hash().toBase64());
    }

    /** Makes findings at entries. */
    @FunctionalInterface
    interface Place {
        Finding finding(long seq, String expected, String found);
    }

    private record Stated(long seq, ConsentSnapshot snapshot, ConsentSnapshot.Builder replay) {}
}
