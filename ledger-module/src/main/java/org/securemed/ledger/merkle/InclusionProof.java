package org.securemed.ledger.merkle;

import java.util.List;

/**
 * A proof that one leaf is at one index of a tree.
 *
 * @param index leaf index, zero-based
 * @param treeSize number of leaves of the tree
 * @param path the missing nodes from the leaf's sibling upwards
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3">RFC 9162, section 2.1.3</a>
 */
public record InclusionProof(long index, long treeSize, List<Hash> path) {
    public InclusionProof {
        if (index < 0 || index >= treeSize) {
            throw new IllegalArgumentException("index %d is outside a tree of %d leaves".formatted(index, treeSize));
        }
        path = List.copyOf(path);
    }

    /**
     * The root this path leads to from {@code leaf}.
     *
     * @param leaf leaf hash, RFC 9162 section 2.1.1 (prefix 0x00 already applied)
     * @return a root of {@code treeSize} leaves; compare it with a verified checkpoint's root
     * @throws ProofException if the path is longer or shorter than this tree size allows
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2">RFC 9162, section 2.1.3.2</a>
     */
    public Hash rootFrom(Hash leaf) throws ProofException {
        long fn = index;
        long sn = treeSize - 1;
        Hash root = leaf;
        for (Hash sibling : path) {
            if (sn == 0) {
                throw new ProofException(
                        "the path has %d hashes, more than %d leaves allow".formatted(path.size(), treeSize));
            }
            if ((fn & 1) == 1 || fn == sn) {
                root = TreeHash.node(sibling, root);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                root = TreeHash.node(root, sibling);
            }
            fn >>= 1;
            sn >>= 1;
        }
        if (sn != 0) {
            throw new ProofException(
                    "the path has %d hashes, fewer than %d leaves need".formatted(path.size(), treeSize));
        }
        return root;
    }

    /**
     * Checks that {@code leaf} is at {@link #index()} of the tree with this root.
     *
     * @throws ProofException if it is not
     */
    public void verify(Hash leaf, Hash root) throws ProofException {
        if (!rootFrom(leaf).equals(root)) {
            throw new ProofException(
                    "the path of index %d leads to another root of %d leaves".formatted(index, treeSize));
        }
    }
}
