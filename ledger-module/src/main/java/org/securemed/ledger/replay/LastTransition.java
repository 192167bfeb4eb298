package org.securemed.ledger.replay;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/** What a patient's entries, taken in by their order in the log, say of where the consents stand. Needs no key. */
public final class LastTransition {
    private static final Set<Op> OPS = ops();

    private long version;
    private @Nullable Bytes commitment;
    private boolean erased;

    /** Ops of the entries that matter. */
    public static Set<Op> relevantOps() {
        return OPS;
    }

    /** Takes an entry in. One that names no version or commitment says nothing: a verifier finds it elsewhere. */
    public void add(Entry entry) {
        ConsentStep.of(entry).ifPresent(this::add);
    }

    /** Takes in what the next entry says. */
    public void add(ConsentStep step) {
        if (step.isErasure()) {
            erased = true;
        } else if (step.version() > version) {
            // Two may come into the log in the other order.
            version = step.version();
            commitment = step.commitment();
        }
    }

    /** The version of the patient's state; 0 when nothing was ever said. */
    public long version() {
        return version;
    }

    /** Whether the patient is erased. */
    public boolean isErased() {
        return erased;
    }

    /** Adds the patient to a snapshot, unless erased or without any transition. */
    public void addTo(ConsentSnapshot.Builder snapshot, Pseudonym patient) {
        Bytes state = commitment;
        if (!erased && state != null) {
            snapshot.add(patient, version, state);
        }
    }

    private static Set<Op> ops() {
        Set<Op> ops = new HashSet<>(RecordedTransition.ops());
        ops.add(Op.ERASE);
        return Set.copyOf(ops);
    }
}
