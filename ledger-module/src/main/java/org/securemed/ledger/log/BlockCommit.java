package org.securemed.ledger.log;

import java.util.List;
import java.util.UUID;
import org.securemed.ledger.merkle.Tile;

/**
 * All that one block transaction writes.
 *
 * @param block the block
 * @param leaves its entries, the first at {@code block.firstIndex()}
 * @param tiles tiles that became full
 * @param staged ids to remove from the outbox
 * @param head the head after it
 */
public record BlockCommit(Block block, List<Leaf> leaves, List<Tile> tiles, List<UUID> staged, LogHead head) {
    public BlockCommit {
        leaves = List.copyOf(leaves);
        tiles = List.copyOf(tiles);
        staged = List.copyOf(staged);
    }
}
