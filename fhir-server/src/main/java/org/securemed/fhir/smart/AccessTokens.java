package org.securemed.fhir.smart;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.MappedJwtClaimSetConverter;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/**
 * Checks access tokens: RS256 by a key of this server, {@code typ} at+jwt, issuer, audience (the FHIR base), times,
 * claims, and that nothing of it was revoked. What is fixed about a token (all but time and revocation) is remembered
 * under the token's hash. Thread-safe.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/app-launch.html#response-5">SMART App Launch 2.2, Access FHIR
 *     API</a>
 */
final class AccessTokens {
    // A wildcard that a person narrowed is written out type by type.
    private static final int LONGEST = 12 * 1024;

    private final NimbusJwtDecoder decoder;
    private final RequesterClaims claims;
    private final ForeignTokens foreign;
    private final ForeignIntrospection introspection;
    private final Revocations revocations;
    private final Clock clock;
    private final Duration skew;
    private final Cache<String, AccessTokenAuthentication> verified;

    AccessTokens(
            JWKSource<SecurityContext> keys,
            ForeignTokens foreign,
            ForeignIntrospection introspection,
            Revocations revocations,
            SmartProperties properties,
            Clock clock) {
        this.foreign = foreign;
        this.introspection = introspection;
        this.claims = new RequesterClaims(properties.fhirBase());
        this.revocations = revocations;
        this.clock = clock;
        this.skew = properties.clockSkew();
        this.verified = Caffeine.newBuilder()
                .maximumSize(properties.tokenCacheSize())
                .expireAfterWrite(Duration.ofHours(1))
                .build();
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType(Claims.ACCESS_TOKEN_TYPE)));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, keys));
        // Spring's validators below judge the claims.
        processor.setJWTClaimsSetVerifier((set, context) -> {});
        this.decoder = new NimbusJwtDecoder(processor);
        JwtTimestampValidator times = new JwtTimestampValidator(skew);
        times.setClock(clock);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                times, new JwtIssuerValidator(properties.issuer()), new JwtAudienceValidator(properties.fhirBase())));
    }

    /** Whether this token was verified before; it may have ended since. */
    boolean isKnown(String token) {
        return token.length() <= LONGEST && verified.getIfPresent(TokenHash.of(token)) != null;
    }

    /**
     * The requester that a bearer token speaks for.
     *
     * @throws InvalidBearerTokenException if the token is not one to trust; the message says nothing about why
     * @throws org.securemed.fhir.problem.Problem if the token is genuine and its claims are not enough
     * @throws org.springframework.dao.DataAccessException if revocation could not be checked
     */
    AccessTokenAuthentication authenticate(String token) {
        if (token.length() > LONGEST) {
            throw refused();
        }
        String hash = TokenHash.of(token);
        AccessTokenAuthentication known =
                introspection.concerns(token) ? introspection.authenticate(token, hash) : verified(token, hash);
        Requester requester = known.requester();
        Jwt jwt = known.getToken();
        Revocations.TokenFacts facts = new Revocations.TokenFacts(
                String.valueOf(jwt.getHeaders().get("kid")),
                jwt.getClaimAsString(Claims.AUTHORIZATION),
                requester.subject(),
                requester.clientId(),
                requester.device(),
                Objects.requireNonNull(jwt.getIssuedAt()),
                requester.authenticatedAt() == null ? jwt.getIssuedAt() : requester.authenticatedAt());
        if (revocations.revoked(hash, facts)) {
            throw refused();
        }
        return known;
    }

    /** What is fixed about a token, and that it has not ended. */
    private AccessTokenAuthentication verified(String token, String hash) {
        AccessTokenAuthentication known = verified.getIfPresent(hash);
        if (known == null) {
            known = foreign.isOfTrustedServer(token) ? foreign.verify(token) : verify(token);
            verified.put(hash, known);
        } else if (!clock.instant().isBefore(known.requester().expiresAt().plus(skew))) {
            verified.invalidate(hash);
            throw refused();
        }
        return known;
    }

    /** Whom a token speaks for that this server has just made; nothing of it is judged. */
    Requester own(String token) {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            Map<String, Object> set = Objects.requireNonNull(MappedJwtClaimSetConverter.withDefaults(Map.of())
                    .convert(jwt.getJWTClaimsSet().getClaims()));
            return claims.read(new Jwt(
                    token,
                    (Instant) set.get("iat"),
                    (Instant) set.get("exp"),
                    jwt.getHeader().toJSONObject(),
                    set));
        } catch (ParseException e) {
            throw new IllegalStateException("an access token of our own is no JWT", e);
        }
    }

    private AccessTokenAuthentication verify(String token) {
        Jwt jwt;
        try {
            jwt = decoder.decode(token);
        } catch (JwtException e) {
            throw refused();
        }
        if (jwt.getIssuedAt() == null || jwt.getExpiresAt() == null) {
            throw refused();
        }
        return new AccessTokenAuthentication(jwt, claims.read(jwt));
    }

    private static InvalidBearerTokenException refused() {
        return new InvalidBearerTokenException("the access token is not valid");
    }
}
