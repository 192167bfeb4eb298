package org.securemed.fhir.smart;

import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * What an authorization request must satisfy beyond OAuth 2.0: it is to be answered at a registered address,
 * {@code aud} names this FHIR server, every scope is well formed and covered by what the app is registered for, and
 * nothing is sent twice, oversize, or in a way that this server does not understand.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/app-launch.html#request-4">SMART App Launch 2.2, Obtain
 *     authorization code</a>
 */
final class AuthorizationRequestRules implements Consumer<OAuth2AuthorizationCodeRequestAuthenticationContext> {
    private static final int LONGEST_STATE = 2048;
    // RFC 6749 appendix A.5: state is of VSCHAR. What is not would not come back to the app as it was sent.
    private static final Pattern STATE = Pattern.compile("[\\x20-\\x7e]*");
    private static final int LONGEST_PARAMETER = 4096;
    private static final int MOST_PARAMETERS = 40;
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final String fhirBase;
    private final LaunchContexts launches;

    AuthorizationRequestRules(SmartProperties properties, LaunchContexts launches) {
        this.fhirBase = properties.fhirBase();
        this.launches = launches;
    }

    @Override
    public void accept(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
        OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
        RegisteredClient client = context.getRegisteredClient();
        // First: only then may an error be sent to the address.
        if (!RedirectAddresses.registered(client, request.getRedirectUri())) {
            throw new OAuth2AuthorizationCodeRequestAuthenticationException(
                    new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST, "redirect_uri is not registered", null), null);
        }
        judgeForm(request);
        if (!meansThisServer(request.getAdditionalParameters())) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "aud is not this FHIR server", request);
        }
        // RFC 7636 section 4.2: what S256 makes, in base64url; Spring has looked at whether it is there.
        if (request.getAdditionalParameters().get("code_challenge") instanceof String challenge
                && !CHALLENGE.matcher(challenge).matches()) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "code_challenge is malformed", request);
        }
        if (request.getScopes().isEmpty() || !ScopeRules.allowed(client, request.getScopes())) {
            throw refused(OAuth2ErrorCodes.INVALID_SCOPE, ScopeRules.REFUSED, request);
        }
        judgeLaunch(request, client);
    }

    /** What is sent twice arrives as an array. */
    private static void judgeForm(OAuth2AuthorizationCodeRequestAuthenticationToken request) {
        String state = request.getState();
        if (state != null
                && (state.length() > LONGEST_STATE || !STATE.matcher(state).matches())) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "state is too long or malformed", request);
        }
        Map<String, Object> others = request.getAdditionalParameters();
        boolean plain = others.size() <= MOST_PARAMETERS
                && others.entrySet().stream()
                        .allMatch(one -> one.getKey().length() <= LONGEST_PARAMETER
                                && one.getValue() instanceof String value
                                && value.length() <= LONGEST_PARAMETER);
        if (!plain) {
            throw refused(
                    OAuth2ErrorCodes.INVALID_REQUEST,
                    "a parameter is too long or comes twice, or there are too many",
                    request);
        }
        // OpenID Connect Core 1.0 section 6: who does not take request objects says so.
        if (others.containsKey("request")) {
            throw refused("request_not_supported", "request objects are not supported", request);
        }
        if (!"query".equals(others.getOrDefault("response_mode", "query"))) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "response_mode is query", request);
        }
    }

    /** SMART says it by {@code aud}, RFC 8707 by {@code resource}; who says both means both. */
    private boolean meansThisServer(Map<String, Object> parameters) {
        Object audience = parameters.get("aud");
        Object resource = parameters.get("resource");
        return (audience != null || resource != null)
                && (audience == null || isFhirBase(audience))
                && (resource == null || isFhirBase(resource));
    }

    private boolean isFhirBase(@Nullable Object address) {
        return fhirBase.equals(address) || (fhirBase + "/").equals(address);
    }

    /** The scope and the parameter come together; the launch is used up once the person is known. */
    private void judgeLaunch(OAuth2AuthorizationCodeRequestAuthenticationToken request, RegisteredClient client) {
        Object launch = request.getAdditionalParameters().get("launch");
        boolean asked = request.getScopes().contains(Scope.Named.LAUNCH.toString());
        if (launch == null && !asked) {
            return;
        }
        if (!asked || !(launch instanceof String id) || id.isBlank()) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "launch is missing or not asked for", request);
        }
        boolean signedIn = request.getPrincipal() instanceof Authentication person
                && person.isAuthenticated()
                && person.getPrincipal() instanceof SignedIn;
        if (signedIn && !launches.use(id, client.getClientId(), ((Authentication) request.getPrincipal()).getName())) {
            throw refused(OAuth2ErrorCodes.INVALID_REQUEST, "launch is unknown, used or too old", request);
        }
    }

    /** An error to be told to the app, by redirect to its registered address. */
    static OAuth2AuthorizationCodeRequestAuthenticationException refused(
            String code, String description, OAuth2AuthorizationCodeRequestAuthenticationToken request) {
        OAuth2AuthorizationCodeRequestAuthenticationToken answer =
                new OAuth2AuthorizationCodeRequestAuthenticationToken(
                        request.getAuthorizationUri(),
                        request.getClientId(),
                        (Authentication) request.getPrincipal(),
                        request.getRedirectUri(),
                        request.getState(),
                        request.getScopes(),
                        request.getAdditionalParameters());
        answer.setAuthenticated(true);
        return new OAuth2AuthorizationCodeRequestAuthenticationException(
                new OAuth2Error(code, description, null), answer);
    }
}
