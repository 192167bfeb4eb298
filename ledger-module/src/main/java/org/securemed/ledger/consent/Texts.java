package org.securemed.ledger.consent;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The forms that strings, instants and lists have in a contract value; everything else is refused at construction. */
final class Texts {
    /** A relative literal reference: FHIR type name, slash, FHIR id (R4 §2.24.0.1, {@code id}). */
    private static final Pattern REFERENCE = Pattern.compile("[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\\-.]{1,64}");

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");

    static final int MAX_ELEMENTS = 256;
    private static final int MAX_SYSTEM = 512;
    private static final int MAX_CODE = 256;
    private static final int MAX_TEXT = 1024;

    private Texts() {}

    static String reference(String value) {
        if (!REFERENCE.matcher(value).matches()) {
            throw new IllegalArgumentException("not a relative literal reference");
        }
        return value;
    }

    static String id(String value) {
        if (!ID.matcher(value).matches()) {
            throw new IllegalArgumentException("not an id of 1 to 64 letters, digits, '-' and '.'");
        }
        return value;
    }

    static String system(String value) {
        if (!isSystem(value)) {
            throw new IllegalArgumentException("longer than %d characters, or not printable".formatted(MAX_SYSTEM));
        }
        return value;
    }

    static boolean isSystem(String value) {
        return value.length() <= MAX_SYSTEM && isPrintable(value);
    }

    static String code(String value) {
        if (!isCode(value)) {
            throw new IllegalArgumentException("not a code of 1 to %d printable characters".formatted(MAX_CODE));
        }
        return value;
    }

    static boolean isCode(String value) {
        return !value.isEmpty() && value.length() <= MAX_CODE && isPrintable(value);
    }

    /** Free text for people: at most 1024 characters, no control characters, valid Unicode. */
    static String text(String value) {
        if (value.length() > MAX_TEXT) {
            throw new IllegalArgumentException("text is longer than " + MAX_TEXT + " characters");
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isISOControl(c)) {
                throw new IllegalArgumentException("text holds a control character");
            }
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < value.length()
                        && Character.isLowSurrogate(value.charAt(i + 1));
                if (!pair) {
                    throw new IllegalArgumentException("text holds half of a surrogate pair");
                }
                i++;
            }
        }
        return value;
    }

    /** Instants of the contract have millisecond precision, so that they read the same in every language. */
    static Instant instant(Instant value) {
        if (value.equals(Instant.MIN) || value.equals(Instant.MAX)) {
            return value;
        }
        return value.truncatedTo(ChronoUnit.MILLIS);
    }

    /** Sorted, without duplicates: the order in which an element was repeated has no meaning. */
    static <T extends Comparable<? super T>> List<T> sorted(Collection<T> values) {
        if (values.size() > MAX_ELEMENTS) {
            throw new IllegalArgumentException("an element is repeated more than " + MAX_ELEMENTS + " times");
        }
        return values.size() < 2 ? List.copyOf(values) : List.copyOf(new ArrayList<>(new TreeSet<>(values)));
    }

    private static boolean isPrintable(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isISOControl(c) || Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }
}
