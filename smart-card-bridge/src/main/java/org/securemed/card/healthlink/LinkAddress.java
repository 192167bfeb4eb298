package org.securemed.card.healthlink;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The random part of an address, 256 bits as 43 characters of base64url. Only its hash is kept.
 *
 * @param text the characters
 */
record LinkAddress(String text) {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{43}");

    LinkAddress {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("not 43 characters of base64url");
        }
    }

    /** A new one, which nobody can guess. */
    static LinkAddress random() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return new LinkAddress(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** What somebody asked for, if it has the form of one. */
    static Optional<LinkAddress> of(String text) {
        return FORM.matcher(text).matches() ? Optional.of(new LinkAddress(text)) : Optional.empty();
    }

    /** SHA-256 of the characters. */
    byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is not available", e);
        }
    }

    /** Not the characters: whoever has them can ask. */
    @Override
    public String toString() {
        return "LinkAddress";
    }
}
