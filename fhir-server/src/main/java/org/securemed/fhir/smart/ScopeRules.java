package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2RefreshTokenAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Scopes at the authorization server's doors: brought into the form in which they are stored and compared, and judged
 * against what a client is registered for.
 */
final class ScopeRules {
    static final String REFUSED = "a scope is malformed, unknown, or not open to this client";

    private ScopeRules() {}

    /** Whether every scope is well formed, covered by the client's registration, and one that can be enforced. */
    static boolean allowed(RegisteredClient client, Collection<String> scopes) {
        try {
            ScopeSet asked = ScopeSet.parse(scopes);
            return ScopeSet.parse(client.getScopes()).covers(asked) && GranularScopes.enforceable(asked);
        } catch (ScopeException e) {
            return false;
        }
    }

    /**
     * Judges a machine client's request: at least one scope, system scopes only.
     *
     * @throws OAuth2AuthenticationException {@code invalid_scope}
     */
    static void validate(OAuth2ClientCredentialsAuthenticationContext context) {
        OAuth2ClientCredentialsAuthenticationToken request = context.getAuthentication();
        Set<String> scopes = request.getScopes();
        if (scopes.isEmpty()
                || !scopes.stream().allMatch(scope -> scope.startsWith("system/"))
                || !allowed(context.getRegisteredClient(), scopes)) {
            throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_SCOPE, REFUSED, null));
        }
    }

    /** Each converter, its result's scopes in the form in which they are printed. */
    static AuthenticationConverter canonical(AuthenticationConverter converter) {
        return new AuthenticationConverter() {
            @Override
            public @Nullable Authentication convert(HttpServletRequest request) {
                return canonicalScopes(converter.convert(request));
            }
        };
    }

    private static @Nullable Authentication canonicalScopes(@Nullable Authentication request) {
        if (request instanceof OAuth2AuthorizationCodeRequestAuthenticationToken asked) {
            OAuth2AuthorizationCodeRequestAuthenticationToken canonical =
                    new OAuth2AuthorizationCodeRequestAuthenticationToken(
                            asked.getAuthorizationUri(),
                            asked.getClientId(),
                            (Authentication) asked.getPrincipal(),
                            asked.getRedirectUri(),
                            asked.getState(),
                            printed(asked.getScopes()),
                            asked.getAdditionalParameters());
            canonical.setDetails(asked.getDetails());
            return canonical;
        }
        if (request instanceof OAuth2ClientCredentialsAuthenticationToken asked) {
            return new OAuth2ClientCredentialsAuthenticationToken(
                    (Authentication) asked.getPrincipal(), printed(asked.getScopes()), asked.getAdditionalParameters());
        }
        if (request instanceof OAuth2RefreshTokenAuthenticationToken asked) {
            return new OAuth2RefreshTokenAuthenticationToken(
                    asked.getRefreshToken(),
                    (Authentication) asked.getPrincipal(),
                    printed(asked.getScopes()),
                    asked.getAdditionalParameters());
        }
        return request;
    }

    private static Set<String> printed(Set<String> scopes) {
        try {
            return new LinkedHashSet<>(ScopeSet.parse(scopes).texts());
        } catch (ScopeException e) {
            // Left as it is: the rules refuse it with the right error.
            return scopes;
        }
    }
}
