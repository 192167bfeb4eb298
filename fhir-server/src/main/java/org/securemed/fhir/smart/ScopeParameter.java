package org.securemed.fhir.smart;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One {@code name=value} of a granular scope: a search parameter that the resource must match.
 *
 * @param name search parameter, with its modifier if any
 * @param value decoded value, alternatives separated by commas, 1 to 512 characters
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters">
 *     SMART App Launch 2.2, Finer-grained resource constraints</a>
 */
public record ScopeParameter(String name, String value) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}(:[A-Za-z-]{1,32})?");
    private static final int LONGEST_VALUE = 512;
    // Beside what RFC 6749 forbids in a scope: separators of the query string, and the comma, so that a printed scope
    // can be kept in comma-separated lists.
    private static final String ENCODED = "\"%&+,#\\ ";
    private static final String HEX = "0123456789ABCDEF";

    public ScopeParameter {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not the name of a search parameter");
        }
        if (value.isEmpty() || value.length() > LONGEST_VALUE) {
            throw new IllegalArgumentException("a value has 1 to %d characters".formatted(LONGEST_VALUE));
        }
        if (value.chars().anyMatch(Character::isISOControl)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException("a value holds no control characters");
        }
    }

    static ScopeParameter parse(String text) throws ScopeException {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw new ScopeException("a parameter of a scope has the form name=value");
        }
        String value = decode(text.substring(equals + 1));
        try {
            return new ScopeParameter(text.substring(0, equals), value);
        } catch (IllegalArgumentException e) {
            throw new ScopeException("a parameter of a scope is malformed");
        }
    }

    /** The alternatives of the value. */
    public Set<String> alternatives() {
        return Set.copyOf(List.of(value.split(",", -1)));
    }

    /** Whether what matches {@code narrower} matches this. */
    boolean covers(ScopeParameter narrower) {
        return name.equals(narrower.name) && alternatives().containsAll(narrower.alternatives());
    }

    /** As it stands in a scope: percent-encoded where it must be. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name).append('=');
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            int octet = b & 0xff;
            if (octet <= 0x20 || octet >= 0x7f || ENCODED.indexOf(octet) >= 0) {
                text.append('%').append(HEX.charAt(octet >> 4)).append(HEX.charAt(octet & 15));
            } else {
                text.append((char) octet);
            }
        }
        return text.toString();
    }

    private static String decode(String text) throws ScopeException {
        ByteBuffer octets = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new ScopeException("a percent sign in a scope is followed by two hexadecimal digits");
                }
                octets.put((byte) (high << 4 | low));
                i += 2;
            } else if (c == '+') {
                throw new ScopeException("a plus sign in a scope is written %2B");
            } else {
                octets.put((byte) c);
            }
        }
        octets.flip();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(octets)
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ScopeException("a percent-encoded value in a scope is not UTF-8");
        }
    }
}
