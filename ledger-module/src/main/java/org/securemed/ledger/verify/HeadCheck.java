package org.securemed.ledger.verify;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.Rows.HeadRow;
import org.securemed.ledger.verify.Rows.Raw;

/** Compares the head with where the blocks and entries really end. */
final class HeadCheck {
    private static final String TABLE = "ledger_head";
    private static final String ROW = "log 1";

    private final Findings findings;
    private final @Nullable HeadRow head;

    HeadCheck(StoredLog log, Findings findings) throws SQLException {
        this.findings = findings;
        Cursor<HeadRow> rows = log.heads();
        HeadRow one = null;
        for (HeadRow row = rows.take(); row != null; row = rows.take()) {
            if (row.log() == 1) {
                one = row;
            } else {
                findings.add(TABLE, "log " + row.log(), "log", 1, row.log());
            }
        }
        this.head = one;
    }

    @Nullable
    HeadRow row() {
        return head;
    }

    void finish(ChainCheck chain, TreeCheck tree, long checkpointSize) {
        if (head == null) {
            findings.add(TABLE, ROW, "*", "a head", "none");
            return;
        }
        findings.compare(TABLE, ROW, "block_no", chain.nextNumber() - 1, head.blockNumber());
        findings.compare(TABLE, ROW, "size", tree.size(), head.size());
        findings.compare(TABLE, ROW, "checkpoint_size", checkpointSize, head.checkpointSize());
        if (head.checkpointSize() > checkpointSize && head.checkpointSize() <= tree.size()) {
            // Either the head was changed or the row was deleted: nothing else says which.
            findings.add(
                    "ledger_checkpoint", "size " + head.checkpointSize(), "*", "the checkpoint the head names", "none");
        }
        Hash last = chain.lastHash();
        if (last != null) {
            findings.compare(TABLE, ROW, "block_hash", Raw.of(last.toByteArray()), head.blockHash());
            findings.compare(TABLE, ROW, "t_ms", chain.lastTime(), head.timeMillis());
        }
        if (tree.isConfirmed()) {
            findings.compare(TABLE, ROW, "frontier", Raw.of(tree.frontier().toByteArray()), head.frontier());
        }
    }
}
