package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.SecurityEvent.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.security.authentication.DisabledException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.http.converter.OAuth2ErrorHttpMessageConverter;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AccessTokenAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;

/**
 * Puts log-ins, log-outs, tokens and answers to apps into the record, each before its answer leaves; without a record
 * there is none. Thread-safe.
 *
 * @see <a href="https://profiles.ihe.net/ITI/BALP/content.html">IHE BALP, OAuth security tokens</a>
 */
final class SecurityTrail {
    private static final Logger log = LoggerFactory.getLogger(SecurityTrail.class);

    private final OAuth2ErrorHttpMessageConverter errors = new OAuth2ErrorHttpMessageConverter();
    private final SecurityEvents events;
    private final AccessTokens tokens;
    private final Accounts accounts;
    private final String issuer;

    SecurityTrail(SecurityEvents events, AccessTokens tokens, Accounts accounts, SmartProperties properties) {
        this.events = events;
        this.tokens = tokens;
        this.accounts = accounts;
        this.issuer = properties.issuer();
    }

    /** After a log-in; if it cannot be recorded, nobody is logged in. */
    AuthenticationSuccessHandler loggedIn(AuthenticationSuccessHandler next) {
        return (request, response, person) -> {
            try {
                record(person(SecurityEvent.of(Kind.LOGIN, request), person).build());
            } catch (Problem problem) {
                SecurityContextHolder.clearContext();
                HttpSession session = request.getSession(false);
                if (session != null) {
                    session.invalidate();
                }
                throw problem;
            }
            next.onAuthenticationSuccess(request, response, person);
        };
    }

    /**
     * After a log-in that failed.
     *
     * @param nameParameter form field with the account's name; what was typed is recorded only if it is one
     */
    AuthenticationFailureHandler logInFailed(String nameParameter, AuthenticationFailureHandler next) {
        return (request, response, failure) -> {
            SecurityEvent.Builder event = SecurityEvent.of(Kind.LOGIN, request).failed(reason(failure));
            if (failure instanceof CardLogInException card) {
                event.device(card.device());
            }
            Optional.ofNullable(request.getParameter(nameParameter))
                    .flatMap(accounts::find)
                    .ifPresent(
                            account -> event.user(issuer, account.username(), account.displayName(), account.fhirUser())
                                    .roles(account.roles()));
            record(event.build());
            next.onAuthenticationFailure(request, response, failure);
        };
    }

    /** When a person logs out. */
    void loggedOut(HttpServletRequest request, HttpServletResponse response, @Nullable Authentication person) {
        if (person != null && person.getPrincipal() instanceof SignedIn) {
            record(person(SecurityEvent.of(Kind.LOGOUT, request), person).build());
        }
    }

    /** Before a token leaves. */
    AuthenticationSuccessHandler issued(AuthenticationSuccessHandler next) {
        return (request, response, granted) -> {
            String token = ((OAuth2AccessTokenAuthenticationToken) granted)
                    .getAccessToken()
                    .getTokenValue();
            Requester requester = tokens.own(token);
            record(SecurityEvent.of(kind(request), request)
                    .requester(requester)
                    .note(requester.scopes().toString())
                    .form()
                    .build());
            next.onAuthenticationSuccess(request, response, granted);
        };
    }

    /** Before a refusal of the token, introspection or revocation endpoint leaves. */
    AuthenticationFailureHandler refused() {
        return (request, response, failure) -> {
            String code = failure instanceof OAuth2AuthenticationException oauth
                    ? oauth.getError().getErrorCode()
                    : OAuth2ErrorCodes.INVALID_REQUEST;
            record(SecurityEvent.of(kind(request), request)
                    .failed(code.replace('_', '-'))
                    .client(client())
                    .form()
                    .build());
            SecurityContextHolder.clearContext();
            ServletServerHttpResponse answer = new ServletServerHttpResponse(response);
            answer.setStatusCode(HttpStatus.BAD_REQUEST);
            if (code.equals(OAuth2ErrorCodes.INVALID_CLIENT)) {
                answer.setStatusCode(HttpStatus.UNAUTHORIZED);
                // RFC 6749 section 5.2: by the scheme that was tried.
                if (request.getHeader(HttpHeaders.AUTHORIZATION) != null) {
                    answer.getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Basic");
                }
            }
            // No description: it would say what of a guess was right.
            errors.write(new OAuth2Error(code), null, answer);
        };
    }

    /** Before the answer of the introspection or revocation endpoint leaves. */
    AuthenticationSuccessHandler answered(AuthenticationSuccessHandler next) {
        return (request, response, done) -> {
            record(SecurityEvent.of(kind(request), request)
                    .client(client())
                    .form()
                    .build());
            next.onAuthenticationSuccess(request, response, done);
        };
    }

    /**
     * Records.
     *
     * @throws Problem 503 {@code record-unavailable} if that is not possible now
     */
    void record(SecurityEvent event) {
        try {
            events.record(event);
        } catch (RuntimeException e) {
            log.atError().addKeyValue("kind", event.kind()).setCause(e).log("a security event could not be recorded");
            throw Problem.unavailable(
                    "record-unavailable",
                    "The access record cannot be written now, so nothing is answered. Try again.",
                    Duration.ofSeconds(5));
        }
    }

    /** Adds who is signed in. */
    SecurityEvent.Builder person(SecurityEvent.Builder event, Authentication person) {
        accounts.find(person.getName())
                .ifPresent(account -> event.user(issuer, account.username(), account.displayName(), account.fhirUser())
                        .roles(account.roles()));
        return person.getPrincipal() instanceof SignedIn signedIn
                ? event.note(signedIn.acr()).device(signedIn.device())
                : event;
    }

    private static String reason(AuthenticationException failure) {
        if (failure instanceof LockedException) {
            return "too-many-attempts";
        }
        if (failure instanceof CardLogInException card) {
            return card.code();
        }
        return failure instanceof DisabledException ? "account-closed" : "bad-credentials";
    }

    private static Kind kind(HttpServletRequest request) {
        if (request.getServletPath().equals(Endpoints.INTROSPECTION)) {
            return Kind.TOKEN_INTROSPECTED;
        }
        if (request.getServletPath().equals(Endpoints.REVOCATION)) {
            return Kind.TOKEN_REVOKED;
        }
        return "refresh_token".equals(request.getParameter("grant_type")) ? Kind.TOKEN_REFRESHED : Kind.TOKEN_ISSUED;
    }

    private static @Nullable String client() {
        return SecurityContextHolder.getContext().getAuthentication() instanceof OAuth2ClientAuthenticationToken client
                        && client.getRegisteredClient() != null
                ? client.getRegisteredClient().getClientId()
                : null;
    }
}
