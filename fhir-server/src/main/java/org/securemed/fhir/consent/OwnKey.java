package org.securemed.fhir.consent;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.securemed.ledger.consent.RegisteredKey;

/**
 * A key of somebody's own, as opposed to a card's: an EC key on P-256 or an Ed25519 key, sent as a public JWK. Its id
 * is the JWK's SHA-256 thumbprint, in hexadecimal digits, so that one key has one id.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7638">RFC 7638, JSON Web Key Thumbprint</a>
 */
final class OwnKey {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    private static final int LONGEST = 2048;

    private static final int ED25519_BYTES = 32;

    /** X.509 SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410). */
    private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

    private OwnKey() {}

    /** Whether a registered key of this id is one of somebody's own. */
    static boolean isId(String keyId) {
        return ID.matcher(keyId).matches();
    }

    /**
     * Reads a public JWK.
     *
     * @param owner {@code Patient/…} or {@code RelatedPerson/…}
     * @throws RuntimeException 422 {@code signing-key} if it is none that signs here
     */
    static RegisteredKey read(String jwk, String owner) {
        if (jwk.length() > LONGEST) {
            throw refused();
        }
        try {
            JWK key = JWK.parse(jwk);
            boolean fit = !key.isPrivate() && (key.getKeyUse() == null || key.getKeyUse() == KeyUse.SIGNATURE);
            if (!fit) {
                throw refused();
            }
            String id = HexFormat.of().formatHex(key.computeThumbprint().decode());
            if (key instanceof ECKey ec && Curve.P_256.equals(ec.getCurve())) {
                return registered(
                        id,
                        owner,
                        RegisteredKey.Algorithm.ES256,
                        ec.toECPublicKey().getEncoded());
            }
            if (key instanceof OctetKeyPair pair && Curve.Ed25519.equals(pair.getCurve())) {
                return registered(
                        id,
                        owner,
                        RegisteredKey.Algorithm.ED25519,
                        spki(pair.getX().decode()));
            }
            throw refused();
        } catch (ParseException | JOSEException | IllegalArgumentException | IllegalStateException e) {
            throw refused();
        }
    }

    private static RegisteredKey registered(String id, String owner, RegisteredKey.Algorithm algorithm, byte[] spki) {
        return new RegisteredKey(id, owner, algorithm, Base64.getEncoder().encodeToString(spki));
    }

    private static byte[] spki(byte[] point) {
        if (point.length != ED25519_BYTES) {
            throw refused();
        }
        byte[] spki = Arrays.copyOf(ED25519, ED25519.length + point.length);
        System.arraycopy(point, 0, spki, ED25519.length, point.length);
        return spki;
    }

    private static RuntimeException refused() {
        return Refusal.unprocessable(
                "signing-key", "Send a public JWK, as a string: an EC key on P-256, or an OKP key on Ed25519.");
    }
}
