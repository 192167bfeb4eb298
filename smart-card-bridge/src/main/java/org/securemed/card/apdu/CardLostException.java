package org.securemed.card.apdu;

/** The card stopped answering: pulled, swapped, reset, or its reader went away. */
public final class CardLostException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param cause what the reader reported */
    public CardLostException(Throwable cause) {
        super("the card does not answer any more", cause);
    }
}
