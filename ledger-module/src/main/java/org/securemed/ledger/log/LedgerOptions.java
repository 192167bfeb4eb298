package org.securemed.ledger.log;

import java.time.Duration;

/**
 * How a log is run.
 *
 * @param createIfAbsent whether an empty database becomes a new log; otherwise it is refused
 * @param maxEntriesPerBlock what one block takes from the queue at most (a larger submission goes alone)
 * @param maxBytesPerBlock likewise, in bytes
 * @param maxWaitingEntries more are answered with pushback
 * @param commitTimeout how long a block is tried before its submissions fail
 * @param checkpointInterval how often a checkpoint is published while the log grows
 * @param orphanAge staged rows older than this are taken into the log by whoever sees them
 */
public record LedgerOptions(
        boolean createIfAbsent,
        int maxEntriesPerBlock,
        long maxBytesPerBlock,
        int maxWaitingEntries,
        Duration commitTimeout,
        Duration checkpointInterval,
        Duration orphanAge) {

    public LedgerOptions {
        if (maxEntriesPerBlock < 1 || maxBytesPerBlock < 1 || maxWaitingEntries < 1) {
            throw new IllegalArgumentException("limits are positive");
        }
        if (commitTimeout.isNegative() || checkpointInterval.toMillis() < 1 || orphanAge.isNegative()) {
            throw new IllegalArgumentException("durations are positive");
        }
    }

    /** 512 entries or 1 MiB a block, 20,000 waiting, 5 s to commit, a checkpoint a second, orphans after 10 s. */
    public static LedgerOptions defaults() {
        return new LedgerOptions(
                false, 512, 1 << 20, 20_000, Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(10));
    }

    /** These, with a log made where there is none. */
    public LedgerOptions creating() {
        return new LedgerOptions(
                true,
                maxEntriesPerBlock,
                maxBytesPerBlock,
                maxWaitingEntries,
                commitTimeout,
                checkpointInterval,
                orphanAge);
    }
}
