package org.securemed.ledger.verify;

import java.util.BitSet;
import java.util.List;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.LeafTile;

/**
 * Up to 256 entries as they were found in the files, compared with themselves.
 *
 * @param path of the entry bundle, for messages; of the tile when entries are not looked at
 * @param leaves as many leaf hashes as there must be: of the entries, or of the tile where there are none
 * @param statements of what the verifier follows, in their order
 * @param missing of which leaves there are no bytes, by their place in the bundle
 * @param blocks that end within these entries
 */
record Bundle(
        String path,
        LeafTile leaves,
        List<Statement> statements,
        BitSet missing,
        List<Block> blocks,
        List<Finding> findings) {

    /**
     * An entry that says something of what the verifier follows.
     *
     * @param place among the entries of its bundle
     */
    record Statement(int place, Entry entry) {}
}
