package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Tells an app that asks for anything but a code so, at its registered address; Spring would leave the person with an
 * error page.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1">RFC 6749, section 4.1.2.1</a>
 */
final class ResponseTypes implements AuthenticationConverter {
    private static final Authentication NOBODY = new AnonymousAuthenticationToken(
            "anonymous", "anonymous", AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));

    private final Clients clients;

    ResponseTypes(Clients clients) {
        this.clients = clients;
    }

    @Override
    public @Nullable Authentication convert(HttpServletRequest request) {
        String[] types = request.getParameterValues("response_type");
        String id = single(request, "client_id");
        String redirect = single(request, "redirect_uri");
        boolean code = types != null && types.length == 1 && types[0].equals("code");
        // A form of the consent screen has neither; of the others Spring says that they are malformed.
        if (code || request.getParameter("decision") != null || id == null || redirect == null) {
            return null;
        }
        RegisteredClient client = clients.findByClientId(id);
        if (client == null || !RedirectAddresses.registered(client, redirect)) {
            return null;
        }
        String[] states = request.getParameterValues("state");
        OAuth2AuthorizationCodeRequestAuthenticationToken asked = new OAuth2AuthorizationCodeRequestAuthenticationToken(
                request.getRequestURL().toString(),
                id,
                NOBODY,
                redirect,
                states != null && states.length == 1 ? states[0] : null,
                Set.of(),
                null);
        throw AuthorizationRequestRules.refused(
                types == null || types.length != 1
                        ? OAuth2ErrorCodes.INVALID_REQUEST
                        : OAuth2ErrorCodes.UNSUPPORTED_RESPONSE_TYPE,
                "response_type is code",
                asked);
    }

    private static @Nullable String single(HttpServletRequest request, String name) {
        String[] values = request.getParameterValues(name);
        return values != null && values.length == 1 && !values[0].isBlank() ? values[0] : null;
    }
}
