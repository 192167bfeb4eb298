package org.securemed.card.sealing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Seals secrets for storage with AES-256-GCM. Thread-safe. */
public final class Sealing {
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();
    // Public on purpose: protects nothing, and production refuses it.
    private static final byte[] DEVELOPMENT = "SecureMed development: no secret".getBytes(StandardCharsets.US_ASCII);

    private final SecretKeySpec key;

    private Sealing(byte[] secret) {
        this.key = new SecretKeySpec(secret, "AES");
    }

    /**
     * With a secret from the configuration.
     *
     * @param secret base64 of 32 bytes; null for the development constant
     * @param production whether the development constant is refused
     */
    public static Sealing of(@Nullable String secret, boolean production) {
        if (secret == null || secret.isBlank()) {
            if (production) {
                throw new IllegalStateException(
                        "securemed.bridge.sealing-secret is not set; production needs base64 of 32 random bytes"
                                + " (openssl rand -base64 32)");
            }
            return new Sealing(DEVELOPMENT);
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(secret.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("securemed.bridge.sealing-secret is not base64");
        }
        if (bytes.length != 32) {
            throw new IllegalStateException("securemed.bridge.sealing-secret is base64 of exactly 32 bytes");
        }
        if (production && Arrays.equals(bytes, DEVELOPMENT)) {
            throw new IllegalStateException("securemed.bridge.sealing-secret is the development secret");
        }
        return new Sealing(bytes);
    }

    /**
     * Encrypts.
     *
     * @param name what it is sealed for; it opens under the same name only
     */
    public byte[] seal(byte[] plain, String name) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, name).doFinal(plain);
            byte[] both = Arrays.copyOf(nonce, NONCE + sealed.length);
            System.arraycopy(sealed, 0, both, NONCE, sealed.length);
            return both;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is not available", e);
        }
    }

    /**
     * The plain bytes.
     *
     * @throws IllegalStateException if they were sealed with another secret or for another name, or were changed
     */
    public byte[] open(byte[] sealed, String name) {
        if (sealed.length < NONCE + TAG_BITS / 8) {
            throw new IllegalStateException("a sealed secret is cut short: " + name);
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE), name)
                    .doFinal(sealed, NONCE, sealed.length - NONCE);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "%s was sealed under another securemed.bridge.sealing-secret".formatted(name));
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
