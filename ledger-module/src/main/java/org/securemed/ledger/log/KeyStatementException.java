package org.securemed.ledger.log;

/** A statement about keys that the log, with the keys it has now, does not take. Nothing was written. */
public final class KeyStatementException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyStatementException(String message, Throwable cause) {
        super(message, cause);
    }
}
