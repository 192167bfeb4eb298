package org.securemed.fhir.smart;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.text.ParseException;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/**
 * Access tokens of the other authorization server that is trusted: signed by one of its keys, for this FHIR server, not
 * ended. What they say of scopes and launch context counts; who the user is here, with which roles, is said by the
 * account that its subject is linked to, and consent decides as ever. Thread-safe.
 */
final class ForeignTokens {
    private static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(JWSAlgorithm.RS256, JWSAlgorithm.RS384, JWSAlgorithm.ES256, JWSAlgorithm.ES384);

    private final @Nullable String issuer;
    private final Accounts accounts;
    private final RequesterClaims claims;
    private final NimbusJwtDecoder decoder;

    ForeignTokens(
            TrustedServer trusted, ClientKeys addresses, Accounts accounts, SmartProperties properties, Clock clock) {
        this.issuer = trusted.issuer() == null ? null : trusted.issuer().toString();
        this.accounts = accounts;
        this.claims = new RequesterClaims(properties.fhirBase());
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier((type, context) -> {});
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys(trusted.jwksUri(), addresses)));
        processor.setJWTClaimsSetVerifier((set, context) -> {});
        this.decoder = new NimbusJwtDecoder(processor);
        JwtTimestampValidator times = new JwtTimestampValidator(properties.clockSkew());
        times.setClock(clock);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                times,
                new JwtIssuerValidator(issuer == null ? "urn:none" : issuer),
                new JwtAudienceValidator(properties.fhirBase())));
    }

    private static JWKSource<SecurityContext> keys(@Nullable URI address, ClientKeys addresses) {
        return (selector, context) -> {
            if (address == null) {
                return List.of();
            }
            JWKSet known = addresses.at(address.toString(), false);
            List<com.nimbusds.jose.jwk.JWK> found = known == null ? List.of() : selector.select(known);
            if (!found.isEmpty()) {
                return found;
            }
            JWKSet fresh = addresses.at(address.toString(), true);
            return fresh == null ? List.of() : selector.select(fresh);
        };
    }

    /** Whether a token says that it is of that server; nothing of it is verified. */
    boolean isOfTrustedServer(String token) {
        if (issuer == null) {
            return false;
        }
        try {
            return issuer.equals(JWTParser.parse(token).getJWTClaimsSet().getIssuer());
        } catch (ParseException e) {
            return false;
        }
    }

    /**
     * The requester that the token speaks for.
     *
     * @throws InvalidBearerTokenException if the token is not one to trust
     * @throws Problem 403 {@code account-unknown} if its subject has no account here
     */
    AccessTokenAuthentication verify(String token) {
        Jwt jwt;
        try {
            jwt = decoder.decode(token);
        } catch (JwtException e) {
            throw new InvalidBearerTokenException("the access token is not valid");
        }
        if (jwt.getIssuedAt() == null || jwt.getExpiresAt() == null || jwt.getSubject() == null) {
            throw new InvalidBearerTokenException("the access token is not valid");
        }
        Account account = accounts.linked(Objects.requireNonNull(issuer), jwt.getSubject())
                .filter(Account::enabled)
                .orElseThrow(ForeignTokens::unknownAccount);
        return new AccessTokenAuthentication(jwt, claims.of(jwt, account, TokenHash.of(token)));
    }

    static Problem unknownAccount() {
        return Problem.forbidden(
                "account-unknown", "The issuer of the access token is trusted; its user has no account here.");
    }
}
