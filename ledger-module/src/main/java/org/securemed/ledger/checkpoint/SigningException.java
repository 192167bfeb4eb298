package org.securemed.ledger.checkpoint;

/** A token did not sign: it was pulled out, logged out, or is broken. Nothing was signed. */
public final class SigningException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SigningException(String message, Throwable cause) {
        super(message, cause);
    }
}
