package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Lets the holder of a valid access token introspect.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/token-introspection.html">SMART App Launch 2.2, Token
 *     Introspection</a>
 */
final class BearerIntrospection implements AuthenticationConverter, AuthenticationProvider {
    private static final ClientAuthenticationMethod BEARER = new ClientAuthenticationMethod("bearer");

    private static final class Presented extends OAuth2ClientAuthenticationToken {
        private static final long serialVersionUID = 1L;

        Presented(String token) {
            super("bearer", BEARER, token, Map.of());
        }
    }

    private final DefaultBearerTokenResolver resolver = new DefaultBearerTokenResolver();
    private final AccessTokens tokens;
    private final Clients clients;

    BearerIntrospection(AccessTokens tokens, Clients clients) {
        this.tokens = tokens;
        this.clients = clients;
    }

    @Override
    public @Nullable Authentication convert(HttpServletRequest request) {
        if (!request.getServletPath().equals("/oauth2/introspect")) {
            return null;
        }
        String token = resolver.resolve(request);
        return token == null ? null : new Presented(token);
    }

    @Override
    public @Nullable Authentication authenticate(Authentication authentication) {
        try {
            Requester requester = tokens.authenticate(String.valueOf(authentication.getCredentials()))
                    .requester();
            RegisteredClient client = clients.findByClientId(requester.clientId());
            if (client != null) {
                return new OAuth2ClientAuthenticationToken(client, BEARER, null);
            }
        } catch (InvalidBearerTokenException | Problem e) {
            // Falls through: one error for all reasons.
        }
        throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_CLIENT);
    }

    @Override
    public boolean supports(Class<?> type) {
        return Presented.class.isAssignableFrom(type);
    }
}
