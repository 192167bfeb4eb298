package org.securemed.fhir.smart;

import java.util.List;
import java.util.Map;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken;

/** A verified access token and the requester it speaks for. Immutable in use; shared between requests. */
final class AccessTokenAuthentication extends AbstractOAuth2TokenAuthenticationToken<Jwt> {
    private static final long serialVersionUID = 1L;

    private final transient Requester requester;

    AccessTokenAuthentication(Jwt token, Requester requester) {
        super(token, requester.subject(), token, List.of());
        this.requester = requester;
        setAuthenticated(true);
    }

    Requester requester() {
        return requester;
    }

    @Override
    public Map<String, Object> getTokenAttributes() {
        return getToken().getClaims();
    }

    @Override
    public void eraseCredentials() {
        // Shared by later requests with the same token.
    }
}
