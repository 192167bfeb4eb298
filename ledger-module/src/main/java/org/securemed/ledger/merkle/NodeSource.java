package org.securemed.ledger.merkle;

/** Where the hashes of perfect subtrees come from. */
@FunctionalInterface
public interface NodeSource {
    /**
     * MTH(D[index·2^level : (index+1)·2^level]): the root of the perfect subtree of {@code 2^level} leaves.
     *
     * @param level height above the leaves; 0 is the leaf hashes
     * @param index which subtree of that height, zero-based
     */
    Hash node(int level, long index);
}
