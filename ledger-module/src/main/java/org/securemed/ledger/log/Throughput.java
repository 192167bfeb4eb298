package org.securemed.ledger.log;

/**
 * What one instance has committed since it opened the log.
 *
 * @param blocks how many blocks
 * @param entries how many entries were in them
 * @param largest how many were in the largest of them
 */
public record Throughput(long blocks, long entries, long largest) {
    /** With another block. */
    Throughput with(int block) {
        return new Throughput(blocks + 1, entries + block, Math.max(largest, block));
    }
}
