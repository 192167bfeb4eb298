package org.securemed.ledger.merkle;

/** A proof that somebody gave us does not prove what it claims. */
public final class ProofException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong with the proof */
    public ProofException(String message) {
        super(message);
    }
}
