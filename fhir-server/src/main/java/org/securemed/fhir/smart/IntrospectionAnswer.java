package org.securemed.fhir.smart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenIntrospection;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenIntrospectionAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;

/**
 * The answer of the introspection endpoint: what the resource server here would say of the token, so revocations count.
 * Of an inactive token nothing but {@code active:false}. A resource server of the custodian is told besides what
 * consents leave of the token's scopes at this moment ({@link TokenConsents}).
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/token-introspection.html">SMART App Launch 2.2, Token
 *     Introspection</a>
 */
final class IntrospectionAnswer implements AuthenticationSuccessHandler {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Revocations revocations;
    private final AccessTokens tokens;
    private final Supplier<TokenConsents> consents;
    private final String fhirBase;

    /** @param consents made after this, as it needs whom tokens speak for */
    IntrospectionAnswer(
            Revocations revocations, AccessTokens tokens, Supplier<TokenConsents> consents, String fhirBase) {
        this.revocations = revocations;
        this.tokens = tokens;
        this.consents = consents;
        this.fhirBase = fhirBase;
    }

    @Override
    public void onAuthenticationSuccess(
            HttpServletRequest request, HttpServletResponse response, Authentication authentication)
            throws IOException {
        OAuth2TokenIntrospectionAuthenticationToken asked =
                (OAuth2TokenIntrospectionAuthenticationToken) authentication;
        OAuth2TokenIntrospection claims = asked.getTokenClaims();
        ObjectNode answer = JSON.createObjectNode();
        boolean active = claims.isActive() && !revoked(asked.getToken(), claims);
        answer.put("active", active);
        if (active) {
            claims.getClaims().forEach((name, value) -> {
                if (!name.equals("active")) {
                    put(answer, name, value);
                }
            });
            if (asksForTheCustodian(asked) && claims.getClaim(Claims.PATIENT) != null) {
                consents.get().of(tokens.own(asked.getToken())).ifPresent(said -> tell(answer, said));
            }
        }
        byte[] body = answer.toString().getBytes(StandardCharsets.UTF_8);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    /** Apps are not told: what is forbidden would tell that there may be something. */
    private static boolean asksForTheCustodian(OAuth2TokenIntrospectionAuthenticationToken asked) {
        return asked.getPrincipal() instanceof OAuth2ClientAuthenticationToken client
                && client.getRegisteredClient() != null
                && Role.SYSTEM.code().equals(Clients.setting(client.getRegisteredClient(), Clients.Setting.ROLE));
    }

    private void tell(ObjectNode answer, TokenConsents.Said said) {
        ObjectNode extensions =
                answer.get(Claims.EXTENSIONS) instanceof ObjectNode known ? known : answer.putObject(Claims.EXTENSIONS);
        extensions.set(Claims.IHE_PCF, JSON.valueToTree(PrivacyClaim.write(said, fhirBase)));
    }

    private boolean revoked(String token, OAuth2TokenIntrospection claims) {
        Instant issuedAt = claims.getIssuedAt() == null ? Instant.EPOCH : claims.getIssuedAt();
        return revocations.revoked(
                TokenHash.of(token),
                new Revocations.TokenFacts(
                        "",
                        claims.getClaimAsString(Claims.AUTHORIZATION),
                        String.valueOf(claims.getSubject()),
                        String.valueOf(claims.getClientId()),
                        device(claims),
                        issuedAt,
                        claims.getClaim(Claims.AUTH_TIME) instanceof Number seconds
                                ? Instant.ofEpochSecond(seconds.longValue())
                                : issuedAt));
    }

    private static @Nullable String device(OAuth2TokenIntrospection claims) {
        return claims.getClaim(Claims.EXTENSIONS) instanceof Map<?, ?> extensions
                        && extensions.get(Claims.SECUREMED) instanceof Map<?, ?> own
                        && own.get(Claims.DEVICE) instanceof String device
                ? device
                : null;
    }

    private static void put(ObjectNode answer, String name, @Nullable Object value) {
        if (value instanceof Instant instant) {
            answer.put(name, instant.getEpochSecond());
        } else if (value instanceof Date date) {
            answer.put(name, date.toInstant().getEpochSecond());
        } else if (name.equals(Claims.SCOPE) && value instanceof Collection<?> scopes) {
            answer.put(name, scopes.stream().map(String::valueOf).collect(Collectors.joining(" ")));
        } else if (value instanceof java.net.URL url) {
            answer.put(name, url.toString());
        } else {
            answer.set(name, JSON.valueToTree(value));
        }
    }
}
