package org.securemed.ledger.log;

import java.util.List;
import org.securemed.ledger.entry.Entry;

/**
 * Entries that become durable together in one block, or not at all.
 *
 * @param leaves 1 to {@value #MAX_ENTRIES}, together at most {@value #MAX_BYTES} bytes
 * @param preconditions what the block checks before it writes them
 */
public record Submission(List<Leaf> leaves, List<Precondition> preconditions) {
    public static final int MAX_ENTRIES = 10_000;
    public static final int MAX_BYTES = 16 * 1024 * 1024;

    public Submission {
        leaves = List.copyOf(leaves);
        preconditions = List.copyOf(preconditions);
        if (leaves.isEmpty() || leaves.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "a submission has 1 to %d entries, not %d".formatted(MAX_ENTRIES, leaves.size()));
        }
        long bytes = bytes(leaves);
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("the submission has %d bytes, more than %d".formatted(bytes, MAX_BYTES));
        }
        if (leaves.stream().map(leaf -> leaf.entry().id()).distinct().count() != leaves.size()) {
            throw new IllegalArgumentException("two entries of the submission have the same id");
        }
    }

    /** Encodes and hashes the entries in the calling thread. */
    public static Submission of(List<Entry> entries, List<Precondition> preconditions) {
        return new Submission(entries.stream().map(Leaf::of).toList(), preconditions);
    }

    /** One entry that relies on nothing. */
    public static Submission of(Entry entry) {
        return of(List.of(entry), List.of());
    }

    /** The leaves' bytes. */
    public long bytes() {
        return bytes(leaves);
    }

    private static long bytes(List<Leaf> leaves) {
        return leaves.stream().mapToLong(leaf -> leaf.borrowBody().length).sum();
    }
}
