package org.securemed.ledger.log;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/**
 * Which entries to find, in the order of their times; those of one time in the order of the log. Every condition that
 * is there must hold.
 *
 * @param patients about any of these patients; empty for any or none
 * @param actor by this actor; null for any
 * @param ops of any of these ops; empty for any
 * @param from at this time or later; null for any
 * @param to before this time; null for any
 * @param before with a smaller index than this, such as the size that the log had when the first page was read: then
 *     what is appended meanwhile moves nothing; {@link Long#MAX_VALUE} for any
 * @param order the order of the answer
 * @param after what comes in this order behind this place, the last of the page before; null to begin
 * @param limit at most so many, 1 to 1,000
 */
public record EntryQuery(
        Set<Pseudonym> patients,
        @Nullable String actor,
        Set<Op> ops,
        @Nullable Instant from,
        @Nullable Instant to,
        long before,
        Order order,
        @Nullable Place after,
        int limit) {

    /** The order of an answer. */
    public enum Order {
        NEWEST_FIRST,
        OLDEST_FIRST
    }

    /**
     * A place in the order of times.
     *
     * @param timeMillis the entry's time, milliseconds of POSIX time
     * @param index its index
     */
    public record Place(long timeMillis, long index) {
        /** The place of a stored entry. */
        public static Place of(StoredEntry stored) {
            return new Place(stored.entry().time().toEpochMilli(), stored.index());
        }
    }

    public EntryQuery {
        patients = Set.copyOf(patients);
        ops = Set.copyOf(ops);
        if (before < 0 || limit < 1 || limit > 1_000) {
            throw new IllegalArgumentException("a page has 1 to 1000 entries before an index");
        }
    }

    /** The newest entries. */
    public EntryQuery(
            Set<Pseudonym> patients,
            @Nullable String actor,
            Set<Op> ops,
            @Nullable Instant from,
            @Nullable Instant to,
            long before,
            int limit) {
        this(patients, actor, ops, from, to, before, Order.NEWEST_FIRST, null, limit);
    }
}
