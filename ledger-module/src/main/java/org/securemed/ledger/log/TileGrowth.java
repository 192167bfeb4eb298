package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.List;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/** Finds the tiles that appending completes. Owned by the committer's thread. */
final class TileGrowth {
    // The leaf hashes behind the last full tile, kept only while the head is the one they were kept for.
    private Hash keptFor = LogHead.EMPTY.blockHash();
    private List<Hash> kept = List.of();

    /** Tiles that become full when {@code leaves} follow the {@code size} leaves that are there. */
    List<Tile> completedBy(LogHead head, List<Hash> leaves, LogStore.Session session) {
        List<Tile> full = new ArrayList<>();
        long start = head.size();
        List<Hash> fresh = leaves;
        for (int level = 0; start / Tile.WIDTH < (start + fresh.size()) / Tile.WIDTH; level++) {
            long firstTile = start / Tile.WIDTH;
            List<Hash> hashes = new ArrayList<>(before(level, start, head, session));
            hashes.addAll(fresh);
            List<Hash> roots = new ArrayList<>();
            for (int from = 0; from + Tile.WIDTH <= hashes.size(); from += Tile.WIDTH) {
                Tile tile = new Tile(level, firstTile + roots.size(), hashes.subList(from, from + Tile.WIDTH));
                full.add(tile);
                roots.add(tile.root());
            }
            fresh = roots;
            start = firstTile;
        }
        return full;
    }

    /** Remembers what the next call would otherwise read. Call it after the block is durable. */
    void committed(LogHead before, LogHead after, List<Hash> leaves) {
        int open = (int) (before.size() % Tile.WIDTH);
        boolean known = open == 0 || keptFor.equals(before.blockHash());
        int need = (int) (after.size() % Tile.WIDTH);
        List<Hash> all = new ArrayList<>();
        if (known && open > 0) {
            all.addAll(kept);
        }
        all.addAll(leaves);
        if (all.size() < need) {
            keptFor = LogHead.EMPTY.blockHash();
            kept = List.of();
            return;
        }
        keptFor = after.blockHash();
        kept = List.copyOf(all.subList(all.size() - need, all.size()));
    }

    private List<Hash> before(int level, long start, LogHead head, LogStore.Session session) {
        long from = start / Tile.WIDTH * Tile.WIDTH;
        if (from == start) {
            return List.of();
        }
        if (level == 0 && keptFor.equals(head.blockHash()) && kept.size() == start - from) {
            return kept;
        }
        List<Hash> hashes = level == 0 ? session.leafHashes(from, start) : session.tileRoots(level - 1, from, start);
        if (hashes.size() != start - from) {
            String table = level == 0 ? "ledger_entry" : "ledger_tile";
            throw new LogCorruptException(table + " " + from, (start - from) + " hashes", hashes.size() + " hashes");
        }
        return hashes;
    }
}
