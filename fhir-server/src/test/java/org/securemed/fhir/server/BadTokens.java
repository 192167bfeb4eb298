package org.securemed.fhir.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import org.securemed.fhir.smart.SigningKeys;

/** A good token of the demonstration's physician, and what somebody could make of it. */
final class BadTokens {
    private final String good;
    private final RSAKey serverKey;

    BadTokens(TestServer server) {
        SigningKeys keys = server.bean(SigningKeys.class);
        this.good = server.token("physician");
        this.serverKey = (RSAKey) keys.get(
                        new JWKSelector(new JWKMatcher.Builder()
                                .keyID(keys.signingKeyId())
                                .build()),
                        null)
                .get(0);
    }

    /** Tokens that must not be accepted, by what is wrong with them. */
    Map<String, String> all() {
        try {
            Map<String, String> tokens = new LinkedHashMap<>();
            Date past = Date.from(Instant.now().minusSeconds(3600));
            Date future = Date.from(Instant.now().plusSeconds(3600));
            tokens.put("expired", signed(claims().expirationTime(past), serverKey));
            tokens.put("not yet valid", signed(claims().notBeforeTime(future), serverKey));
            tokens.put("of another audience", signed(claims().audience("https://elsewhere.example/fhir"), serverKey));
            tokens.put("of another issuer", signed(claims().issuer("https://elsewhere.example"), serverKey));
            tokens.put(
                    "of another key",
                    signed(claims(), new RSAKeyGenerator(2048).keyID("x").generate()));
            tokens.put(
                    "of another key under the server's key id",
                    signed(
                            claims(),
                            new RSAKeyGenerator(2048)
                                    .keyID(serverKey.getKeyID())
                                    .generate()));
            tokens.put("not signed", new PlainJWT(claims().build()).serialize());
            tokens.put("signed with the public key as a secret", signedWithPublicKey());
            tokens.put("cut off", good.substring(0, good.length() - 10));
            tokens.put("no token at all", "not-a-token");
            tokens.put("very long", "a".repeat(7000));
            return tokens;
        } catch (JOSEException | ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private JWTClaimsSet.Builder claims() throws ParseException {
        return new JWTClaimsSet.Builder(SignedJWT.parse(good).getJWTClaimsSet());
    }

    private static String signed(JWTClaimsSet.Builder claims, RSAKey key) throws JOSEException {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .type(new JOSEObjectType("at+jwt"))
                        .keyID(key.getKeyID())
                        .build(),
                claims.build());
        jwt.sign(new RSASSASigner(key));
        return jwt.serialize();
    }

    private String signedWithPublicKey() throws JOSEException, ParseException {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256)
                        .type(new JOSEObjectType("at+jwt"))
                        .keyID(serverKey.getKeyID())
                        .build(),
                claims().build());
        jwt.sign(new MACSigner(serverKey.toRSAPublicKey().getEncoded()));
        return jwt.serialize();
    }
}
