package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenIntrospectionAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2TokenIntrospectionAuthenticationConverter;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Lets the holder of a valid access token introspect; the chain has checked the token by the time it is asked here.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/token-introspection.html">SMART App Launch 2.2, Token
 *     Introspection</a>
 */
final class BearerIntrospection implements AuthenticationConverter {
    private static final ClientAuthenticationMethod BEARER = new ClientAuthenticationMethod("bearer");

    private final OAuth2TokenIntrospectionAuthenticationConverter requests =
            new OAuth2TokenIntrospectionAuthenticationConverter();
    private final Clients clients;

    BearerIntrospection(Clients clients) {
        this.clients = clients;
    }

    @Override
    public @Nullable Authentication convert(HttpServletRequest request) {
        if (!(SecurityContextHolder.getContext().getAuthentication() instanceof JwtAuthenticationToken bearer)
                || !(requests.convert(request) instanceof OAuth2TokenIntrospectionAuthenticationToken asked)) {
            return null;
        }
        RegisteredClient client = clients.findByClientId(bearer.getToken().getClaimAsString(Claims.CLIENT_ID));
        return client == null
                ? null
                : new OAuth2TokenIntrospectionAuthenticationToken(
                        asked.getToken(),
                        new OAuth2ClientAuthenticationToken(client, BEARER, null),
                        asked.getTokenTypeHint(),
                        asked.getAdditionalParameters());
    }
}
