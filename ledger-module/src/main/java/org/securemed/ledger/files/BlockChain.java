package org.securemed.ledger.files;

import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;

/** Follows the blocks of a log: each goes on from the one before, and is signed by a key that counts there. */
final class BlockChain {
    private final String origin;
    private final KeyHistory keys;
    private Hash previous = Hash.of(new byte[Hash.LENGTH]);
    private long number;
    private long end;
    private long time;

    /** @param keys of the whole log */
    BlockChain(String origin, KeyHistory keys) {
        this.origin = origin;
        this.keys = keys;
    }

    /**
     * The next block. Its root is for the caller to compare.
     *
     * @param isNew whether its signature is to be looked at
     * @throws NoteException saying what is wrong with it
     */
    void add(Block block, boolean isNew) throws NoteException {
        if (block.number() != number
                || block.firstIndex() != end
                || !block.previous().equals(previous)
                || block.timeMillis() < time) {
            throw new NoteException("block %d does not go on from the one before".formatted(block.number()));
        }
        if (isNew && !isSigned(block)) {
            throw new NoteException("block %d is not signed by a key that counts there".formatted(block.number()));
        }
        previous = block.hash(origin);
        number++;
        end = block.treeSize();
        time = block.timeMillis();
    }

    /** Number of entries in the blocks so far. */
    long end() {
        return end;
    }

    private boolean isSigned(Block block) {
        VerifyKey key = keys.instanceKey(block.keyId()).orElse(null);
        return key != null
                && key.name().equals(block.instance())
                && keys.maySign(block.keyId(), block.firstIndex(), block.treeSize())
                && block.signedBy(key, origin);
    }
}
