package org.securemed.card.qr;

/** A text that does not fit into a QR code of the version that was allowed. */
public final class CodeTooLargeException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int length;

    CodeTooLargeException(int length, int maxVersion) {
        super("%d characters do not fit into a QR code of version %d".formatted(length, maxVersion));
        this.length = length;
    }

    /** How long the text is, in characters. */
    public int length() {
        return length;
    }
}
