package org.securemed.ledger.verify;

import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;

/** Follows the chain of exported blocks along the tree; signatures are checked on all cores. One thread. */
final class BlockWalk {
    private static final int MAX_PENDING = 4_096;

    private final String origin;
    private final KeyHistory keys;
    private final Findings findings;
    private final ExecutorService workers;
    private final ArrayDeque<Future<@Nullable Finding>> pending = new ArrayDeque<>();

    private Hash previous = Hash.of(new byte[Hash.LENGTH]);
    private long end;
    private long time;
    private long count;

    BlockWalk(String origin, KeyHistory keys, Findings findings, ExecutorService workers) {
        this.origin = origin;
        this.keys = keys;
        this.findings = findings;
        this.workers = workers;
    }

    /**
     * The next block of the files.
     *
     * @param size of the tree now: where the block must end
     * @param root of that tree
     */
    void add(Block block, long size, Hash root) {
        String where = "block " + block.number();
        findings.compare(FilePaths.BLOCK, where, "number", count, block.number());
        findings.compare(FilePaths.BLOCK, where, "first index", end, block.firstIndex());
        findings.compare(FilePaths.BLOCK, where, "end", size, block.treeSize());
        findings.compare(FilePaths.BLOCK, where, "previous", previous, block.previous());
        findings.compare(FilePaths.BLOCK, where, "root", root, block.root());
        if (block.timeMillis() < time) {
            findings.add(FilePaths.BLOCK, where, "time", "at least " + time, block.timeMillis());
        }
        signature(block, where);
        previous = block.hash(origin);
        end = block.treeSize();
        time = block.timeMillis();
        count++;
    }

    /** Time of the last block so far, in milliseconds; 0 before the first. */
    long time() {
        return time;
    }

    /** Number of blocks so far. */
    long count() {
        return count;
    }

    void finish(long size) {
        findings.compare(FilePaths.BLOCK, "block " + (count - 1), "end", size, end);
        while (!pending.isEmpty()) {
            collect(pending.remove());
        }
    }

    private void signature(Block block, String where) {
        VerifyKey key = keys.instanceKey(block.keyId()).orElse(null);
        if (key == null
                || !key.name().equals(block.instance())
                || !keys.maySign(block.keyId(), block.firstIndex(), block.treeSize())) {
            findings.add(
                    FilePaths.BLOCK,
                    where,
                    "key",
                    "a key of " + block.instance() + " that counts here",
                    "key " + block.keyId());
            return;
        }
        pending.add(workers.submit(() -> block.signedBy(key, origin)
                ? null
                : new Finding(
                        FilePaths.BLOCK, where, "signature", "one by " + key.name(), "one that does not verify")));
        if (pending.size() >= MAX_PENDING) {
            collect(pending.remove());
        }
    }

    private void collect(Future<@Nullable Finding> future) {
        try {
            Finding finding = future.get();
            if (finding != null) {
                findings.add(finding);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("checking a signature does not fail", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the verification was interrupted", e);
        }
    }
}
