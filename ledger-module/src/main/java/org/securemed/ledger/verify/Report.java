package org.securemed.ledger.verify;

import java.util.List;
import org.securemed.ledger.merkle.Hash;

/**
 * What a verification found.
 *
 * @param entries number of entries that were read
 * @param blocks number of blocks that were read
 * @param root root of the tree of these entries
 * @param findings the first findings, in the order of the log
 * @param findingCount how many there were
 * @param witnessed how many of the entries are under a checkpoint that the demanded quorum cosigned; -1 when none was
 *     demanded, or none is there
 * @param pruned entries whose bytes are gone as the log itself says that they may be
 */
public record Report(
        long entries,
        long blocks,
        Hash root,
        List<Finding> findings,
        long findingCount,
        long witnessed,
        Pruned pruned) {
    /** No quorum was demanded, or none is there. */
    static final long NOT_WITNESSED = -1;

    /**
     * What was let go; see {@link org.securemed.ledger.retention.RetentionStatement}.
     *
     * @param entries whose bytes are gone; only their hashes were looked at
     * @param statements that name entries which may be
     */
    public record Pruned(long entries, long statements) {
        /** Everything is there. */
        static final Pruned NOTHING = new Pruned(0, 0);
    }

    public Report {
        findings = List.copyOf(findings);
    }

    /** Whether everything is as it was signed. */
    public boolean isWhole() {
        return findingCount == 0;
    }
}
