package org.securemed.card.gs1;

/** A text that is no element string, or says something impossible. */
public final class ElementStringException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int offset;

    ElementStringException(String message, int offset) {
        super("%s, at character %d".formatted(message, offset));
        this.offset = offset;
    }

    /** Where, counted in characters from zero. */
    public int offset() {
        return offset;
    }
}
