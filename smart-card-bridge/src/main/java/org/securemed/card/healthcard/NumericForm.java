package org.securemed.card.healthcard;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A health card as digits: {@code shc:/} and two digits for each character of the JWS, its code minus 45.
 *
 * @see <a href="https://hl7.org/fhir/uv/smart-health-cards-and-links/cards-specification.html">SMART Health Cards,
 *     encoding as QR code</a>
 */
final class NumericForm {
    /** The longest JWS that is read from digits; several times what one code holds. */
    private static final int LONGEST = 16_384;

    private static final int MOST_PARTS = 50;
    private static final int FIRST = '-';
    private static final int LAST = 'z';
    private static final Pattern WHOLE = Pattern.compile("shc:/([0-9]+)");
    private static final Pattern PART = Pattern.compile("shc:/([1-9][0-9]?)/([1-9][0-9]?)/([0-9]+)");

    private NumericForm() {}

    /** @param jws in compact serialization */
    static String of(String jws) {
        StringBuilder digits = new StringBuilder("shc:/");
        for (int i = 0; i < jws.length(); i++) {
            int value = jws.charAt(i) - FIRST;
            if (value < 0 || value > LAST - FIRST) {
                throw new IllegalArgumentException("not a character of a JWS");
            }
            digits.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
        }
        return digits.toString();
    }

    /**
     * The JWS of one code, or of the parts of a card that was split, in any order. Splitting is deprecated: it is read
     * and never written.
     *
     * @throws HealthCardException {@link HealthCardException.Reason#MALFORMED} or
     *     {@link HealthCardException.Reason#TOO_LARGE}
     */
    static String read(List<String> codes) throws HealthCardException {
        if (codes.size() == 1) {
            Matcher whole = WHOLE.matcher(codes.get(0));
            if (whole.matches()) {
                return characters(whole.group(1));
            }
        }
        return characters(joined(codes));
    }

    private static String joined(List<String> codes) throws HealthCardException {
        if (codes.isEmpty() || codes.size() > MOST_PARTS) {
            throw malformed();
        }
        String[] parts = new String[codes.size()];
        for (String code : codes) {
            Matcher part = PART.matcher(code);
            if (!part.matches() || Integer.parseInt(part.group(2)) != parts.length) {
                throw malformed();
            }
            int at = Integer.parseInt(part.group(1)) - 1;
            if (at >= parts.length || parts[at] != null) {
                throw malformed();
            }
            parts[at] = part.group(3);
        }
        return String.join("", Arrays.asList(parts));
    }

    private static String characters(String digits) throws HealthCardException {
        if (digits.length() > 2 * LONGEST) {
            throw new HealthCardException(HealthCardException.Reason.TOO_LARGE);
        }
        if (digits.length() % 2 != 0) {
            throw malformed();
        }
        StringBuilder jws = new StringBuilder(digits.length() / 2);
        for (int i = 0; i < digits.length(); i += 2) {
            int value = (digits.charAt(i) - '0') * 10 + digits.charAt(i + 1) - '0';
            if (value > LAST - FIRST) {
                throw malformed();
            }
            jws.append((char) (value + FIRST));
        }
        return jws.toString();
    }

    private static HealthCardException malformed() {
        return new HealthCardException(HealthCardException.Reason.MALFORMED);
    }
}
