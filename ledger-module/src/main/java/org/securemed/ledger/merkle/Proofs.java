package org.securemed.ledger.merkle;

import java.util.ArrayList;
import java.util.List;

/** Makes roots and proofs of RFC 9162 from the hashes of perfect subtrees. */
public final class Proofs {
    private final NodeSource nodes;

    /** @param nodes knows every perfect subtree within the sizes that will be asked about */
    public Proofs(NodeSource nodes) {
        this.nodes = nodes;
    }

    /** The root of the first {@code size} leaves. */
    public Hash root(long size) {
        if (size < 0) {
            throw new IllegalArgumentException("a tree has no %d leaves".formatted(size));
        }
        return size == 0 ? TreeHash.EMPTY_ROOT : subtree(0, size);
    }

    /** The proof that the leaf at {@code index} is in the tree of the first {@code treeSize} leaves. */
    public InclusionProof inclusion(long index, long treeSize) {
        if (index < 0 || index >= treeSize) {
            throw new IllegalArgumentException("index %d is outside a tree of %d leaves".formatted(index, treeSize));
        }
        List<Hash> path = new ArrayList<>();
        path(index, 0, treeSize, path);
        return new InclusionProof(index, treeSize, path);
    }

    /** The proof that the first {@code oldSize} leaves (at least 1) are a prefix of the first {@code newSize}. */
    public ConsistencyProof consistency(long oldSize, long newSize) {
        if (oldSize < 1 || oldSize > newSize) {
            throw new IllegalArgumentException(
                    "no consistency proof leads from %d to %d leaves".formatted(oldSize, newSize));
        }
        List<Hash> path = new ArrayList<>();
        subproof(oldSize, 0, newSize, true, path);
        return new ConsistencyProof(oldSize, newSize, path);
    }

    private void path(long index, long from, long to, List<Hash> path) {
        if (to - from == 1) {
            return;
        }
        long middle = from + split(to - from);
        if (index < middle) {
            path(index, from, middle, path);
            path.add(subtree(middle, to));
        } else {
            path(index, middle, to, path);
            path.add(subtree(from, middle));
        }
    }

    private void subproof(long oldEnd, long from, long to, boolean oldRootKnown, List<Hash> path) {
        if (oldEnd == to) {
            if (!oldRootKnown) {
                path.add(subtree(from, to));
            }
            return;
        }
        long middle = from + split(to - from);
        if (oldEnd <= middle) {
            subproof(oldEnd, from, middle, oldRootKnown, path);
            path.add(subtree(middle, to));
        } else {
            subproof(oldEnd, middle, to, false, path);
            path.add(subtree(from, middle));
        }
    }

    private Hash subtree(long from, long to) {
        long width = to - from;
        if (Long.bitCount(width) == 1) {
            int level = Long.numberOfTrailingZeros(width);
            return nodes.node(level, from >> level);
        }
        long middle = from + split(width);
        return TreeHash.node(subtree(from, middle), subtree(middle, to));
    }

    /** The largest power of two smaller than {@code width}. */
    private static long split(long width) {
        return Long.highestOneBit(width - 1);
    }
}
