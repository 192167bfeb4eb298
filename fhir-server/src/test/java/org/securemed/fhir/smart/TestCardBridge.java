package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;

/** Says of cards what the bridge would say, with the key that servers of tests know the bridge by. */
public final class TestCardBridge {
    public static final String CLIENT = "card-bridge";

    private static final ECKey KEY = generate();

    private TestCardBridge() {}

    static ECKey generate() {
        try {
            return new ECKeyGenerator(Curve.P_384).keyID("bridge").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The public key in a file, for {@code securemed.smart.card-bridge.keys}. */
    public static Path keys(Path directory) {
        try {
            return Files.writeString(directory.resolve("card-bridge.jwks"), new JWKSet(KEY.toPublicJWK()).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A good statement's claims, to be spoiled by tests. */
    public static JWTClaimsSet.Builder claims(String audience, String owner, String device) {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(CLIENT)
                .audience(audience)
                .subject(owner)
                .claim("device", device)
                .claim("acr", "urn:securemed:acr:card")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(60)))
                .jwtID(UUID.randomUUID().toString());
    }

    /** Logs the card's owner in, by the card and its PIN, at a server that calls itself {@code localhost:8080}. */
    static void logIn(SmartApp browser, String owner, String device) {
        String nonce = SmartApp.parameter(browser.browser.get(browser.at(CardLogIn.PATH)), "nonce");
        String statement = sign(claims("http://localhost:8080" + CardLogIn.PATH, owner, device)
                .claim("nonce", nonce)
                .build());
        String to = browser.browser
                .get(browser.at(CardLogIn.PATH + "?statement=" + Http.encode(statement)))
                .headers()
                .firstValue("Location")
                .orElse("");
        if (to.contains("failed")) {
            throw new IllegalStateException("the card logs nobody in");
        }
    }

    /** Signs as the bridge does. */
    public static String sign(JWTClaimsSet claims) {
        return sign(claims, KEY);
    }

    static String sign(JWTClaimsSet claims, ECKey key) {
        try {
            return Forger.sign(
                    new JWSHeader.Builder(JWSAlgorithm.ES384)
                            .keyID(key.getKeyID())
                            .build(),
                    claims,
                    new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static ECKey key() {
        return KEY;
    }
}
