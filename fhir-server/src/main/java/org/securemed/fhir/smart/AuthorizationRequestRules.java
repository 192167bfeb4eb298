package org.securemed.fhir.smart;

import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationValidator;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.util.StringUtils;

/**
 * What an authorization request must satisfy beyond OAuth 2.0: {@code aud} names this FHIR server, and every scope is
 * well formed and covered by what the app is registered for.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/app-launch.html#request-4">SMART App Launch 2.2, Obtain
 *     authorization code</a>
 */
final class AuthorizationRequestRules implements Consumer<OAuth2AuthorizationCodeRequestAuthenticationContext> {
    private static final int LONGEST_STATE = 2048;
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final String fhirBase;
    private final LaunchContexts launches;

    AuthorizationRequestRules(SmartProperties properties, LaunchContexts launches) {
        this.fhirBase = properties.fhirBase();
        this.launches = launches;
    }

    @Override
    public void accept(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
        // First: only then may an error be sent to the address.
        OAuth2AuthorizationCodeRequestAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR.accept(context);
        OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
        RegisteredClient client = context.getRegisteredClient();
        String state = request.getState();
        if (state != null && state.length() > LONGEST_STATE) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "state is too long", request, client);
        }
        Object audience = request.getAdditionalParameters().get("aud");
        if (!fhirBase.equals(audience) && !(fhirBase + "/").equals(audience)) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "aud is not this FHIR server", request, client);
        }
        // RFC 7636 section 4.2: what S256 makes, in base64url; Spring has looked at whether it is there.
        if (request.getAdditionalParameters().get("code_challenge") instanceof String challenge
                && !CHALLENGE.matcher(challenge).matches()) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "code_challenge is malformed", request, client);
        }
        if (request.getScopes().isEmpty() || !ScopeRules.allowed(client, request.getScopes())) {
            throw refused(OAuth2ErrorCodes.INVALID_SCOPE, ScopeRules.REFUSED, request, client);
        }
        judgeLaunch(request, client);
    }

    /** The scope and the parameter come together; the launch is used up once the person is known. */
    private void judgeLaunch(OAuth2AuthorizationCodeRequestAuthenticationToken request, RegisteredClient client) {
        Object launch = request.getAdditionalParameters().get("launch");
        boolean asked = request.getScopes().contains(Scope.Named.LAUNCH.toString());
        if (launch == null && !asked) {
            return;
        }
        if (!asked || !(launch instanceof String id) || id.isBlank()) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "launch is missing or not asked for", request, client);
        }
        boolean signedIn = request.getPrincipal() instanceof Authentication person
                && person.isAuthenticated()
                && person.getPrincipal() instanceof SignedIn;
        if (signedIn && !launches.use(id, client.getClientId(), ((Authentication) request.getPrincipal()).getName())) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "launch is unknown, used or too old", request, client);
        }
    }

    /** An error to be told to the app, by redirect to its registered address. */
    static OAuth2AuthorizationCodeRequestAuthenticationException refused(
            String code,
            String description,
            OAuth2AuthorizationCodeRequestAuthenticationToken request,
            RegisteredClient client) {
        String redirect = StringUtils.hasText(request.getRedirectUri())
                ? request.getRedirectUri()
                : client.getRedirectUris().iterator().next();
        OAuth2AuthorizationCodeRequestAuthenticationToken answer =
                new OAuth2AuthorizationCodeRequestAuthenticationToken(
                        request.getAuthorizationUri(),
                        request.getClientId(),
                        (Authentication) request.getPrincipal(),
                        redirect,
                        request.getState(),
                        request.getScopes(),
                        request.getAdditionalParameters());
        answer.setAuthenticated(true);
        return new OAuth2AuthorizationCodeRequestAuthenticationException(
                new OAuth2Error(code, description, null), answer);
    }
}
