package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.sql.Timestamp;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Judges the assertions by which machine clients prove themselves ({@code private_key_jwt}): RS384 or ES384 by exactly
 * one registered key, for this client and this token endpoint, at most five minutes long, and each {@code jti} once
 * across all instances. Thread-safe.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#signature-verification">SMART
 *     App Launch 2.2, Asymmetric client authentication, Signature verification</a>
 */
final class ClientAssertions implements JwtDecoderFactory<RegisteredClient> {
    private static final Duration LONGEST_LIFE = Duration.ofMinutes(5);
    private static final int LONGEST = 8192;
    private static final int LONGEST_ID = 256;
    private static final int LEAST_RSA_BITS = 2048;

    private final JdbcClient database;
    private final ClientKeys keys;
    private final String tokenEndpoint;
    private final Duration skew;
    private final Clock clock;

    ClientAssertions(JdbcClient database, ClientKeys keys, SmartProperties properties, Clock clock) {
        this.database = database;
        this.keys = keys;
        this.tokenEndpoint = properties.issuer() + "/oauth2/token";
        this.skew = properties.clockSkew();
        this.clock = clock;
    }

    @Override
    public JwtDecoder createDecoder(RegisteredClient client) {
        return assertion -> verify(client, assertion);
    }

    /**
     * The assertion.
     *
     * @throws BadJwtException if it does not prove that the client sent it, just now and once
     */
    private Jwt verify(RegisteredClient client, String assertion) {
        if (assertion.length() > LONGEST) {
            throw new BadJwtException("too long");
        }
        try {
            SignedJWT jwt = SignedJWT.parse(assertion);
            if (!signed(client, jwt)) {
                throw new BadJwtException("not signed by a registered key");
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            Instant expiresAt = judge(client, claims);
            remember(client, claims.getJWTID(), expiresAt);
            return new Jwt(
                    assertion,
                    null,
                    expiresAt,
                    jwt.getHeader().toJSONObject(),
                    java.util.Map.of("iss", claims.getIssuer(), "sub", claims.getSubject(), "jti", claims.getJWTID()));
        } catch (ParseException | JOSEException | IllegalStateException e) {
            throw new BadJwtException("malformed");
        }
    }

    private boolean signed(RegisteredClient client, SignedJWT jwt) throws JOSEException {
        JWSHeader header = jwt.getHeader();
        String kid = header.getKeyID();
        boolean rsa = JWSAlgorithm.RS384.equals(header.getAlgorithm());
        boolean elliptic = JWSAlgorithm.ES384.equals(header.getAlgorithm());
        if (kid == null || !(rsa || elliptic) || header.getCriticalParams() != null) {
            return false;
        }
        String registeredUrl = client.getClientSettings().getJwkSetUrl();
        URI named = header.getJWKURL();
        if (named != null && !named.toString().equals(registeredUrl)) {
            return false;
        }
        KeyType type = rsa ? KeyType.RSA : KeyType.EC;
        List<JWK> matching = matching(keys.of(client, false), kid, type);
        if (matching.isEmpty()) {
            matching = matching(keys.of(client, true), kid, type);
        }
        return matching.size() == 1 && jwt.verify(verifier(matching.get(0)));
    }

    private static List<JWK> matching(@Nullable JWKSet set, String kid, KeyType type) {
        return set == null
                ? List.of()
                : set.getKeys().stream()
                        .filter(key -> kid.equals(key.getKeyID()) && type.equals(key.getKeyType()))
                        .filter(key ->
                                key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
                        .toList();
    }

    private static JWSVerifier verifier(JWK key) throws JOSEException {
        if (key instanceof RSAKey rsa && rsa.size() >= LEAST_RSA_BITS) {
            return new RSASSAVerifier(rsa.toRSAPublicKey());
        }
        if (key instanceof ECKey elliptic && Curve.P_384.equals(elliptic.getCurve())) {
            return new ECDSAVerifier(elliptic.toECPublicKey());
        }
        throw new BadJwtException("the key is too weak");
    }

    private Instant judge(RegisteredClient client, JWTClaimsSet claims) {
        Instant now = clock.instant();
        Date expiry = claims.getExpirationTime();
        String id = claims.getJWTID();
        if (!client.getClientId().equals(claims.getIssuer())
                || !client.getClientId().equals(claims.getSubject())
                || !claims.getAudience().contains(tokenEndpoint)
                || id == null
                || id.isBlank()
                || id.length() > LONGEST_ID
                || expiry == null) {
            throw new BadJwtException("a claim is missing or wrong");
        }
        Instant expiresAt = expiry.toInstant();
        if (!expiresAt.plus(skew).isAfter(now)
                || expiresAt.isAfter(now.plus(LONGEST_LIFE).plus(skew))
                || later(claims.getNotBeforeTime(), now)
                || later(claims.getIssueTime(), now)) {
            throw new BadJwtException("expired, not yet valid, or too long");
        }
        return expiresAt;
    }

    private boolean later(@Nullable Date time, Instant now) {
        return time != null && time.toInstant().minus(skew).isAfter(now);
    }

    private void remember(RegisteredClient client, String id, Instant expiresAt) {
        // One statement decides, whichever instances are asked at the same moment.
        int first = database.sql("insert into smart.client_assertion (id_hash, until) values (:hash, :until)"
                        + " on conflict do nothing")
                .param("hash", TokenHash.of(client.getClientId() + " " + id))
                .param("until", Timestamp.from(expiresAt.plus(skew).plus(LONGEST_LIFE)))
                .update();
        if (first == 0) {
            throw new BadJwtException("used before");
        }
    }
}
