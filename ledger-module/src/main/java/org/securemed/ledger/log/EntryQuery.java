package org.securemed.ledger.log;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/**
 * Which entries to find, newest first. Every condition that is there must hold.
 *
 * @param patients about any of these patients; empty for any or none
 * @param actor by this actor; null for any
 * @param ops of any of these ops; empty for any
 * @param from at this time or later; null for any
 * @param to before this time; null for any
 * @param before with a smaller index than this: the last index of the page before, or {@link Long#MAX_VALUE}
 * @param limit at most so many, 1 to 1,000
 */
public record EntryQuery(
        Set<Pseudonym> patients,
        @Nullable String actor,
        Set<Op> ops,
        @Nullable Instant from,
        @Nullable Instant to,
        long before,
        int limit) {

    public EntryQuery {
        patients = Set.copyOf(patients);
        ops = Set.copyOf(ops);
        if (before < 0 || limit < 1 || limit > 1_000) {
            throw new IllegalArgumentException("a page has 1 to 1000 entries before an index");
        }
    }
}
