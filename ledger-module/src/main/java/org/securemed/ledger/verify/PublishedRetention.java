package org.securemed.ledger.verify;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/**
 * Entries of a published log that have no bytes, until all of the log was read: what lets them go stands behind them.
 * Keeps about a hundred bytes for 256 entries of which some are gone. One thread.
 */
final class PublishedRetention {
    private final RetentionCheck check;
    private final Findings findings;
    private final Map<Long, Gone> tiles = new HashMap<>();

    PublishedRetention(String origin, Findings findings) {
        this.check = new RetentionCheck(origin, findings);
        this.findings = findings;
    }

    /** @param blockTime of the last block that ends before the tile; blocks in it are not older */
    private record Gone(String path, BitSet missing, Hash root, long blockTime) {}

    /**
     * Takes a bundle in.
     *
     * @param first index of its first entry
     * @param root of the tree that ends with it
     */
    void bundle(Bundle bundle, long first, Hash root, long blockTime) {
        if (!bundle.missing().isEmpty()) {
            tiles.put(first / Tile.WIDTH, new Gone(bundle.path(), bundle.missing(), root, blockTime));
        }
    }

    /** Takes in what an entry says, in its place. */
    void learn(String path, long index, Entry entry, KeyHistory keys) {
        String text = entry.statement();
        String place = "index " + index;
        check.claim(path, place, text == null ? "" : text);
        check.confirm(path, place, text == null ? "" : text, keys, index, entry.time());
    }

    /** To be called when all entries were seen. */
    void finish() {
        tiles.forEach((tile, gone) -> {
            long first = tile * Tile.WIDTH;
            gone.missing.stream().forEach(i -> {
                if (check.covers(first + i)) {
                    check.missing();
                } else {
                    findings.add(gone.path, "index " + (first + i), "entry", "an entry", "none");
                }
            });
            check.at(first + Tile.WIDTH, gone.root);
            // Blocks that end in it are not older than the last one that ends before it.
            check.block(first, first + Tile.WIDTH, gone.blockTime);
        });
    }

    Report.Pruned pruned() {
        return new Report.Pruned(check.count(), check.statements());
    }
}
