package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import org.securemed.fhir.problem.Problem;
import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;

/** For answers that take long: whether the token that opened them has ended meanwhile. Thread-safe. */
public final class LiveTokens {
    private static final String PREFIX = "Bearer ";

    private final AccessTokens tokens;

    LiveTokens(AccessTokens tokens) {
        this.tokens = tokens;
    }

    /**
     * Whether the access token of a request that was let in would be let in now, too.
     *
     * @throws org.springframework.dao.DataAccessException if revocation could not be checked
     */
    public boolean isLive(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.regionMatches(true, 0, PREFIX, 0, PREFIX.length())) {
            return false;
        }
        try {
            tokens.authenticate(header.substring(PREFIX.length()).strip());
            return true;
        } catch (OAuth2AuthenticationException | Problem e) {
            return false;
        }
    }
}
