package org.securemed.ledger.log;

/** A block was not written because an entry id of it is in the log already. The transaction can only be rolled back. */
public final class DuplicateIdException extends Exception {
    private static final long serialVersionUID = 1L;

    public DuplicateIdException(Throwable cause) {
        super("an entry id of the block is in the log already", cause);
    }
}
