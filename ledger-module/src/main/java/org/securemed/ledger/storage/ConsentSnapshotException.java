package org.securemed.ledger.storage;

/**
 * The stored consent states are not what the log says: nothing may be decided by them. The verifier, given the
 * patients' keystore, says which.
 */
public final class ConsentSnapshotException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConsentSnapshotException(String message) {
        super(message + ": ledger-verify with --patient-keystore says where");
    }
}
