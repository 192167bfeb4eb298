package org.securemed.ledger.merkle;

import java.util.List;

/**
 * A proof that a tree is a prefix of a larger one.
 *
 * @param oldSize number of leaves of the smaller tree, at least 1
 * @param newSize number of leaves of the larger tree
 * @param path the nodes of RFC 9162's PROOF(oldSize, D[newSize])
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4">RFC 9162, section 2.1.4</a>
 */
public record ConsistencyProof(long oldSize, long newSize, List<Hash> path) {
    public ConsistencyProof {
        if (oldSize < 1 || oldSize > newSize) {
            throw new IllegalArgumentException(
                    "no consistency proof leads from %d to %d leaves".formatted(oldSize, newSize));
        }
        path = List.copyOf(path);
    }

    /**
     * Checks that the tree with {@code newRoot} extends the one with {@code oldRoot}.
     *
     * @throws ProofException if this proof does not show it
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2">RFC 9162, section 2.1.4.2</a>
     */
    public void verify(Hash oldRoot, Hash newRoot) throws ProofException {
        if (oldSize == newSize) {
            verifySame(oldRoot, newRoot);
            return;
        }
        Roots roots = roots(oldRoot);
        if (!roots.oldRoot.equals(oldRoot) || !roots.newRoot.equals(newRoot)) {
            throw new ProofException("the tree of %d leaves does not extend the one of %d".formatted(newSize, oldSize));
        }
    }

    /** The roots that the path leads to, from the old tree if that is perfect. */
    private Roots roots(Hash oldRoot) throws ProofException {
        if (path.isEmpty()) {
            throw new ProofException("the proof from %d to %d leaves is empty".formatted(oldSize, newSize));
        }
        // A perfect old tree is itself the first node of the path, and is left out.
        boolean perfect = Long.bitCount(oldSize) == 1;
        Hash first = perfect ? oldRoot : path.get(0);
        long fn = oldSize - 1;
        long sn = newSize - 1;
        while ((fn & 1) == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        Hash fr = first;
        Hash sr = first;
        for (Hash node : path.subList(perfect ? 0 : 1, path.size())) {
            if (sn == 0) {
                throw new ProofException("the proof from %d to %d leaves is too long".formatted(oldSize, newSize));
            }
            if ((fn & 1) == 1 || fn == sn) {
                fr = TreeHash.node(node, fr);
                sr = TreeHash.node(node, sr);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = TreeHash.node(sr, node);
            }
            fn >>= 1;
            sn >>= 1;
        }
        if (sn != 0) {
            throw new ProofException("the proof from %d to %d leaves is too short".formatted(oldSize, newSize));
        }
        return new Roots(fr, sr);
    }

    private record Roots(Hash oldRoot, Hash newRoot) {}

    /**
     * The root that the tree of {@code newRoot} had when it had {@code oldSize} leaves, by this path: another than that
     * of a tree somebody was shown is evidence of two trees.
     *
     * @param oldRoot what the old root is taken for when it is a node of the path's own, that is when {@code oldSize}
     *     is a power of two: then the path shows that root or none
     * @throws ProofException if the path does not lead to {@code newRoot}
     */
    public Hash oldRootIn(Hash newRoot, Hash oldRoot) throws ProofException {
        if (oldSize == newSize) {
            return newRoot;
        }
        Roots roots = roots(oldRoot);
        if (!roots.newRoot.equals(newRoot)) {
            throw new ProofException("the path does not lead to the root of %d leaves".formatted(newSize));
        }
        return roots.oldRoot;
    }

    private void verifySame(Hash oldRoot, Hash newRoot) throws ProofException {
        if (!path.isEmpty()) {
            throw new ProofException("the proof between equal sizes is not empty");
        }
        if (!oldRoot.equals(newRoot)) {
            throw new ProofException("two trees of %d leaves have different roots".formatted(newSize));
        }
    }
}
