package org.securemed.ledger.replay;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * What one entry says of where a patient's consents stand; read without a key.
 *
 * @param version of the state that the entry led to; 0 for an erasure
 * @param commitment to that state; null for an erasure
 */
public record ConsentStep(long version, @Nullable Bytes commitment) {
    /** The patient was erased. */
    public static final ConsentStep ERASED = new ConsentStep(0, null);

    public ConsentStep {
        if (version < 0 || (commitment == null) != (version == 0)) {
            throw new IllegalArgumentException("a transition has a version and a commitment");
        }
    }

    /** What an entry says. One that names no version or commitment says nothing: a verifier finds it elsewhere. */
    public static Optional<ConsentStep> of(Entry entry) {
        if (entry.op().equals(Op.ERASE)) {
            return Optional.of(ERASED);
        }
        try {
            long version = RecordedTransition.version(entry);
            return Optional.ofNullable(entry.resourceCommitment())
                    .map(commitment -> new ConsentStep(version, commitment));
        } catch (ReplayException e) {
            return Optional.empty();
        }
    }

    boolean isErasure() {
        return commitment == null;
    }
}
