package org.securemed.ledger.erasure;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256, and keys derived by it. */
final class Hmac {
    private static final String ALGORITHM = "HmacSHA256";

    private Hmac() {}

    static byte[] of(Key key, byte[] message) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    /** A 256-bit key for one use, from {@code secret} and the name of the use (one block of HKDF-Expand, RFC 5869). */
    static SecretKey derive(Key secret, String use, String algorithm) {
        byte[] info = (use + "\u0001").getBytes(StandardCharsets.US_ASCII);
        byte[] derived = of(secret, info);
        SecretKey key = new SecretKeySpec(derived, algorithm);
        AesGcm.wipe(derived);
        return key;
    }

    static SecretKey key(byte[] bytes) {
        return new SecretKeySpec(bytes, ALGORITHM);
    }
}
