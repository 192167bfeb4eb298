package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.List;

/** Collects findings; keeps the first thousand and counts the rest. One thread. */
final class Findings {
    private static final int KEPT = 1_000;

    private final List<Finding> kept = new ArrayList<>();
    private long count;

    void add(String table, String row, String column, Object expected, Object found) {
        add(new Finding(table, row, column, expected.toString(), found.toString()));
    }

    void add(Finding finding) {
        count++;
        if (kept.size() < KEPT) {
            kept.add(finding);
        }
    }

    /** Adds a finding unless both are equal. */
    void compare(String table, String row, String column, Object expected, Object found) {
        if (!expected.equals(found)) {
            add(table, row, column, expected, found);
        }
    }

    List<Finding> kept() {
        return kept;
    }

    long count() {
        return count;
    }
}
