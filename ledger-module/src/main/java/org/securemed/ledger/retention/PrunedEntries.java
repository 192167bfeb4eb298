package org.securemed.ledger.retention;

import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which entries may be gone, by all retention statements of a log. Thread-safe; grows. */
public final class PrunedEntries {
    private final Map<Long, BitSet> spans = new HashMap<>();
    private @Nullable Instant before;
    private long statements;

    /** Takes a statement in. */
    public synchronized void add(RetentionStatement statement) {
        spans.computeIfAbsent(statement.from(), from -> new BitSet()).or(statement.pruned());
        Instant known = before;
        before = known == null || statement.before().isAfter(known) ? statement.before() : known;
        statements++;
    }

    /** Whether the entry at this index may be gone. */
    public synchronized boolean covers(long index) {
        BitSet pruned = spans.get(index - index % RetentionStatement.SPAN);
        return pruned != null && pruned.get((int) (index % RetentionStatement.SPAN));
    }

    /** First indexes of the spans in which entries may be gone, ascending. */
    public synchronized Iterable<Long> spans() {
        return new TreeSet<>(spans.keySet());
    }

    /** The entries that may be gone of the span that begins at an index, by their distance from it. */
    public synchronized BitSet of(long span) {
        BitSet pruned = spans.get(span);
        return pruned == null ? new BitSet() : (BitSet) pruned.clone();
    }

    /** Number of entries that may be gone. */
    public synchronized long count() {
        return spans.values().stream().mapToLong(BitSet::cardinality).sum();
    }

    /** Number of statements. */
    public synchronized long statements() {
        return statements;
    }

    /** The time before which entries may be gone; empty if none may. */
    public synchronized Optional<Instant> before() {
        return Optional.ofNullable(before);
    }
}
