package org.securemed.ledger.verify;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;

/**
 * Up to 256 entries as they were found in the files, compared with themselves.
 *
 * @param path of the entry bundle, for messages; of the tile when entries are not looked at
 * @param leaves as many leaf hashes as there must be: of the entries, or of the tile where there are none
 * @param root of the tile of these leaves; null when it is partial
 * @param statements for each leaf the statement about keys that it carries, or null
 * @param retentions for each leaf the entry about the retention of others, or null
 * @param missing of which leaves there are no bytes, by their place in the bundle
 * @param blocks that end within these entries
 */
record Bundle(
        String path,
        List<Hash> leaves,
        @Nullable Hash root,
        List<@Nullable String> statements,
        List<@Nullable Entry> retentions,
        BitSet missing,
        List<Block> blocks,
        List<Finding> findings) {}
