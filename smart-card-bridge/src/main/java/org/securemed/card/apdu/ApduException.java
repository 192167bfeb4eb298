package org.securemed.card.apdu;

/** Bytes that are no APDU. */
public final class ApduException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int length;

    ApduException(String message, int length) {
        super("%s (%d bytes)".formatted(message, length));
        this.length = length;
    }

    /** How many bytes there were; the bytes themselves may hold a PIN and are not kept. */
    public int length() {
        return length;
    }
}
