package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Sends a person who is signed in to the log-in page once more where an authorization needs it: because the app says so
 * ({@code prompt=login}, {@code max_age}, {@code acr_values}), or because what they are about to grant is a consent,
 * which takes a strong and recent log-in.
 *
 * @see <a href="https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest">OpenID Connect Core 1.0, section
 *     3.1.2.1</a>
 */
final class FreshLogIn extends OncePerRequestFilter {
    // A log-in that answers the very request must count, however slow the network.
    private static final long GRACE_SECONDS = 30;
    private static final String ENDPOINT = "/oauth2/authorize";

    private final StepUp stepUp;
    private final Clock clock;
    private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

    FreshLogIn(StepUp stepUp, Clock clock) {
        this.stepUp = stepUp;
        this.clock = clock;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !request.getServletPath().equals(ENDPOINT) || request.getParameter("response_type") == null;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Authentication person = SecurityContextHolder.getContext().getAuthentication();
        if (person == null
                || !(person.getPrincipal() instanceof SignedIn signedIn)
                || words(request.getParameter("prompt")).contains("none")) {
            chain.doFilter(request, response);
            return;
        }
        boolean consents = person.getAuthorities().stream()
                .anyMatch(authority -> AuthorizationServerParts.CONSENTING.contains(authority.getAuthority()));
        if (consents && !stepUp.isMet(person)) {
            again(request, response, LoginPage.STRONG);
        } else if (StepUp.asksForOther(request.getParameter("acr_values"), signedIn)) {
            again(request, response, LoginPage.STRONG);
        } else if (isOld(request, signedIn)) {
            again(request, response, LoginPage.AGAIN);
        } else {
            chain.doFilter(request, response);
        }
    }

    private boolean isOld(HttpServletRequest request, SignedIn person) {
        Instant since = Instant.ofEpochSecond(person.epochSecond());
        Instant now = clock.instant();
        if (words(request.getParameter("prompt")).contains("login")) {
            return since.plusSeconds(GRACE_SECONDS).isBefore(now);
        }
        String age = request.getParameter("max_age");
        return age != null
                && age.matches("[0-9]{1,9}")
                && since.plusSeconds(Math.max(GRACE_SECONDS, Long.parseLong(age)))
                        .isBefore(now);
    }

    private static List<String> words(@Nullable String text) {
        return text == null ? List.of() : Arrays.asList(text.split(" ", -1));
    }

    private void again(HttpServletRequest request, HttpServletResponse response, String page) throws IOException {
        requests.saveRequest(request, response);
        response.sendRedirect(request.getContextPath() + page);
    }
}
