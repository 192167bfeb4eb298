package org.securemed.ledger.log;

/**
 * The log cannot be written or read now. Whether a submission that failed so is in the log may be unknown: a later
 * attempt with the same entry ids finds out.
 */
public class LedgerUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LedgerUnavailableException(String message) {
        super(message);
    }

    public LedgerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
