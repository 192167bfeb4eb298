package org.securemed.card.emergency;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one holder of an emergency key has: one line of text. Alone, and with fewer than are needed, it says nothing
 * about the key.
 *
 * @param key which key: its thumbprint (RFC 7638)
 * @param needed how many open it, 2 to 255
 * @param number of the share, from 1
 * @param value as the secret sharing has it
 */
record KeyShare(String key, int needed, int number, byte[] value) {
    private static final Pattern FORM =
            Pattern.compile("securemed-share:([A-Za-z0-9_-]{43}):([0-9]{1,3}):([0-9]{1,3}):([A-Za-z0-9_-]{43})");

    KeyShare {
        value = value.clone();
    }

    @Override
    public byte[] value() {
        return value.clone();
    }

    /**
     * Reads the line.
     *
     * @throws EmergencyException if it is none
     */
    static KeyShare parse(String line) throws EmergencyException {
        Matcher form = FORM.matcher(line.strip());
        if (!form.matches()) {
            throw new EmergencyException("This is no share of an emergency key.");
        }
        int needed = Integer.parseInt(form.group(2));
        int number = Integer.parseInt(form.group(3));
        if (needed < 2 || needed > 255 || number < 1 || number > 255) {
            throw new EmergencyException("This is no share of an emergency key.");
        }
        return new KeyShare(
                form.group(1), needed, number, Base64.getUrlDecoder().decode(form.group(4)));
    }

    /** The line. */
    String line() {
        return "securemed-share:%s:%d:%d:%s"
                .formatted(
                        key,
                        needed,
                        number,
                        Base64.getUrlEncoder().withoutPadding().encodeToString(value));
    }

    /** Not the value. */
    @Override
    public String toString() {
        return "KeyShare[" + number + "]";
    }
}
