package org.securemed.ledger.entry;

/** Bytes that should be an entry are not one. */
public final class EntryException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, without quoting the bytes */
    public EntryException(String message) {
        super(message);
    }

    EntryException(String message, Throwable cause) {
        super(message, cause);
    }
}
