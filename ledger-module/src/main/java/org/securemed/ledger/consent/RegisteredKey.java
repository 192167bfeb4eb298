package org.securemed.ledger.consent;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/**
 * A public key with which a patient or representative signs transitions.
 *
 * @param keyId name of the key, unique for the patient
 * @param owner reference of the person it belongs to
 * @param algorithm how it signs
 * @param publicKey X.509 SubjectPublicKeyInfo in Base64, without line breaks
 */
public record RegisteredKey(String keyId, String owner, Algorithm algorithm, String publicKey) {
    private static final int MAX_SPKI = 256;

    /** Signature algorithms. */
    public enum Algorithm {
        /** RFC 8032. */
        ED25519("Ed25519", "Ed25519", "Ed25519"),
        /** ECDSA with SHA-256 on P-256; the signature is in ASN.1 DER form. */
        ES256("ES256", "EC", "SHA256withECDSA");

        private final String code;
        private final String keyAlgorithm;
        private final String signatureAlgorithm;

        Algorithm(String code, String keyAlgorithm, String signatureAlgorithm) {
            this.code = code;
            this.keyAlgorithm = keyAlgorithm;
            this.signatureAlgorithm = signatureAlgorithm;
        }

        /** The code in canonical bytes. */
        public String code() {
            return code;
        }

        String signatureAlgorithm() {
            return signatureAlgorithm;
        }

        static Algorithm ofCode(String code) {
            for (Algorithm algorithm : values()) {
                if (algorithm.code.equals(code)) {
                    return algorithm;
                }
            }
            throw new IllegalArgumentException("unknown signature algorithm");
        }
    }

    public RegisteredKey {
        Texts.id(keyId);
        Texts.reference(owner);
        decode(algorithm, publicKey);
    }

    /** The key as the JDK uses it. */
    public PublicKey toPublicKey() {
        return decode(algorithm, publicKey);
    }

    private static PublicKey decode(Algorithm algorithm, String base64) {
        byte[] encoded = Base64.getDecoder().decode(base64);
        if (encoded.length > MAX_SPKI
                || !Base64.getEncoder().encodeToString(encoded).equals(base64)) {
            throw new IllegalArgumentException("not the Base64 of a public key of this kind");
        }
        try {
            PublicKey key =
                    KeyFactory.getInstance(algorithm.keyAlgorithm).generatePublic(new X509EncodedKeySpec(encoded));
            requireCurve(algorithm, key);
            return key;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a public key of this kind", e);
        }
    }

    private static void requireCurve(Algorithm algorithm, PublicKey key) {
        if (algorithm == Algorithm.ES256
                && !(key instanceof java.security.interfaces.ECPublicKey ec
                        && ec.getParams().getCurve().getField().getFieldSize() == 256
                        && ec.getParams().toString().contains("secp256r1"))) {
            throw new IllegalArgumentException("not a key on P-256");
        }
    }
}
