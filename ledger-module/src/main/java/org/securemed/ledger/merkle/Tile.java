package org.securemed.ledger.merkle;

import java.util.ArrayList;
import java.util.List;

/**
 * A full tile: 256 hashes of one tile level. Hash {@code i} of tile {@code n} at level {@code l} is the root of the
 * 256^l leaves from (n·256+i)·256^l.
 *
 * @param level tile level; the tree's height is eight times as much
 * @param index which tile of its level, zero-based
 * @param hashes exactly 256
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
public record Tile(int level, long index, List<Hash> hashes) {
    /** Hashes in a full tile. */
    public static final int WIDTH = 256;
    /** The tree's height within one tile. */
    public static final int HEIGHT = 8;

    public Tile {
        if (level < 0 || level > 7 || index < 0 || hashes.size() != WIDTH) {
            throw new IllegalArgumentException(
                    "no full tile has level %d, index %d and %d hashes".formatted(level, index, hashes.size()));
        }
        hashes = List.copyOf(hashes);
    }

    /** Reads {@link #toByteArray()}. */
    public static Tile of(int level, long index, byte[] bytes) {
        return new Tile(level, index, split(bytes));
    }

    /**
     * Cuts the bytes of a full or partial tile into hashes.
     *
     * @throws IllegalArgumentException if the length is not a multiple of 32 or exceeds a full tile
     */
    public static List<Hash> split(byte[] bytes) {
        if (bytes.length % Hash.LENGTH != 0 || bytes.length > WIDTH * Hash.LENGTH) {
            throw new IllegalArgumentException("%d bytes are no tile".formatted(bytes.length));
        }
        List<Hash> hashes = new ArrayList<>(bytes.length / Hash.LENGTH);
        for (int offset = 0; offset < bytes.length; offset += Hash.LENGTH) {
            hashes.add(Hash.of(bytes, offset, Hash.LENGTH));
        }
        return hashes;
    }

    /** The 8,192 bytes that are stored and served. */
    public byte[] toByteArray() {
        byte[] bytes = new byte[WIDTH * Hash.LENGTH];
        for (int i = 0; i < WIDTH; i++) {
            hashes.get(i).copyTo(bytes, i * Hash.LENGTH);
        }
        return bytes;
    }

    /** The root of this tile: one hash of the level above. */
    public Hash root() {
        return node(hashes, HEIGHT, 0);
    }

    /**
     * A node inside a tile.
     *
     * @param hashes of a full or partial tile
     * @param height above the tile's hashes, 0 to 8
     * @param index which node of that height within the tile; its hashes must all be there
     */
    public static Hash node(List<Hash> hashes, int height, int index) {
        if (height == 0) {
            return hashes.get(index);
        }
        return TreeHash.node(node(hashes, height - 1, 2 * index), node(hashes, height - 1, 2 * index + 1));
    }
}
