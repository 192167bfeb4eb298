package org.securemed.ledger.checkpoint;

/** A key cannot be read from where it should be. */
public final class KeyException extends Exception {
    private static final long serialVersionUID = 1L;

    KeyException(String message) {
        super(message);
    }

    KeyException(String message, Throwable cause) {
        super(message, cause);
    }
}
