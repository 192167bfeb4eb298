package org.securemed.ledger.entry;

import org.jspecify.annotations.Nullable;

/** What the values of an entry may be. Every violation is an {@link IllegalArgumentException} that names the field. */
final class Limits {
    /** The largest integer that every JSON reader keeps exactly: 2^53 - 1. */
    static final long MAX_INTEGER = (1L << 53) - 1;

    private Limits() {}

    static void text(String field, String value, int maxLength) {
        if (value.isEmpty() || value.length() > maxLength) {
            throw new IllegalArgumentException(
                    "%s has %d characters, not 1 to %d".formatted(field, value.length(), maxLength));
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isISOControl(c)) {
                throw new IllegalArgumentException(field + " has a control character");
            }
            if (Character.isSurrogate(c)) {
                requirePair(field, value, i);
                i++;
            }
        }
    }

    static void optionalText(String field, @Nullable String value, int maxLength) {
        if (value != null) {
            text(field, value, maxLength);
        }
    }

    /** Like text, but lines are allowed. */
    static void optionalStatement(String field, @Nullable String value, int maxLength) {
        if (value != null) {
            text(field, value.replace('\n', ' '), maxLength);
        }
    }

    static void bytes(String field, @Nullable Bytes value, int maxLength) {
        if (value != null && (value.size() == 0 || value.size() > maxLength)) {
            throw new IllegalArgumentException(
                    "%s has %d bytes, not 1 to %d".formatted(field, value.size(), maxLength));
        }
    }

    static void index(String field, @Nullable Long value) {
        if (value != null && (value < 0 || value > MAX_INTEGER)) {
            throw new IllegalArgumentException("%s is %d, not an index".formatted(field, value));
        }
    }

    static void range(String field, @Nullable Integer value, int min, int max) {
        if (value != null && (value < min || value > max)) {
            throw new IllegalArgumentException("%s is %d, not %d to %d".formatted(field, value, min, max));
        }
    }

    private static void requirePair(String field, String value, int i) {
        if (i + 1 >= value.length() || !Character.isSurrogatePair(value.charAt(i), value.charAt(i + 1))) {
            throw new IllegalArgumentException(field + " is not well-formed Unicode");
        }
    }
}
