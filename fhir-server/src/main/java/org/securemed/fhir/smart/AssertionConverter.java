package org.securemed.fhir.smart;

import com.nimbusds.jwt.SignedJWT;
import jakarta.servlet.http.HttpServletRequest;
import java.text.ParseException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Takes the client's name from its assertion: RFC 7523 does not ask for {@code client_id} beside it, and back ends of
 * SMART do not send it; Spring's own converter insists on it.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7523#section-3">RFC 7523, section 3</a>
 */
final class AssertionConverter implements AuthenticationConverter {
    private static final ClientAuthenticationMethod JWT_BEARER =
            new ClientAuthenticationMethod("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    private static final String ASSERTION = "client_assertion";
    private static final String TYPE = "client_assertion_type";

    @Override
    public @Nullable Authentication convert(HttpServletRequest request) {
        Map<String, String[]> parameters = request.getParameterMap();
        if (!parameters.containsKey(ASSERTION) && !parameters.containsKey(TYPE)) {
            return null;
        }
        if (request.getQueryString() != null && request.getQueryString().contains(ASSERTION)) {
            // An address is logged everywhere; proofs do not belong there.
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        String assertion = single(parameters, ASSERTION);
        if (!JWT_BEARER.getValue().equals(single(parameters, TYPE))) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        String client = subject(assertion);
        if (parameters.containsKey("client_id") && !client.equals(single(parameters, "client_id"))) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_CLIENT);
        }
        // Spring checks the PKCE verifier of confidential clients by these.
        Map<String, Object> others = new HashMap<>();
        parameters.forEach((name, values) -> {
            if (!name.equals(ASSERTION) && !name.equals(TYPE) && !name.equals("client_id")) {
                others.put(name, values.length == 1 ? values[0] : values);
            }
        });
        return new OAuth2ClientAuthenticationToken(client, JWT_BEARER, assertion, others);
    }

    private static String single(Map<String, String[]> parameters, String name) {
        String[] values = parameters.get(name);
        if (values == null || values.length != 1 || values[0].isBlank()) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        return values[0];
    }

    /** Who claims to have sent it; not yet proved. */
    private static String subject(String assertion) {
        try {
            String subject = SignedJWT.parse(assertion).getJWTClaimsSet().getSubject();
            if (subject != null && !subject.isBlank()) {
                return subject;
            }
        } catch (ParseException e) {
            // Falls through: one error for all reasons.
        }
        throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_CLIENT);
    }
}
