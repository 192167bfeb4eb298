package org.securemed.ledger.log;

import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;

/**
 * Where the log ends.
 *
 * @param blockNumber number of the last block; -1 before the first
 * @param blockHash its hash; 32 zero bytes before the first
 * @param frontier of all leaves
 * @param timeMillis its time
 * @param checkpointSize size of the last published checkpoint; -1 before the first
 */
public record LogHead(long blockNumber, Hash blockHash, Frontier frontier, long timeMillis, long checkpointSize) {
    /** The head of a log without blocks. */
    public static final LogHead EMPTY = new LogHead(-1, Hash.of(new byte[Hash.LENGTH]), Frontier.EMPTY, 0, -1);

    /** Number of leaves. */
    public long size() {
        return frontier.size();
    }
}
