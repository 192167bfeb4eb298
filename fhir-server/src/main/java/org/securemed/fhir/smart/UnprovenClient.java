package org.securemed.fhir.smart;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.AuthenticationEntryPoint;

/**
 * Answers a call of the token, introspection or revocation endpoint with which no client has proved itself, in OAuth's
 * words rather than in ours; it is recorded like other refusals.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-5.2">RFC 6749, section 5.2</a>
 */
final class UnprovenClient implements AuthenticationEntryPoint {
    private final SecurityTrail trail;
    private final Clients clients;

    UnprovenClient(SecurityTrail trail, Clients clients) {
        this.trail = trail;
        this.clients = clients;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
            throws IOException, ServletException {
        trail.refused().onAuthenticationFailure(request, response, new OAuth2AuthenticationException(code(request)));
    }

    private String code(HttpServletRequest request) {
        if (!isForm(request.getContentType())) {
            return OAuth2ErrorCodes.INVALID_REQUEST;
        }
        if (!request.getServletPath().equals(Endpoints.TOKEN)) {
            return OAuth2ErrorCodes.INVALID_CLIENT;
        }
        String grant = request.getParameter("grant_type");
        if (grant == null || grant.isBlank()) {
            return OAuth2ErrorCodes.INVALID_REQUEST;
        }
        if (!AuthorizationServerParts.GRANTS.contains(grant)) {
            return OAuth2ErrorCodes.UNSUPPORTED_GRANT_TYPE;
        }
        if (!isPublic(request)) {
            return OAuth2ErrorCodes.INVALID_CLIENT;
        }
        // A public client proves itself by code and verifier; there is nothing else that it could be given.
        return grant.equals("authorization_code")
                ? OAuth2ErrorCodes.INVALID_REQUEST
                : OAuth2ErrorCodes.UNAUTHORIZED_CLIENT;
    }

    private boolean isPublic(HttpServletRequest request) {
        String id = request.getParameter("client_id");
        RegisteredClient client = id == null ? null : clients.findByClientId(id);
        return client != null
                && Set.of(ClientAuthenticationMethod.NONE).equals(client.getClientAuthenticationMethods())
                && request.getHeader("Authorization") == null;
    }

    private static boolean isForm(@Nullable String contentType) {
        try {
            return contentType == null
                    || MediaType.APPLICATION_FORM_URLENCODED.isCompatibleWith(MediaType.parseMediaType(contentType));
        } catch (org.springframework.http.InvalidMediaTypeException e) {
            return false;
        }
    }
}
