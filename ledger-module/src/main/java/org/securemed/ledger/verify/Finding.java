package org.securemed.ledger.verify;

/**
 * Something that is not as it was signed, and where.
 *
 * @param table such as {@code ledger_entry}; {@code log} for the log as a whole
 * @param row which row, such as {@code seq 17}; a range when no single row can be named
 * @param column which column; {@code *} for the row as a whole; two names with a slash when either may have been
 *     changed
 * @param expected what should be there
 * @param found what is there
 */
public record Finding(String table, String row, String column, String expected, String found) {
    @Override
    public String toString() {
        return "%s %s, %s: expected %s, found %s".formatted(table, row, column, expected, found);
    }
}
