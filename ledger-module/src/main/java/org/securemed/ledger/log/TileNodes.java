package org.securemed.ledger.log;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.NodeSource;
import org.securemed.ledger.merkle.Tile;

/** The nodes of a stored tree of one size, read tile by tile. Not thread safe; made for one proof. */
final class TileNodes implements NodeSource {
    private final LogStore.Session session;
    private final long size;
    private final Map<String, List<Hash>> tiles = new HashMap<>();

    TileNodes(LogStore.Session session, long size) {
        this.session = session;
        this.size = size;
    }

    @Override
    public Hash node(int level, long index) {
        int tileLevel = level / Tile.HEIGHT;
        int height = level % Tile.HEIGHT;
        long first = index << height;
        List<Hash> hashes = hashes(tileLevel, first / Tile.WIDTH);
        return Tile.node(hashes, height, (int) (index % (Tile.WIDTH >> height)));
    }

    /** The hashes of a full tile, or of the partial one at the edge of this size. */
    List<Hash> hashes(int tileLevel, long tileIndex) {
        return tiles.computeIfAbsent(tileLevel + "/" + tileIndex, place -> read(tileLevel, tileIndex));
    }

    private List<Hash> read(int tileLevel, long tileIndex) {
        long from = tileIndex * Tile.WIDTH;
        long to = Math.min(from + Tile.WIDTH, size >> (tileLevel * Tile.HEIGHT));
        if (to - from == Tile.WIDTH) {
            return session.tile(tileLevel, tileIndex)
                    .map(Tile::hashes)
                    .orElseThrow(() -> new LogCorruptException(
                            "ledger_tile %d/%d".formatted(tileLevel, tileIndex), "a full tile", "none"));
        }
        List<Hash> hashes = tileLevel == 0 ? session.leafHashes(from, to) : session.tileRoots(tileLevel - 1, from, to);
        if (hashes.size() != to - from) {
            throw new LogCorruptException(
                    "tile %d/%d".formatted(tileLevel, tileIndex), (to - from) + " hashes", hashes.size() + " hashes");
        }
        return hashes;
    }
}
