package org.securemed.fhir.smart;

import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authentication.dao.DaoAuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** Log-in by name and password, throttled. Thread-safe. */
// Not a bean of Spring's interface: Spring would ask it twice, as the chain's provider and as that of its parent.
final class PasswordLogin {
    // BCrypt looks at 72 bytes; a longer one is only work for us.
    private static final int LONGEST = 200;

    private final DaoAuthenticationProvider passwords;
    private final LoginThrottle throttle;
    private final LogIn logIn;

    PasswordLogin(Accounts accounts, PasswordEncoder encoder, LoginThrottle throttle, LogIn logIn) {
        this.passwords = new DaoAuthenticationProvider(accounts::userDetails);
        passwords.setPasswordEncoder(encoder);
        this.throttle = throttle;
        this.logIn = logIn;
    }

    /** For a chain that has other ways in beside. */
    AuthenticationProvider provider() {
        return new AuthenticationProvider() {
            @Override
            public Authentication authenticate(Authentication attempt) {
                return PasswordLogin.this.authenticate(attempt);
            }

            @Override
            public boolean supports(Class<?> type) {
                return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
            }
        };
    }

    /**
     * The person who signed in.
     *
     * @throws LockedException after too many attempts
     * @throws org.springframework.security.core.AuthenticationException if name or password are wrong
     */
    Authentication authenticate(Authentication attempt) {
        String username = attempt.getName();
        String password = String.valueOf(attempt.getCredentials());
        if (username.isBlank() || username.length() > LONGEST || password.length() > LONGEST) {
            throw new BadCredentialsException("bad credentials");
        }
        String address = attempt.getDetails() instanceof WebAuthenticationDetails details
                ? String.valueOf(details.getRemoteAddress())
                : "unknown";
        if (!throttle.attempt(username, address)) {
            throw new LockedException("too many attempts");
        }
        Authentication known = passwords.authenticate(attempt);
        throttle.succeeded(username, address);
        return logIn.of(known.getName(), LogIn.Method.PASSWORD);
    }
}
