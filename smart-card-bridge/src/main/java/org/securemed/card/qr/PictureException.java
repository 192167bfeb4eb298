package org.securemed.card.qr;

/** A picture that is not looked at: none, too large, or damaged. */
public final class PictureException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong with it. */
    public enum Reason {
        /** Neither PNG nor JPEG. */
        FORMAT,
        /** More bytes or more pixels than are looked at. */
        TOO_LARGE,
        /** Begins like a picture and does not go on like one. */
        DAMAGED
    }

    private final Reason reason;

    PictureException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What is wrong with it. */
    public Reason reason() {
        return reason;
    }
}
