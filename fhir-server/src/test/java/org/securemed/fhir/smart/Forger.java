package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Makes tokens with the server's own key, good but for what a test changes. */
final class Forger {
    private final SmartServer server;

    Forger(SmartServer server) {
        this.server = server;
    }

    RSAKey serverKey() {
        SigningKeys keys = server.bean(SigningKeys.class);
        return (RSAKey) keys.get(
                        new JWKSelector(new JWKMatcher.Builder()
                                .keyID(keys.signingKeyId())
                                .build()),
                        null)
                .get(0);
    }

    JWTClaimsSet.Builder claims() {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(server.at("").toString())
                .subject("physician")
                .audience(server.fhirBase())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300)))
                .jwtID(UUID.randomUUID().toString())
                .claim("client_id", "demo-app")
                .claim("scope", "user/*.rs")
                .claim("fhirUser", server.fhirBase() + "/Practitioner/physician")
                .claim(
                        "extensions",
                        Map.of(
                                "ihe_iua",
                                Map.of(
                                        "subject_name", "Demo physician",
                                        "subject_role",
                                                List.of(Map.of("system", Role.CODE_SYSTEM, "code", "physician")),
                                        "purpose_of_use", List.of(Map.of("code", "TREAT")))));
    }

    JWSHeader.Builder header() {
        return new JWSHeader.Builder(JWSAlgorithm.RS256)
                .type(new JOSEObjectType("at+jwt"))
                .keyID(serverKey().getKeyID());
    }

    String token(UnaryOperator<JWTClaimsSet.Builder> change) {
        return sign(header().build(), change.apply(claims()).build(), serverKey());
    }

    static String sign(JWSHeader header, JWTClaimsSet claims, RSAKey key) {
        try {
            return sign(header, claims, new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) {
        try {
            SignedJWT jwt = new SignedJWT(header, claims);
            jwt.sign(signer);
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
