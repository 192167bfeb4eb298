package org.securemed.ledger.log;

/** A block was not written because the head is not the one it was made for. The transaction can only be rolled back. */
public final class HeadMovedException extends Exception {
    private static final long serialVersionUID = 1L;

    public HeadMovedException(String found) {
        super("the head is not the one the block was made for: " + found);
    }
}
