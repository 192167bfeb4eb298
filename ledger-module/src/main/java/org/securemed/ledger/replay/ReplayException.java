package org.securemed.ledger.replay;

/** An entry that claims to hold a consent transition and does not. */
public final class ReplayException extends Exception {
    private static final long serialVersionUID = 1L;

    ReplayException(String message) {
        super(message);
    }

    ReplayException(String message, Throwable cause) {
        super(message, cause);
    }
}
