package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.securemed.fhir.work.EvenTime;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * Answers outside of the FHIR endpoint whose time would tell what they do not say: that there is such an account or
 * client, though the secret is wrong; that there is such a patient, though not for who asks. They leave at even times
 * ({@link EvenTime}).
 */
final class EvenAnswers extends OncePerRequestFilter {
    /** Longer than it takes to compare a secret. */
    private static final Duration SECRET = Duration.ofMillis(500);

    private static final int FIRST_REFUSAL = 400;

    /** Where secrets are compared. */
    private static final RequestMatcher SECRETS = Endpoints.any(
            LoginPage.PATH,
            CardLogIn.PATH,
            "/login/webauthn",
            Endpoints.TOKEN,
            Endpoints.INTROSPECTION,
            Endpoints.REVOCATION);

    /** Where records of patients are chosen or opened; all that they answer is about one. */
    private static final RequestMatcher RECORDS =
            Endpoints.any(LaunchController.PATH, ConsentPage.PATH, "/oauth2/authorize");

    /** What has more to look up the more it knows of a patient, so that on a busy server it may miss a short slot. */
    private static final RequestMatcher QUESTIONS = Endpoints.any("/cds-services/*");

    private static final int QUESTION_SLOTS = 4;

    private final Duration interval;

    /** @param interval slot of answers about records; zero holds none of them back */
    EvenAnswers(Duration interval) {
        this.interval = interval;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return slot(request).isEmpty();
    }

    private Optional<Duration> slot(HttpServletRequest request) {
        if (SECRETS.matches(request)) {
            return request.getMethod().equals("POST") ? Optional.of(SECRET) : Optional.empty();
        }
        if (interval.isZero()) {
            return Optional.empty();
        }
        if (QUESTIONS.matches(request)) {
            return Optional.of(interval.multipliedBy(QUESTION_SLOTS));
        }
        return RECORDS.matches(request) ? Optional.of(interval) : Optional.empty();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        long began = System.nanoTime();
        Duration slot = slot(request).orElseThrow();
        ContentCachingResponseWrapper held = new ContentCachingResponseWrapper(response);
        try {
            chain.doFilter(request, held);
        } finally {
            if (!slot.equals(SECRET) || isRefusal(held)) {
                EvenTime.hold(began, slot);
            }
            held.copyBodyToResponse();
        }
    }

    /** A person who is refused is sent back to the page. */
    private static boolean isRefusal(HttpServletResponse response) {
        String location = response.getHeader("Location");
        return response.getStatus() >= FIRST_REFUSAL || location != null && location.contains(LoginPage.PATH + "?");
    }
}
