package org.securemed.ledger.checkpoint;

/** A signed note that somebody gave us is malformed or not signed by the key that should have signed it. */
public final class NoteException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong with the note, without quoting it */
    public NoteException(String message) {
        super(message);
    }
}
