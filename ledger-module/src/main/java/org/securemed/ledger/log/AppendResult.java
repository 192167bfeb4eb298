package org.securemed.ledger.log;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.securemed.ledger.entry.Pseudonym;

/** What became of a submission. Everything else is an exception. */
public sealed interface AppendResult {
    /**
     * The entries are durable, in one block.
     *
     * @param indexes log indexes, zero-based, in the order of the submission. Not yet covered by a checkpoint
     */
    record Appended(List<Long> indexes) implements AppendResult {
        public Appended {
            indexes = List.copyOf(indexes);
        }

        /** The index of the first entry. */
        public long index() {
            return indexes.get(0);
        }
    }

    /**
     * An entry of the submission has an identity that is in the log already; nothing was written.
     *
     * @param index where that identity is
     */
    record Duplicate(long index) implements AppendResult {}

    /**
     * The consent version that the submission relied on is no longer the current one; nothing was written.
     *
     * @param subject whose consent changed
     */
    record Stale(Pseudonym subject) implements AppendResult {}

    /**
     * Too much is waiting; nothing was written.
     *
     * @param retryAfter when to try again
     */
    record Pushback(Duration retryAfter) implements AppendResult {}

    /** Handles every case. */
    default <T> T fold(
            Function<Appended, T> appended,
            Function<Duplicate, T> duplicate,
            Function<Stale, T> stale,
            Function<Pushback, T> pushback) {
        if (this instanceof Appended result) {
            return appended.apply(result);
        }
        if (this instanceof Duplicate result) {
            return duplicate.apply(result);
        }
        if (this instanceof Stale result) {
            return stale.apply(result);
        }
        return pushback.apply((Pushback) this);
    }
}
