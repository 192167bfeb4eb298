package org.securemed.ledger.consent;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;

/**
 * A JSON Web Signature over a transition, in compact form without the payload: header, two dots, signature. The header
 * says {@code alg} (ES256 or EdDSA), {@code kid} (id of a registered key) and {@code typ} ({@code consent+jws}), each
 * once, and nothing else; the payload is the transition's canonical bytes. The type is part of what is signed, so that
 * a token that the same key signed is no consent.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7515#appendix-F">RFC 7515, appendix F, Detached Content</a>
 */
final class DetachedJws {
    private static final String TYPE = "consent+jws";
    private static final int MAX_HEADER = 192;
    /** No other signature of ours is as long: DER takes 72 bytes at most, Ed25519 64. */
    private static final int LEAST = 100;

    private final String header;
    private final Fields fields;
    private final byte[] signature;

    private DetachedJws(String header, Fields fields, byte[] signature) {
        this.header = header;
        this.fields = fields;
        this.signature = signature;
    }

    /** Whether a signature has this form, well made or not; otherwise it is one of bytes. */
    static boolean is(byte[] signature) {
        return signature.length >= LEAST && signature[0] == 'e' && signature[1] == 'y' && signature[2] == 'J';
    }

    /**
     * Reads one; whether it is right is not known yet.
     *
     * @throws TransitionException if it has another form
     */
    static DetachedJws read(byte[] compact) throws TransitionException {
        String[] parts = new String(compact, StandardCharsets.ISO_8859_1).split("\\.", -1);
        if (parts.length != 3 || !parts[1].isEmpty()) {
            throw new TransitionException("a detached JWS is a header, two dots, and a signature");
        }
        return new DetachedJws(parts[0], CanonicalJson.read(decode(parts[0]), MAX_HEADER), decode(parts[2]));
    }

    private static byte[] decode(String part) throws TransitionException {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(part);
            // One text for the same bytes: an altered one that means the same would pass as the one that was made.
            if (Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            throw new TransitionException("a JWS is in base64url");
        }
        throw new TransitionException("a JWS is in base64url without padding");
    }

    /** Whether the key made it, for these bytes. May be asked once. */
    boolean isBy(RegisteredKey key, byte[] payload) throws GeneralSecurityException, TransitionException {
        Algorithm algorithm = Algorithm.of(key.algorithm());
        String alg = fields.text("alg");
        String kid = fields.text("kid");
        String typ = fields.text("typ");
        fields.end();
        if (!algorithm.names.contains(alg) || !kid.equals(key.keyId()) || !typ.equals(TYPE)) {
            return false;
        }
        Signature verifier = Signature.getInstance(algorithm.signature);
        verifier.initVerify(key.toPublicKey());
        verifier.update(signed(header, payload));
        return verifier.verify(signature);
    }

    /** The JWS Signing Input of RFC 7515, section 5.1. */
    private static byte[] signed(String header, byte[] payload) {
        byte[] before = (header + ".").getBytes(StandardCharsets.US_ASCII);
        byte[] body = Base64.getUrlEncoder().withoutPadding().encode(payload);
        byte[] input = Arrays.copyOf(before, before.length + body.length);
        System.arraycopy(body, 0, input, before.length, body.length);
        return input;
    }

    /** How the algorithms are called and used in JOSE (RFC 7518, RFC 8037, RFC 9864). */
    private enum Algorithm {
        ES256("SHA256withECDSAinP1363Format", Set.of("ES256")),
        EDDSA("Ed25519", Set.of("EdDSA", "Ed25519"));

        private final String signature;
        private final Set<String> names;

        Algorithm(String signature, Set<String> names) {
            this.signature = signature;
            this.names = names;
        }

        static Algorithm of(RegisteredKey.Algorithm registered) {
            return registered == RegisteredKey.Algorithm.ES256 ? ES256 : EDDSA;
        }
    }
}
