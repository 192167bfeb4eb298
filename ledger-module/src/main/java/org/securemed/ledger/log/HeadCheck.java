package org.securemed.ledger.log;

import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.Hash;

/** Checks that a head is what a certified instance signed, before anything is built on it. */
final class HeadCheck {
    private final String origin;
    private final KeyEntries keys;

    HeadCheck(String origin, KeyEntries keys) {
        this.origin = origin;
        this.keys = keys;
    }

    /**
     * Checks the head against the last block: its hash, size, root, time and signature.
     *
     * @throws LogCorruptException saying where they differ
     */
    void againstLastBlock(LogHead head, LogStore.Session session) {
        againstLastBlock(new LogEnd(head, session.block(head.blockNumber())), session);
    }

    /** The same of what was read already. */
    void againstLastBlock(LogEnd end, LogStore.Session session) {
        LogHead head = end.head();
        if (head.blockNumber() == -1) {
            equal("ledger_head, block_hash", LogHead.EMPTY.blockHash(), head.blockHash());
            equal("ledger_head, size", 0L, head.size());
            return;
        }
        String where = "ledger_block " + head.blockNumber();
        Block block = end.last().orElseThrow(() -> new LogCorruptException(where, "the block the head names", "none"));
        equal("ledger_head, size", block.treeSize(), head.size());
        equal("ledger_head, frontier", block.root(), head.frontier().root());
        equal("ledger_head, block_hash", block.hash(origin), head.blockHash());
        equal("ledger_head, t_ms", block.timeMillis(), head.timeMillis());
        VerifyKey key = keys.signerOf(block, session)
                .orElseThrow(() -> new LogCorruptException(
                        where + ", key_id",
                        "a key that is certified and not revoked",
                        block.keyId().toString()));
        equal(where + ", inst", key.name(), block.instance());
        if (!block.signedBy(key, origin)) {
            throw new LogCorruptException(where + ", sig", "a signature by " + key.name(), "one that does not verify");
        }
    }

    /**
     * Checks also that the last block follows the one before it, and that nothing lies beyond the head.
     *
     * @throws LogCorruptException saying what is wrong
     */
    void andItsSurroundings(LogHead head, LogStore.Session session) {
        againstLastBlock(head, session);
        if (head.blockNumber() > 0) {
            Block last = session.block(head.blockNumber()).orElseThrow();
            String where = "ledger_block " + (head.blockNumber() - 1);
            Block before = session.block(head.blockNumber() - 1)
                    .orElseThrow(() -> new LogCorruptException(where, "the block before the last", "none"));
            equal(where + ", hash", last.previous(), before.hash(origin));
            equal(where + ", n", last.firstIndex(), before.treeSize());
        }
        if (session.block(head.blockNumber() + 1).isPresent()) {
            throw new LogCorruptException(
                    "ledger_block " + (head.blockNumber() + 1), "none beyond the head", "a block");
        }
        if (session.entry(head.size()).isPresent()) {
            throw new LogCorruptException("ledger_entry " + head.size(), "none beyond the head", "an entry");
        }
        if (head.size() > 0) {
            StoredEntry last = session.entry(head.size() - 1)
                    .orElseThrow(() ->
                            new LogCorruptException("ledger_entry " + (head.size() - 1), "the last entry", "none"));
            Hash hash = org.securemed.ledger.merkle.TreeHash.leaf(last.body().toByteArray());
            equal("ledger_entry " + last.index() + ", leaf", hash, last.leaf());
        }
    }

    private static void equal(String where, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw new LogCorruptException(where, expected.toString(), found.toString());
        }
    }
}
