package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;
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

    private final ClientSignatures signatures;
    private final String tokenEndpoint;
    private final Duration skew;
    private final Clock clock;

    ClientAssertions(ClientSignatures signatures, SmartProperties properties, Clock clock) {
        this.signatures = signatures;
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
            if (!signatures.signed(client, jwt)) {
                throw new BadJwtException("not signed by a registered key");
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            Instant expiresAt = judge(client, claims);
            if (!signatures.first(
                    client.getClientId(),
                    claims.getJWTID(),
                    expiresAt.plus(skew).plus(LONGEST_LIFE))) {
                throw new BadJwtException("used before");
            }
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
}
