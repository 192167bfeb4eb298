package org.securemed.fhir.smart;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.core.Authentication;

/**
 * What may be done only shortly after a strong log-in: granting consent, breaking the glass, administering.
 * Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9470">RFC 9470, OAuth 2.0 Step Up Authentication Challenge</a>
 */
public final class StepUp {
    private final Duration age;
    private final Set<LogIn.Method> strong;
    private final Clock clock;

    StepUp(SmartProperties properties, Clock clock) {
        this.age = properties.stepUpAge();
        this.strong = properties.strongLogIns();
        this.clock = clock;
    }

    /**
     * Lets only those go on who have logged in strongly and recently.
     *
     * @throws Problem 401 {@code step-up-required}; answer it with {@link #challenge} in {@code WWW-Authenticate}
     */
    public void require(Requester requester) {
        if (!isMet(requester)) {
            throw problem();
        }
    }

    /** Whether whoever asks has logged in strongly and recently. */
    public boolean isMet(Requester requester) {
        return isMet(requester.acr(), requester.authenticatedAt());
    }

    /** Whether whoever is signed in here has logged in strongly and recently. */
    boolean isMet(@Nullable Authentication person) {
        return person != null
                && person.getPrincipal() instanceof SignedIn signedIn
                && isMet(signedIn.acr(), Instant.ofEpochSecond(signedIn.epochSecond()));
    }

    /** Whether somebody who is signed in here has logged in recently, however. */
    boolean isRecent(@Nullable Authentication person) {
        return person != null
                && person.getPrincipal() instanceof SignedIn signedIn
                && isRecent(Instant.ofEpochSecond(signedIn.epochSecond()));
    }

    private boolean isMet(@Nullable String acr, @Nullable Instant authenticatedAt) {
        return LogIn.Method.of(acr).filter(strong::contains).isPresent()
                && authenticatedAt != null
                && isRecent(authenticatedAt);
    }

    private boolean isRecent(Instant authenticatedAt) {
        return !authenticatedAt.plus(age).isBefore(clock.instant());
    }

    /** The refusal. */
    public static Problem problem() {
        return Problem.unauthorized(
                "step-up-required", "Log in again, with a passkey or a card: this needs a strong and recent log-in.");
    }

    /** What to say in {@code WWW-Authenticate}. */
    public String challenge() {
        return "Bearer error=\"insufficient_user_authentication\", acr_values=\"%s\", max_age=%d"
                .formatted(
                        strong.stream().sorted().map(LogIn.Method::acr).collect(Collectors.joining(" ")),
                        age.toSeconds());
    }

    /** Whether an {@code acr_values} parameter asks for a log-in other than this one. */
    static boolean asksForOther(@Nullable String acrValues, SignedIn person) {
        return acrValues != null
                && !acrValues.isBlank()
                && !Set.of(acrValues.split(" ", -1)).contains(person.acr());
    }
}
