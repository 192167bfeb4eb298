package org.securemed.card.gs1;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.Year;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The application identifiers and values of one code, checked.
 *
 * <p>Checked are: lengths, character sets, check digits, dates, that separators stand where a value of variable length
 * ends, that no identifier has two values, and that a service relation instance comes with its relation. Not checked is
 * which other identifiers GS1 wants together.
 *
 * @param values at least one
 * @param year the year in which the code was read: it decides the century of dates
 */
public record ElementString(Map<ApplicationIdentifier, String> values, Year year) {
    /** The longest text that is looked at: what fits into the largest QR code. */
    public static final int MAX_LENGTH = 7089;

    /** FNC1 as scanners and decoders pass it on: the ASCII group separator. */
    static final char SEPARATOR = '\u001d';

    private static final String TEXT_CHARACTERS = "!\"%&'()*+,-./:;<=>?_";
    private static final String PART_NUMBER_CHARACTERS = "#-/";
    private static final int CHECKED_PART = 14;

    public ElementString {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("an element string holds at least one element");
        }
        values = Collections.unmodifiableMap(new EnumMap<>(values));
    }

    /**
     * Reads what a decoder gave for a GS1 DataMatrix, GS1 QR or GS1-128: a symbology identifier ({@code ]d2},
     * {@code ]Q3}, {@code ]C1}, {@code ]e0}) and a leading FNC1 may be there or not, since decoders disagree about
     * both.
     *
     * @param now the current year
     * @throws ElementStringException if anything is wrong; nothing is skipped or repaired
     */
    public static ElementString parse(String text, Year now) throws ElementStringException {
        if (text.length() > MAX_LENGTH) {
            throw new ElementStringException("longer than any code", MAX_LENGTH);
        }
        int at = start(text);
        Map<ApplicationIdentifier, String> values = new EnumMap<>(ApplicationIdentifier.class);
        while (at < text.length()) {
            int begin = at;
            ApplicationIdentifier identifier = ApplicationIdentifier.at(text, begin)
                    .orElseThrow(() -> new ElementStringException("no known application identifier", begin));
            int from = begin + identifier.code().length();
            int to = end(text, from, identifier);
            String value = text.substring(from, to);
            check(identifier, value, from, now);
            String earlier = values.putIfAbsent(identifier, value);
            if (earlier != null && !earlier.equals(value)) {
                throw new ElementStringException("two values for " + identifier.code(), begin);
            }
            at = afterSeparator(text, to, identifier);
        }
        if (values.isEmpty()) {
            throw new ElementStringException("nothing there", 0);
        }
        requireRelation(values, text.length());
        return new ElementString(values, now);
    }

    private static int start(String text) {
        int at = text.startsWith("]d2") || text.startsWith("]Q3") || text.startsWith("]C1") || text.startsWith("]e0")
                ? 3
                : 0;
        return at < text.length() && text.charAt(at) == SEPARATOR ? at + 1 : at;
    }

    private static int end(String text, int from, ApplicationIdentifier identifier) throws ElementStringException {
        if (identifier.hasPredefinedLength()) {
            int to = from + identifier.maxLength();
            if (to > text.length()) {
                throw new ElementStringException("the value of " + identifier.code() + " is cut off", from);
            }
            return to;
        }
        int separator = text.indexOf(SEPARATOR, from);
        return separator < 0 ? text.length() : separator;
    }

    /** A separator is needed after a variable length and tolerated after a predefined one; the last one is wrong. */
    private static int afterSeparator(String text, int to, ApplicationIdentifier identifier)
            throws ElementStringException {
        if (to == text.length() || text.charAt(to) != SEPARATOR) {
            return to;
        }
        if (to + 1 == text.length()) {
            throw new ElementStringException("a separator after the last value, " + identifier.code(), to);
        }
        return to + 1;
    }

    private static void check(ApplicationIdentifier identifier, String value, int from, Year now)
            throws ElementStringException {
        if (value.length() < identifier.minLength() || value.length() > identifier.maxLength()) {
            throw new ElementStringException(
                    "%s takes %d to %d characters, not %d"
                            .formatted(
                                    identifier.code(), identifier.minLength(), identifier.maxLength(), value.length()),
                    from);
        }
        switch (identifier.format()) {
            case NUMBER -> requireDigits(value, from);
            case CHECKED_NUMBER -> requireCheckDigit(value, from);
            case CHECKED_NUMBER_AND_TEXT -> {
                requireCheckDigit(value.substring(0, CHECKED_PART), from);
                requireCharacters(value.substring(CHECKED_PART), from + CHECKED_PART, TEXT_CHARACTERS, true);
            }
            case DATE -> requireDate(value, from, now);
            case TEXT -> requireCharacters(value, from, TEXT_CHARACTERS, true);
            case PART_NUMBER -> requireCharacters(value, from, PART_NUMBER_CHARACTERS, false);
        }
    }

    private static void requireDigits(String value, int from) throws ElementStringException {
        for (int i = 0; i < value.length(); i++) {
            if (!isDigit(value.charAt(i))) {
                throw new ElementStringException("not a digit", from + i);
            }
        }
    }

    private static void requireCheckDigit(String value, int from) throws ElementStringException {
        requireDigits(value, from);
        if (!CheckDigit.matches(value)) {
            throw new ElementStringException("wrong check digit", from + value.length() - 1);
        }
    }

    private static void requireDate(String value, int from, Year now) throws ElementStringException {
        requireDigits(value, from);
        try {
            Dates.parse(value, now);
        } catch (DateTimeException e) {
            throw new ElementStringException("no such date", from);
        }
    }

    private static void requireCharacters(String value, int from, String others, boolean lowerCase)
            throws ElementStringException {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean letter = c >= 'A' && c <= 'Z' || lowerCase && c >= 'a' && c <= 'z';
            if (!letter && !isDigit(c) && others.indexOf(c) < 0) {
                throw new ElementStringException("a character that is not allowed", from + i);
            }
        }
    }

    // Character.isDigit would let other scripts' digits through.
    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static void requireRelation(Map<ApplicationIdentifier, String> values, int end)
            throws ElementStringException {
        boolean relation = values.containsKey(ApplicationIdentifier.PROVIDER)
                || values.containsKey(ApplicationIdentifier.RECIPIENT);
        if (values.containsKey(ApplicationIdentifier.SERVICE_INSTANCE) && !relation) {
            throw new ElementStringException("8019 without 8017 or 8018", end);
        }
    }

    /** The value of an identifier, as it stands in the code. */
    public Optional<String> value(ApplicationIdentifier identifier) {
        return Optional.ofNullable(values.get(identifier));
    }

    /**
     * A date.
     *
     * @param identifier one whose value is a date
     */
    public Optional<LocalDate> date(ApplicationIdentifier identifier) {
        if (identifier.format() != ApplicationIdentifier.Format.DATE) {
            throw new IllegalArgumentException(identifier.code() + " is not a date");
        }
        return value(identifier).map(digits -> Dates.parse(digits, year));
    }

    /** Which identifiers there are; their values may name a patient. */
    @Override
    public String toString() {
        return "ElementString" + values.keySet();
    }
}
