package org.securemed.fhir.smart;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.springframework.security.oauth2.core.endpoint.OAuth2AccessTokenResponse;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AccessTokenAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AccessTokenAuthenticationToken;

/**
 * Puts the launch context of the access token into the token response, beside it.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token">
 *     SMART App Launch 2.2, Launch context</a>
 */
final class LaunchAnswer implements Consumer<OAuth2AccessTokenAuthenticationContext> {
    private static final Set<String> CONTEXT =
            Set.of(Claims.PATIENT, Claims.ENCOUNTER, "fhirContext", "need_patient_banner", "intent");

    @Override
    public void accept(OAuth2AccessTokenAuthenticationContext context) {
        OAuth2AccessTokenAuthenticationToken granted = context.getAuthentication();
        Map<String, Object> parameters = new HashMap<>(granted.getAdditionalParameters());
        claims(granted.getAccessToken().getTokenValue()).getClaims().forEach((name, value) -> {
            if (CONTEXT.contains(name)) {
                parameters.put(name, value);
            }
        });
        OAuth2AccessTokenResponse.Builder response = context.getAccessTokenResponse();
        response.additionalParameters(parameters);
    }

    private static JWTClaimsSet claims(String ownToken) {
        try {
            return SignedJWT.parse(ownToken).getJWTClaimsSet();
        } catch (ParseException e) {
            throw new IllegalStateException("an access token of our own is no JWT", e);
        }
    }
}
