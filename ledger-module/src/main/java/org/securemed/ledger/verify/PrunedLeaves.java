package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Hash;

/** The leaf hashes of entries that are gone, from their tiles, of which it keeps one. One thread. */
final class PrunedLeaves {
    private static final int WIDTH = 256;

    private final StoredLog log;
    private long tile = -1;
    private byte @Nullable [] hashes;

    PrunedLeaves(StoredLog log) {
        this.log = log;
    }

    /** The hash that the tile has; {@link TileCheck#UNKNOWN} when there is none. */
    Hash leaf(long seq) throws SQLException {
        if (seq / WIDTH != tile) {
            tile = seq / WIDTH;
            hashes = log.tileHashes(tile);
        }
        byte[] stored = hashes;
        int at = (int) (seq % WIDTH) * Hash.LENGTH;
        return stored == null || stored.length < at + Hash.LENGTH
                ? TileCheck.UNKNOWN
                : Hash.of(Arrays.copyOfRange(stored, at, at + Hash.LENGTH));
    }
}
