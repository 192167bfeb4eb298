package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.BlockCheck.Suspect;
import org.securemed.ledger.verify.Rows.BlockRow;
import org.securemed.ledger.verify.Rows.HeadRow;
import org.securemed.ledger.verify.Rows.Raw;
import org.securemed.ledger.verify.TreeCheck.Slot;
import org.securemed.ledger.verify.TreeCheck.Trial;

/** Walks the blocks with their entries. One thread. */
final class ChainCheck {
    private static final String TABLE = BlockCheck.TABLE;

    private final Cursor<BlockRow> blocks;
    private final EntryStream entries;
    private final TreeCheck tree;
    private final IdCheck ids;
    private final BlockCheck signatures;
    private final KeyHistory keys;
    private final RetentionCheck retention;
    private final PrunedLeaves pruned;
    private final Findings findings;
    private final @Nullable HeadRow head;
    private final Progress progress;

    private long nextNumber;
    // The hash of the last block as it was signed; null when that is not known.
    private @Nullable Hash previous = Hash.of(new byte[Hash.LENGTH]);
    private long time;
    private long count;

    ChainCheck(
            Cursor<BlockRow> blocks,
            EntryStream entries,
            TreeCheck tree,
            IdCheck ids,
            BlockCheck signatures,
            KeyHistory keys,
            RetentionCheck retention,
            PrunedLeaves pruned,
            Findings findings,
            @Nullable HeadRow head,
            Progress progress) {
        this.blocks = blocks;
        this.entries = entries;
        this.tree = tree;
        this.ids = ids;
        this.signatures = signatures;
        this.keys = keys;
        this.retention = retention;
        this.pruned = pruned;
        this.findings = findings;
        this.head = head;
        this.progress = progress;
    }

    void run() throws SQLException {
        for (BlockRow row = blocks.take(); row != null; row = blocks.take()) {
            if (row.log() != 1) {
                findings.add(TABLE, BlockCheck.row(row.number()), "log", 1, row.log());
                continue;
            }
            if (head != null && row.number() > head.blockNumber() && !isSigned(row)) {
                findings.add(
                        TABLE, BlockCheck.row(row.number()), "*", "no block beyond the head", "one that is not signed");
                continue;
            }
            if (row.number() != nextNumber) {
                gap(row.number(), row.firstIndex());
            }
            block(row);
            progress.at(tree.size(), head == null ? tree.size() : head.size());
        }
        if (head != null && head.blockNumber() >= nextNumber && head.size() > tree.size()) {
            gap(head.blockNumber() + 1, head.size());
        }
        signatures.finish();
        CheckedEntry beyond = entries.take();
        for (; beyond != null; beyond = entries.take()) {
            beyond.findings().forEach(findings::add);
            findings.add(
                    CheckedEntry.TABLE, CheckedEntry.row(beyond.seq()), "*", "no entry beyond the last block", "one");
        }
    }

    /** Number of blocks that are there. */
    long count() {
        return count;
    }

    long nextNumber() {
        return nextNumber;
    }

    /** The hash of the last block as it was signed; null when that is not known. */
    @Nullable
    Hash lastHash() {
        return previous;
    }

    long lastTime() {
        return time;
    }

    /** Blocks are missing: their entries are taken for what they seem, the next block's root will tell. */
    private void gap(long number, long firstIndex) throws SQLException {
        String rows = number - nextNumber == 1
                ? BlockCheck.row(nextNumber)
                : "block_no %d to %d".formatted(nextNumber, number - 1);
        findings.add(TABLE, rows, "*", "a block", "none");
        if (firstIndex > tree.size()) {
            tree.add(tree.bodies(slots(firstIndex)), null);
        }
        nextNumber = number;
        previous = null;
    }

    private void block(BlockRow row) throws SQLException {
        count++;
        long number = row.number();
        long first = tree.size();
        long before = findings.count();
        findings.compare(TABLE, BlockCheck.row(number), "first_seq", first, row.firstIndex());
        Hash storedRoot = row.root().hash().orElse(TileCheck.UNKNOWN);
        Hash expectedPrevious = previous == null ? row.previous().hash().orElse(TileCheck.UNKNOWN) : previous;
        long end = end(row, first, expectedPrevious, storedRoot);
        findings.compare(TABLE, BlockCheck.row(number), "n", end - first, (long) row.count());
        Trial trial = tree.bodies(slots(end));
        Block claimed = BlockCheck.block(row, number, first, end - first, expectedPrevious, storedRoot);
        Hash signedRoot = storedRoot;
        Hash bodies = trial.root();
        if (bodies != null && !bodies.equals(storedRoot) && !signatures.isSigned(claimed)) {
            Block repaired = BlockCheck.block(row, number, first, end - first, expectedPrevious, bodies);
            if (signatures.isSigned(repaired)) {
                findings.add(TABLE, BlockCheck.row(number), "root", bodies, row.root());
                claimed = repaired;
                signedRoot = bodies;
            }
        }
        retention.block(first, end, row.timeMillis());
        if (!tree.add(trial, signedRoot)) {
            findings.add(
                    CheckedEntry.TABLE,
                    "seq %d to %d".formatted(first, end - 1),
                    "body",
                    "entries that lead to the signed root %s of block %d".formatted(signedRoot, number),
                    "others; what follows is not confirmed by roots");
        }
        finish(row, claimed, expectedPrevious, findings.count() == before);
        nextNumber = number + 1;
    }

