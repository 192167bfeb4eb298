package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.Serializable;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.DisabledException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.AbstractAuthenticationProcessingFilter;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.authentication.session.ChangeSessionIdAuthenticationStrategy;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Log-in by card. {@code GET /login/card} gives the browser's session a nonce and leads to the reader agent of the
 * workstation; the agent has the card answer the bridge's challenge and leads back here with the bridge's statement,
 * which counts once, soon, and in this session only. The PIN never comes here.
 */
final class CardLogIn {
    static final String PATH = "/login/card";

    private static final String STATEMENT = "statement";
    private static final String PENDING = "securemed.card-log-in";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final PathPatternRequestMatcher GET =
            PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.GET, PATH);

    /** A log-in that has begun in a session. */
    private record Pending(String nonce, long epochSecond) implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    private final CardBridge bridge;
    private final CardStatements statements;
    private final CardLogIns cards;
    private final Accounts accounts;
    private final LogIn logIn;
    private final String address;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    CardLogIn(
            CardBridge bridge,
            CardStatements statements,
            CardLogIns cards,
            Accounts accounts,
            LogIn logIn,
            SmartProperties properties,
            Clock clock) {
        this.bridge = bridge;
        this.statements = statements;
        this.cards = cards;
        this.accounts = accounts;
        this.logIn = logIn;
        this.address = properties.baseUrl() + PATH;
        this.clock = clock;
    }

    /** Whether there is a log-in by card. */
    boolean offered() {
        return bridge.present();
    }

    /** Adds the log-in to a chain. */
    void apply(HttpSecurity http) {
        if (offered()) {
            http.addFilterBefore(new Ending(), UsernamePasswordAuthenticationFilter.class)
                    .addFilterBefore(new Beginning(), UsernamePasswordAuthenticationFilter.class);
        }
    }

    /** In each chain with sessions: a person whose card was blocked is not there any more. */
    OncePerRequestFilter guard() {
        return new Guard();
    }

    /** Where {@link #guard()} belongs. */
    static Class<SecurityContextHolderFilter> guardAfter() {
        return SecurityContextHolderFilter.class;
    }

    private final class Beginning extends OncePerRequestFilter {
        @Override
        protected boolean shouldNotFilter(HttpServletRequest request) {
            return !GET.matches(request) || request.getParameter(STATEMENT) != null;
        }

        @Override
        protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) {
            byte[] bytes = new byte[32];
            random.nextBytes(bytes);
            String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            request.getSession()
                    .setAttribute(PENDING, new Pending(nonce, clock.instant().getEpochSecond()));
            response.setHeader("Cache-Control", "no-store");
            response.setStatus(303);
            response.setHeader(
                    "Location",
                    bridge.reader() + "/sign-in?nonce=" + nonce + "&return="
                            + URLEncoder.encode(address, StandardCharsets.UTF_8));
        }
    }

    private final class Ending extends AbstractAuthenticationProcessingFilter {
        Ending() {
            super(new AndRequestMatcher(GET, request -> request.getParameter(STATEMENT) != null));
            setAuthenticationManager(attempt -> attempt);
            setSecurityContextRepository(new HttpSessionSecurityContextRepository());
            setSessionAuthenticationStrategy(new ChangeSessionIdAuthenticationStrategy());
            setAuthenticationSuccessHandler(logIn.succeeded(new SavedRequestAwareAuthenticationSuccessHandler()));
            setAuthenticationFailureHandler(logIn.failed((request, response, failure) ->
                    response.sendRedirect(request.getContextPath() + LoginPage.CARD_FAILED)));
        }

        @Override
        public Authentication attemptAuthentication(HttpServletRequest request, HttpServletResponse response)
                throws AuthenticationException {
            response.setHeader("Cache-Control", "no-store");
            // Whatever comes of it, this page's nonce has been answered.
            Pending pending = take(request);
            CardStatement statement = statements.logIn(request.getParameter(STATEMENT));
            if (!answers(statement, pending)) {
                throw new CardLogInException("card-statement-of-another-session", statement.device());
            }
            if (!statement.pin() && !bridge.withoutPin()) {
                throw new CardLogInException("card-without-pin", statement.device());
            }
            String username = accounts.ofPerson(statement.owner())
                    .map(Account::username)
                    .orElseThrow(() -> new CardLogInException("card-without-account", statement.device()));
            try {
                return logIn.of(
                        username,
                        statement.pin() ? LogIn.Method.CARD : LogIn.Method.CARD_WITHOUT_PIN,
                        statement.device());
            } catch (DisabledException e) {
                throw new CardLogInException("account-closed", statement.device());
            }
        }

        private boolean answers(CardStatement statement, @Nullable Pending pending) {
            String nonce = statement.nonce();
            return pending != null
                    && nonce != null
                    && MessageDigest.isEqual(
                            nonce.getBytes(StandardCharsets.US_ASCII),
                            pending.nonce().getBytes(StandardCharsets.US_ASCII))
                    && clock.instant().getEpochSecond() - pending.epochSecond() <= PATIENCE.toSeconds();
        }

        private static @Nullable Pending take(HttpServletRequest request) {
            HttpSession session = request.getSession(false);
            if (session != null && session.getAttribute(PENDING) instanceof Pending pending) {
                session.removeAttribute(PENDING);
                return pending;
            }
            return null;
        }
    }

    private final class Guard extends OncePerRequestFilter {
        @Override
        protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws ServletException, IOException {
            Authentication person = SecurityContextHolder.getContext().getAuthentication();
            if (person != null && person.getPrincipal() instanceof SignedIn signedIn && cards.isOver(signedIn)) {
                SecurityContextHolder.clearContext();
                HttpSession session = request.getSession(false);
                if (session != null) {
                    session.invalidate();
                }
            }
            chain.doFilter(request, response);
        }
    }
}
