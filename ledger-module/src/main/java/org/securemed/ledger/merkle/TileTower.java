package org.securemed.ledger.merkle;

import java.util.ArrayList;
import java.util.List;

/**
 * Stacks hashes into tiles: what is added at a level becomes, 256 at a time, a full tile and one hash of the level
 * above. Memory is one open tile for each level. Not thread safe.
 *
 * @param <E> what the sink may throw
 */
public final class TileTower<E extends Exception> {
    private static final int LEVELS = 8;

    private final Sink<E> sink;
    private final List<List<Hash>> open = new ArrayList<>();
    private final long[] full = new long[LEVELS];

    /** @param sink told of every tile that becomes full, level by level upwards */
    public TileTower(Sink<E> sink) {
        this.sink = sink;
        for (int level = 0; level < LEVELS; level++) {
            open.add(new ArrayList<>(Tile.WIDTH));
        }
    }

    /** Adds the next hash of level 0: a leaf hash. */
    public void add(Hash leaf) throws E {
        add(0, leaf);
    }

    /**
     * Adds the next hash of a level, below which nothing is open.
     *
     * @param hash root of the full tile below
     */
    public void add(int level, Hash hash) throws E {
        Hash next = hash;
        for (int at = level; at < LEVELS; at++) {
            List<Hash> hashes = open.get(at);
            hashes.add(next);
            if (hashes.size() < Tile.WIDTH) {
                return;
            }
            Tile tile = new Tile(at, full[at]++, hashes);
            hashes.clear();
            sink.full(tile);
            next = tile.root();
        }
    }

    /** The hashes of the partial tile at the edge of a level, fewer than 256. */
    public List<Hash> partial(int level) {
        return List.copyOf(open.get(level));
    }

    /** Which tile of its level the partial one is. */
    public long partialIndex(int level) {
        return full[level];
    }

    /** Takes full tiles. */
    @FunctionalInterface
    public interface Sink<E extends Exception> {
        void full(Tile tile) throws E;
    }
}
