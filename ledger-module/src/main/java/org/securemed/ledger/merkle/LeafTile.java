package org.securemed.ledger.merkle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The hashes of up to 256 leaves from a multiple of 256 on, with every perfect subtree above them: hashed once, asked
 * for the roots of many tree sizes.
 */
public final class LeafTile {
    // Leaves, then the level above, and so on; each level has room for half as many as the one below.
    private final Hash[] nodes = new Hash[2 * Tile.WIDTH - 1];
    private final int width;

    /** @param leaves 1 to 256 leaf hashes */
    public LeafTile(List<Hash> leaves) {
        if (leaves.isEmpty() || leaves.size() > Tile.WIDTH) {
            throw new IllegalArgumentException("a tile has 1 to 256 leaves");
        }
        width = leaves.size();
        for (int i = 0; i < width; i++) {
            nodes[i] = leaves.get(i);
        }
        for (int height = 1; height <= Tile.HEIGHT; height++) {
            for (int i = 0; i < width >> height; i++) {
                nodes[place(height, i)] = TreeHash.node(node(height - 1, 2 * i), node(height - 1, 2 * i + 1));
            }
        }
    }

    /** Number of leaves. */
    public int width() {
        return width;
    }

    /** The leaf hashes. */
    public List<Hash> leaves() {
        return List.of(Arrays.copyOf(nodes, width));
    }

    /**
     * The root of all 256.
     *
     * @throws IllegalStateException if the tile is partial
     */
    public Hash root() {
        if (width != Tile.WIDTH) {
            throw new IllegalStateException("a partial tile has no root in the tree");
        }
        return node(Tile.HEIGHT, 0);
    }

    /** The roots of the perfect subtrees that the first {@code count} leaves decompose into, widest first. */
    public List<Hash> first(int count) {
        if (count < 0 || count > width) {
            throw new IllegalArgumentException("%d of %d leaves".formatted(count, width));
        }
        List<Hash> roots = new ArrayList<>();
        int done = 0;
        for (int height = Tile.HEIGHT; height >= 0; height--) {
            if ((count & 1 << height) != 0) {
                roots.add(node(height, done >> height));
                done += 1 << height;
            }
        }
        return roots;
    }

    /** Appends the leaves to a tree that ends where this tile begins. */
    public void appendTo(Frontier.Builder tree) {
        int done = 0;
        for (Hash root : first(width)) {
            int height = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(width - done);
            tree.add(height, root);
            done += 1 << height;
        }
    }

    private Hash node(int height, int index) {
        return nodes[place(height, index)];
    }

    private static int place(int height, int index) {
        return 2 * Tile.WIDTH - (2 * Tile.WIDTH >> height) + index;
    }
}
