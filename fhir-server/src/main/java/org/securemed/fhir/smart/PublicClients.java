package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Lets a public client name itself where it has nothing to prove itself with but the token that it brings: when it
 * refreshes, and when it revokes. Spring knows public clients at the exchange of a code only.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9700#section-4.14">RFC 9700, section 4.14</a>
 */
final class PublicClients implements AuthenticationConverter, AuthenticationProvider {
    private static final int LONGEST_ID = 200;

    private static final class Named extends OAuth2ClientAuthenticationToken {
        private static final long serialVersionUID = 1L;

        Named(String clientId) {
            super(clientId, ClientAuthenticationMethod.NONE, null, Map.of());
        }
    }

    private final Clients clients;
    private final Authorizations authorizations;

    PublicClients(Clients clients, Authorizations authorizations) {
        this.clients = clients;
        this.authorizations = authorizations;
    }

    @Override
    public @Nullable Authentication convert(HttpServletRequest request) {
        boolean refreshes = request.getServletPath().equals("/oauth2/token")
                && "refresh_token".equals(request.getParameter("grant_type"));
        boolean revokes = request.getServletPath().equals("/oauth2/revoke");
        String[] clientIds = request.getParameterValues("client_id");
        if (!(refreshes || revokes)
                || !"POST".equals(request.getMethod())
                || clientIds == null && !refreshes
                || request.getHeader("Authorization") != null
                || request.getParameter("client_secret") != null
                || request.getParameter("client_assertion") != null) {
            return null;
        }
        if (clientIds == null) {
            return new Named(clientOf(request.getParameterValues("refresh_token")));
        }
        if (clientIds.length != 1 || clientIds[0].isBlank() || clientIds[0].length() > LONGEST_ID) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        return new Named(clientIds[0]);
    }

    /** Widespread client libraries leave {@code client_id} out; the refresh token was given to one client only. */
    private String clientOf(String @Nullable [] tokens) {
        if (tokens == null || tokens.length != 1) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        OAuth2Authorization found = authorizations.findByToken(tokens[0], OAuth2TokenType.REFRESH_TOKEN);
        RegisteredClient client = found == null ? null : clients.findById(found.getRegisteredClientId());
        if (client == null) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_GRANT);
        }
        return client.getClientId();
    }

    @Override
    public @Nullable Authentication authenticate(Authentication authentication) {
        RegisteredClient client = clients.findByClientId(authentication.getName());
        if (client == null || !client.getClientAuthenticationMethods().contains(ClientAuthenticationMethod.NONE)) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_CLIENT);
        }
        return new OAuth2ClientAuthenticationToken(client, ClientAuthenticationMethod.NONE, null);
    }

    @Override
    public boolean supports(Class<?> type) {
        return Named.class.isAssignableFrom(type);
    }
}
