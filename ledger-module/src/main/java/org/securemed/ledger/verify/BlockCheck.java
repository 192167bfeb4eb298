package org.securemed.ledger.verify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.Rows.BlockRow;

/**
 * Checks signatures of blocks, on all cores, and says which column of a block was changed when one does not verify.
 * Used from one thread.
 */
final class BlockCheck {
    static final String TABLE = "ledger_block";
    private static final int MAX_PENDING = 4_096;

    private final String origin;
    private final KeyHistory keys;
    private final Findings findings;
    private final ExecutorService cores;
    private final ArrayDeque<Future<Optional<Suspect>>> pending = new ArrayDeque<>();

    private final Set<Hash> uncertified = new HashSet<>();

    BlockCheck(String origin, KeyHistory keys, Findings findings, ExecutorService cores) {
        this.origin = origin;
        this.keys = keys;
        this.findings = findings;
        this.cores = cores;
    }

    static String row(long number) {
        return "block_no " + number;
    }

    /** The row as a block at this place; null when a hash or signature in it has the wrong length. */
    static @Nullable Block block(BlockRow row, long number, long firstIndex, long count, Hash previous, Hash root) {
        Optional<Hash> keyId = row.keyId().hash();
        if (keyId.isEmpty() || count < 1 || count > Integer.MAX_VALUE) {
            return null;
        }
        return new Block(
                number,
                firstIndex,
                (int) count,
                previous,
                root,
                row.instance(),
                keyId.get(),
                Bytes.of(row.signature().bytes()),
                row.timeMillis());
    }

    /** Whether a certified key signed this block. */
    boolean isSigned(@Nullable Block block) {
        if (block == null) {
            return false;
        }
        VerifyKey key = keys.instanceKey(block.keyId()).orElse(null);
        return key != null && block.signedBy(key, origin);
    }

    Hash hash(Block block) {
        return block.hash(origin);
    }

    /**
     * Checks the signature of a block whose other columns are as expected, later and elsewhere.
     *
     * @param successor the hash that what follows names as this block's; null when that is not known
     */
    void later(Block block, @Nullable Hash successor) {
        VerifyKey key = keys.instanceKey(block.keyId()).orElse(null);
        if (key == null || !key.name().equals(block.instance()) || !isInForce(block)) {
            diagnose(new Suspect(block, successor));
            return;
        }
        pending.add(cores.submit(() ->
                block.signedBy(key, origin) ? Optional.<Suspect>empty() : Optional.of(new Suspect(block, successor))));
        if (pending.size() >= MAX_PENDING) {
            collect(pending.remove());
        }
    }

    void finish() {
        while (!pending.isEmpty()) {
            collect(pending.remove());
        }
    }

    /** Says which of a block's own columns is not what was signed. */
    void diagnose(Suspect suspect) {
        Block block = suspect.block;
        String row = row(block.number());
        VerifyKey named = keys.instanceKey(block.keyId()).orElse(null);
        if (named == null) {
            uncertified(block);
            return;
        }
        if (!named.name().equals(block.instance())) {
            findings.add(TABLE, row, "inst", named.name(), block.instance());
        }
        if (block.signedBy(named, origin)) {
            if (!isInForce(block)) {
                findings.add(TABLE, row, "key_id", "a key in force", "the key of %s, revoked before".formatted(named));
            }
            return;
        }
        List<VerifyKey> signers = signers(block);
        if (!signers.isEmpty()) {
            findings.add(TABLE, row, "key_id", signers.get(0).fingerprint(), block.keyId());
        } else if (hash(block).equals(suspect.successor)) {
            findings.add(TABLE, row, "sig", "a signature by " + named.name(), "one that does not verify");
        } else {
            // What follows names another hash, and every other signed column is what the log itself says.
            findings.add(TABLE, row, "t_ms", "the time that was signed", block.timeMillis());
        }
    }

    private void uncertified(Block block) {
        List<VerifyKey> signers = signers(block);
        if (!signers.isEmpty()) {
            findings.add(TABLE, row(block.number()), "key_id", signers.get(0).fingerprint(), block.keyId());
        } else if (uncertified.add(block.keyId())) {
            // Once for each key: a certificate that was lost takes all blocks of its instance with it.
            findings.add(
                    TABLE,
                    row(block.number()) + " and others of its instance",
                    "key_id",
                    "a certified key",
                    block.keyId());
        }
    }

    private boolean isInForce(Block block) {
        return keys.maySign(block.keyId(), block.firstIndex(), block.treeSize());
    }

    private List<VerifyKey> signers(Block block) {
        List<VerifyKey> signers = new ArrayList<>();
        for (VerifyKey key : keys.instanceKeys()) {
            if (block.signedBy(key, origin)) {
                signers.add(key);
            }
        }
        return signers;
    }

    private void collect(Future<Optional<Suspect>> future) {
        try {
            future.get().ifPresent(this::diagnose);
        } catch (ExecutionException e) {
            throw new IllegalStateException("checking a signature does not fail", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the verification was interrupted", e);
        }
    }

    /** @param successor the hash that what follows names as this block's; null when that is not known */
    record Suspect(Block block, @Nullable Hash successor) {}
}
