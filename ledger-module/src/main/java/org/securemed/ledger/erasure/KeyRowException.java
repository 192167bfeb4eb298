package org.securemed.ledger.erasure;

/** A row of the table of patient keys whose columns were not written together. */
public final class KeyRowException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String column;

    KeyRowException(String column, String expected) {
        super(expected);
        this.column = column;
    }

    /** Which column; several with slashes when any of them may have been changed. */
    public String column() {
        return column;
    }

    /** What should be there. */
    public String expected() {
        return String.valueOf(getMessage());
    }
}
