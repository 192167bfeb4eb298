package org.securemed.card.profile;

/** A card is not accepted. */
public final class CardRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final RefusalReason reason;

    /** @param reason why */
    public CardRefusedException(RefusalReason reason) {
        // No stack trace: an expected outcome, made in bulk by hostile cards.
        super(reason.code(), null, false, false);
        this.reason = reason;
    }

    /** Why. */
    public RefusalReason reason() {
        return reason;
    }
}
