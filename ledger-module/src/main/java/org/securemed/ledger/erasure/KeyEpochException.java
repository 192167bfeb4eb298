package org.securemed.ledger.erasure;

/** A patient key is wrapped under an epoch whose key-encryption key this instance does not have. */
public final class KeyEpochException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int epoch;

    KeyEpochException(int epoch) {
        super("no key-encryption key of epoch %d; give this instance the key kek-%d".formatted(epoch, epoch));
        this.epoch = epoch;
    }

    /** The missing epoch. */
    public int epoch() {
        return epoch;
    }
}
