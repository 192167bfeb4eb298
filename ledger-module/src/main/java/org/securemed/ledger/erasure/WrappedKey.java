package org.securemed.ledger.erasure;

import org.securemed.ledger.entry.Pseudonym;

/** A living row of the table of patient keys. */
public final class WrappedKey {
    private final Pseudonym pseudonym;
    private final byte[] sealedSubject;
    private final byte[] wrapped;
    private final int epoch;
    private final long createdIn;
    private final boolean settled;

    /**
     * @param pseudonym whose key
     * @param sealedSubject the patient's reference, sealed with the patient's own key
     * @param wrapped both keys, wrapped
     * @param epoch under which epoch
     * @param createdIn number of the transaction that made the row
     * @param settled whether the row was made by another transaction than the one that reads it, so that it can't be
     *     rolled back any more
     */
    public WrappedKey(
            Pseudonym pseudonym, byte[] sealedSubject, byte[] wrapped, int epoch, long createdIn, boolean settled) {
        this.pseudonym = pseudonym;
        this.sealedSubject = sealedSubject.clone();
        this.wrapped = wrapped.clone();
        this.epoch = epoch;
        this.createdIn = createdIn;
        this.settled = settled;
    }

    /** Whose key. */
    public Pseudonym pseudonym() {
        return pseudonym;
    }

    /** The patient's reference, sealed. */
    public byte[] sealedSubject() {
        return sealedSubject.clone();
    }

    /** Both keys, wrapped. */
    public byte[] wrapped() {
        return wrapped.clone();
    }

    /** The epoch under which they are wrapped. */
    public int epoch() {
        return epoch;
    }

    /** The transaction that made the row. */
    public long createdIn() {
        return createdIn;
    }

    /** Whether the row can't be rolled back any more. */
    public boolean settled() {
        return settled;
    }

    @Override
    public String toString() {
        return "WrappedKey[pseudonym=%s, epoch=%d]".formatted(pseudonym, epoch);
    }
}
