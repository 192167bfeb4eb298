package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.LastTransition;

/**
 * What was committed and is not in the log yet: transitions and erasures by patient. Of other entries only whom they
 * are about is kept, so that memory is bounded by the outbox. One thread.
 */
final class PendingEntries {
    /** Ops of the entries that tell what becomes of a patient's consents and key. */
    static final Set<Op> OPS = LastTransition.relevantOps();

    private final TreeMap<Pseudonym, List<Entry>> byPatient = new TreeMap<>();

    void add(Entry entry) {
        Pseudonym patient = entry.patient();
        if (patient != null) {
            List<Entry> entries = byPatient.computeIfAbsent(patient, one -> new ArrayList<>());
            if (OPS.contains(entry.op())) {
                entries.add(entry);
            }
        }
    }

    /** The first patient that is left; null when none is. */
    @Nullable
    Pseudonym first() {
        return byPatient.isEmpty() ? null : byPatient.firstKey();
    }

    /** Takes out a patient's entries; null when nothing is pending about the patient. */
    @Nullable
    List<Entry> take(Pseudonym patient) {
        return byPatient.remove(patient);
    }
}
