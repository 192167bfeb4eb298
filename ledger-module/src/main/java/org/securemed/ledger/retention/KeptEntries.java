package org.securemed.ledger.retention;

import java.util.Set;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/** What is never pruned, because something rests on it that does not end: docs/adr/0009. */
public final class KeptEntries {
    private static final Set<Op> OPS =
            Set.of(Op.KEY, Op.CHECKPOINT, Op.ERASE, Op.BREAK_GLASS, Op.RETENTION, Op.HOLD, Op.HOLD_RELEASE);

    private KeptEntries() {}

    /**
     * Whether an entry is kept for good: transitions and snapshots of consents (states are replayed from them), what
     * the log says of its keys, erasures and retention, and commitments to what is stored.
     */
    public static boolean keeps(Entry entry) {
        return OPS.contains(entry.op())
                || entry.op().code().startsWith("consent.")
                || entry.resourceCommitment() != null;
    }
}
