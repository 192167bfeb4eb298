package org.securemed.ledger.log;

/** What is stored is not what the log promised. The log is neither opened nor extended; the verifier says more. */
public final class LogCorruptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String where;
    private final String expected;
    private final String found;

    /**
     * @param where table and position, such as {@code ledger_block 17, sig}
     * @param expected what should be there
     * @param found what is there
     */
    public LogCorruptException(String where, String expected, String found) {
        super("%s: expected %s, found %s".formatted(where, expected, found));
        this.where = where;
        this.expected = expected;
        this.found = found;
    }

    public String where() {
        return where;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
