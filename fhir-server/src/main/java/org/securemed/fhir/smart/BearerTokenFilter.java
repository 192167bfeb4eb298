package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrorCodes;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;
import org.springframework.transaction.TransactionException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Takes the access token from the Authorization header, and from nowhere else, and sets the requester. Without a token
 * the request goes on unauthenticated; with a bad one it ends here.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6750#section-2.1">RFC 6750, section 2.1</a>
 */
final class BearerTokenFilter extends OncePerRequestFilter {
    private static final Logger log = LoggerFactory.getLogger(BearerTokenFilter.class);

    private static final String PREFIX = "Bearer ";

    private final DefaultBearerTokenResolver resolver = new DefaultBearerTokenResolver();
    private final AccessTokens tokens;
    private final BridgeConnection bridge;
    private final Refusals refusals;

    BearerTokenFilter(AccessTokens tokens, BridgeConnection bridge, Refusals refusals) {
        this.tokens = tokens;
        this.bridge = bridge;
        this.refusals = refusals;
    }

    /** A token that was verified before needs no second look at its form. */
    private @Nullable String tokenOf(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header != null && header.startsWith(PREFIX) && request.getQueryString() == null) {
            String token = header.substring(PREFIX.length());
            if (request.getMethod().equals("GET") && tokens.isKnown(token)) {
                return token;
            }
        }
        return resolver.resolve(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        AccessTokenAuthentication known;
        try {
            String token = tokenOf(request);
            if (token == null) {
                chain.doFilter(request, response);
                return;
            }
            known = tokens.authenticate(token);
        } catch (OAuth2AuthenticationException e) {
            if (e.getError().getErrorCode().equals(BearerTokenErrorCodes.INVALID_REQUEST)) {
                refusals.refuse(
                        request,
                        response,
                        Problem.badRequest("token-repeated", "Send one access token, in one header."));
            } else {
                refusals.refuseToken(request, response);
            }
            return;
        } catch (Problem problem) {
            refusals.refuse(request, response, problem);
            return;
        } catch (DataAccessException | TransactionException e) {
            log.atError().setCause(e).log("revocation could not be checked");
            refusals.refuse(
                    request,
                    response,
                    Problem.unavailable(
                            "token-check-unavailable",
                            "The access token cannot be checked now. Try again.",
                            Duration.ofSeconds(5)));
            return;
        }
        if (!bridge.allows(known.requester(), request)) {
            refusals.refuseToken(request, response);
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(known);
        SecurityContextHolder.setContext(context);
        try {
            chain.doFilter(request, response);
        } finally {
            SecurityContextHolder.clearContext();
        }
    }
}
