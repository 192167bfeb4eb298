package org.securemed.ledger.erasure;

/** Sealed bytes that do not open: changed, cut, moved to another entry, or sealed with another key. */
public final class SealException extends Exception {
    private static final long serialVersionUID = 1L;

    SealException(String message) {
        super(message);
    }

    SealException(String message, Throwable cause) {
        super(message, cause);
    }
}
