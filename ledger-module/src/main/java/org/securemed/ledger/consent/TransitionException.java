package org.securemed.ledger.consent;

/** Bytes that are not the canonical form of a valid transition, state or signature. */
public final class TransitionException extends Exception {
    private static final long serialVersionUID = 1L;

    TransitionException(String message) {
        super(message);
    }

    TransitionException(String message, Throwable cause) {
        super(message, cause);
    }
}
