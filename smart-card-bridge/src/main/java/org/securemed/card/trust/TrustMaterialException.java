package org.securemed.card.trust;

/** A file that should hold certificates or revocation lists does not. */
public final class TrustMaterialException extends Exception {
    private static final long serialVersionUID = 1L;

    TrustMaterialException(String message) {
        super(message);
    }

    TrustMaterialException(String message, Throwable cause) {
        super(message, cause);
    }
}
