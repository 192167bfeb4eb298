package org.securemed.ledger.merkle;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A tree by the letter of RFC 9162, section 2.1.1: recursive, from the leaves, without any cleverness. */
public final class MemoryTree implements NodeSource {
    private final List<Hash> leaves = new ArrayList<>();
    private final Map<String, Hash> nodes = new ConcurrentHashMap<>();

    public MemoryTree(int size) {
        for (int i = 0; i < size; i++) {
            leaves.add(TreeHash.leaf(ByteBuffer.allocate(4).putInt(i).array()));
        }
    }

    Hash leaf(int index) {
        return leaves.get(index);
    }

    List<Hash> leaves(int size) {
        return leaves.subList(0, size);
    }

    public Hash root(int size) {
        return root(leaves.subList(0, size));
    }

    @Override
    public Hash node(int level, long index) {
        return nodes.computeIfAbsent(
                level + "/" + index,
                place -> root(leaves.subList((int) (index << level), (int) ((index + 1) << level))));
    }

    static Hash root(List<Hash> leaves) {
        if (leaves.isEmpty()) {
            return TreeHash.sha256(new byte[0]);
        }
        if (leaves.size() == 1) {
            return leaves.get(0);
        }
        int k = 1;
        while (2 * k < leaves.size()) {
            k *= 2;
        }
        return TreeHash.node(root(leaves.subList(0, k)), root(leaves.subList(k, leaves.size())));
    }
}