    private void finish(BlockRow row, @Nullable Block claimed, Hash expectedPrevious, boolean asExpected) {
        String place = BlockCheck.row(row.number());
        if (claimed == null) {
            findings.add(TABLE, place, "key_id", "32 bytes", row.keyId());
            previous = null;
            return;
        }
        Hash successor = successor(row.number());
        boolean linked = Raw.of(expectedPrevious.toByteArray()).equals(row.previous());
        if (!linked) {
            findings.add(TABLE, place, "prev", expectedPrevious, row.previous());
        }
        if (row.timeMillis() < time) {
            findings.add(
                    TABLE,
                    place,
                    "t_ms",
                    "at least %d, the time of the block before".formatted(time),
                    row.timeMillis());
        }
        if (asExpected && linked) {
            signatures.later(claimed, successor);
        } else {
            signatures.diagnose(new Suspect(claimed, successor));
        }
        Hash hash = signatures.hash(claimed);
        // When this block's time was changed its hash is lost: what the next block names is then not compared.
        boolean trusted = hash.equals(successor) || successor == null || signatures.isSigned(claimed);
        previous = trusted ? hash : null;
        time = trusted ? row.timeMillis() : time;
    }

    private boolean isSigned(BlockRow row) {
        Hash before = row.previous().hash().orElse(TileCheck.UNKNOWN);
        Hash root = row.root().hash().orElse(TileCheck.UNKNOWN);
        return signatures.isSigned(BlockCheck.block(row, row.number(), row.firstIndex(), row.count(), before, root));
    }

    /** Where this block ends: by its own count, by the next block or by the head, whichever was signed. */
    private long end(BlockRow row, long first, Hash expectedPrevious, Hash storedRoot) {
        long own = first + row.count();
        BlockRow next = blocks.peek();
        long following = own;
        if (next != null && next.log() == 1 && next.number() == row.number() + 1) {
            following = next.firstIndex();
        } else if (head != null && head.blockNumber() == row.number()) {
            following = head.size();
        }
        if (own == following && own > first) {
            return own;
        }
        if (signatures.isSigned(
                BlockCheck.block(row, row.number(), first, own - first, expectedPrevious, storedRoot))) {
            return own;
        }
        return following > first ? following : Math.max(own, first + 1);
    }

    private @Nullable Hash successor(long number) {
        BlockRow next = blocks.peek();
        if (next != null && next.log() == 1 && next.number() == number + 1) {
            return next.previous().hash().orElse(null);
        }
        if (head != null && head.blockNumber() == number) {
            return head.blockHash().hash().orElse(null);
        }
        return null;
    }

    private List<Slot> slots(long end) throws SQLException {
        List<Slot> slots = new ArrayList<>();
        for (long seq = tree.size(); seq < end; seq++) {
            CheckedEntry entry = entries.peek();
            if (entry != null && entry.seq() == seq) {
                entries.take();
                slots.add(new Slot(seq, entry, TileCheck.UNKNOWN));
                learn(entry);
            } else if (retention.covers(seq)) {
                retention.missing();
                slots.add(new Slot(seq, null, pruned.leaf(seq)));
            } else {
                findings.add(CheckedEntry.TABLE, CheckedEntry.row(seq), "*", "an entry", "none");
                slots.add(new Slot(seq, null, TileCheck.UNKNOWN));
            }
            CheckedEntry there = slots.get(slots.size() - 1).entry();
            ids.at(seq, there == null ? null : there.id());
            if (entry == null) {
                // The log ends early: do not count to a size that somebody made up.
                return slots;
            }
        }
        return slots;
    }

    private void learn(CheckedEntry entry) {
        entry.findings().forEach(findings::add);
        if (entry.retention() != null) {
            retention.confirm(
                    CheckedEntry.TABLE,
                    CheckedEntry.row(entry.seq()),
                    entry.retention(),
                    keys,
                    entry.seq(),
                    entry.time());
        }
        if (entry.keyStatement() != null) {
            try {
                keys.learn(entry.seq(), entry.keyStatement());
            } catch (NoteException e) {
                findings.add(
                        CheckedEntry.TABLE,
                        CheckedEntry.row(entry.seq()),
                        "body",
                        "a statement about keys by the log key",
                        String.valueOf(e.getMessage()));
            }
        }
    }
}
