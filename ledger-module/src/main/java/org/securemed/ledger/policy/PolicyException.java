package org.securemed.ledger.policy;

/** A text is not a trust policy. */
public final class PolicyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;

    PolicyException(int line, String message) {
        super(line == 0 ? message : "line %d: %s".formatted(line, message));
        this.line = line;
    }

    /** Which line, one-based; 0 when it is the whole. */
    public int line() {
        return line;
    }
}
