package org.securemed.fhir.smart;

import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.DisabledException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;

/**
 * Makes a log-in of a proof of identity, however it was given. Who has checked a password, a passkey or a card asks
 * here for the {@link Authentication}, and gives its filter the handlers that record the log-in before it is answered.
 * Thread-safe.
 */
public final class LogIn {
    /** By what a person has proved who they are. */
    public enum Method {
        /** Something they know. */
        PASSWORD,
        /** A passkey that has seen that it is them: a device and a PIN, finger or face. */
        PASSKEY,
        /** A card and its PIN. */
        CARD,
        /** A card alone, whoever holds it. */
        CARD_WITHOUT_PIN,
        /** Another issuer vouches for them, by OpenID Connect. */
        ISSUER;

        /** {@code acr} in tokens: how strongly the person logged in. */
        public String acr() {
            return "urn:securemed:acr:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The method of an {@code acr}. */
        static Optional<Method> of(@Nullable String acr) {
            return Arrays.stream(values())
                    .filter(method -> method.acr().equals(acr))
                    .findFirst();
        }
    }

    private final Accounts accounts;
    private final SecurityTrail trail;
    private final Clock clock;

    LogIn(Accounts accounts, SecurityTrail trail, Clock clock) {
        this.accounts = accounts;
        this.trail = trail;
        this.clock = clock;
    }

    /**
     * The log-in, now, of the person with this account.
     *
     * @throws BadCredentialsException if there is no such account
     * @throws DisabledException if it is closed
     */
    public Authentication of(String username, Method method) {
        return of(username, method, null);
    }

    /**
     * The same, with a card.
     *
     * @param device {@code Device/…} that the card is
     */
    Authentication of(String username, Method method, @Nullable String device) {
        Account account =
                accounts.find(username).orElseThrow(() -> new BadCredentialsException("there is no such account"));
        if (!account.enabled()) {
            throw new DisabledException("the account is closed");
        }
        SignedIn person = new SignedIn(account.username(), clock.instant().getEpochSecond(), method.acr(), device);
        return UsernamePasswordAuthenticationToken.authenticated(
                person,
                null,
                AuthorityUtils.createAuthorityList(account.roles().stream()
                        .map(role -> "ROLE_" + role.name())
                        .toList()));
    }

    /** Records the log-in, then goes on; if it cannot be recorded, nobody is logged in and the answer is 503. */
    public AuthenticationSuccessHandler succeeded(AuthenticationSuccessHandler next) {
        return trail.loggedIn(next);
    }

    /** Records that a log-in failed, then goes on. */
    public AuthenticationFailureHandler failed(AuthenticationFailureHandler next) {
        return trail.logInFailed("username", next);
    }
}
