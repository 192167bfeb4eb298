package org.securemed.card.healthlink;

import com.nimbusds.jose.CompressionAlgorithm;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.DirectEncrypter;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The key of a link: made when the link is made, put into it, and forgotten. Each file gets an initialization vector of
 * its own.
 *
 * @see <a href="https://hl7.org/fhir/uv/smart-health-cards-and-links/links-specification.html">SMART Health Links,
 *     encrypting and decrypting files</a>
 */
final class LinkKey {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key = new byte[32];

    private LinkKey() {
        RANDOM.nextBytes(key);
    }

    static LinkKey random() {
        return new LinkKey();
    }

    /** 43 characters of base64url, for the link. */
    String text() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(key);
    }

    /**
     * Encrypts a file.
     *
     * @param contentType media type of {@code plain}
     * @return JWE in compact serialization, {@code dir} and {@code A256GCM}
     */
    String encrypt(byte[] plain, String contentType) {
        JWEObject jwe = new JWEObject(
                new JWEHeader.Builder(JWEAlgorithm.DIR, EncryptionMethod.A256GCM)
                        .contentType(contentType)
                        .compressionAlgorithm(CompressionAlgorithm.DEF)
                        .build(),
                new Payload(plain));
        try {
            jwe.encrypt(new DirectEncrypter(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("a file cannot be encrypted", e);
        }
        return jwe.serialize();
    }

    @Override
    public String toString() {
        return "LinkKey";
    }
}
