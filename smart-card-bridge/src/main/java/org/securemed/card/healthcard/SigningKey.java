package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.StrictJson;

/** A key that signs health cards: P-256, named by its RFC 7638 thumbprint. */
final class SigningKey {
    private final ECKey key;

    private SigningKey(ECKey key) {
        this.key = key;
    }

    /** A new one. */
    static SigningKey generate() {
        try {
            return new SigningKey(new ECKeyGenerator(Curve.P_256)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.ES256)
                    .keyIDFromThumbprint(true)
                    .generate());
        } catch (JOSEException e) {
            throw new IllegalStateException("no P-256 key can be made", e);
        }
    }

    /** One that was made before. */
    static SigningKey of(ECKey privateJwk) {
        if (!privateJwk.isPrivate()) {
            throw new IllegalArgumentException("not a private key");
        }
        return new SigningKey(privateJwk);
    }

    /** {@code kid}. */
    String id() {
        return key.getKeyID();
    }

    /** What everybody may know. */
    ECKey publicJwk() {
        return key.toPublicJWK();
    }

    /** The whole key, for sealed storage only. */
    ECKey privateJwk() {
        return key;
    }

    /**
     * Signs a card.
     *
     * @param issuer our address, https, without a trailing slash
     * @param notBefore from when on it is valid
     * @param expiry until when, null for ever
     * @param revocationId {@code rid}, by which it can be taken back
     * @return JWS in compact serialization
     */
    String sign(String issuer, Instant notBefore, @Nullable Instant expiry, String revocationId, ObjectNode bundle) {
        ObjectNode payload = StrictJson.newObject().put("iss", issuer).put("nbf", notBefore.getEpochSecond());
        if (expiry != null) {
            payload.put("exp", expiry.getEpochSecond());
        }
        ObjectNode credential = payload.putObject("vc");
        credential.putArray("type").add(UnverifiedCard.TYPE);
        credential.putObject("credentialSubject").put("fhirVersion", "4.0.1").set("fhirBundle", bundle);
        credential.put("rid", revocationId);
        JWSObject jws = new JWSObject(
                new JWSHeader.Builder(JWSAlgorithm.ES256)
                        .keyID(id())
                        .customParam("zip", "DEF")
                        .build(),
                new Payload(Deflate.deflated(StrictJson.minified(payload))));
        try {
            jws.sign(new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("a health card cannot be signed", e);
        }
        return jws.serialize();
    }

    @Override
    public String toString() {
        return "SigningKey[" + id() + "]";
    }
}
