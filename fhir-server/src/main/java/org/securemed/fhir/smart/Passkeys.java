package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.HttpMessageConverterAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.authentication.session.ChangeSessionIdAuthenticationStrategy;
import org.springframework.security.web.webauthn.api.AttestationConveyancePreference;
import org.springframework.security.web.webauthn.api.AuthenticatorSelectionCriteria;
import org.springframework.security.web.webauthn.api.Bytes;
import org.springframework.security.web.webauthn.api.CredentialRecord;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialCreationOptions;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialParameters;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialRpEntity;
import org.springframework.security.web.webauthn.api.ResidentKeyRequirement;
import org.springframework.security.web.webauthn.api.UserVerificationRequirement;
import org.springframework.security.web.webauthn.authentication.PublicKeyCredentialRequestOptionsFilter;
import org.springframework.security.web.webauthn.authentication.WebAuthnAuthenticationFilter;
import org.springframework.security.web.webauthn.authentication.WebAuthnAuthenticationRequestToken;
import org.springframework.security.web.webauthn.management.Webauthn4JRelyingPartyOperations;
import org.springframework.security.web.webauthn.registration.PublicKeyCredentialCreationOptionsFilter;
import org.springframework.security.web.webauthn.registration.PublicKeyCredentialCreationOptionsRepository;
import org.springframework.security.web.webauthn.registration.WebAuthnRegistrationFilter;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Log-in by passkey and its enrolment: Spring Security's WebAuthn support with our accounts. A passkey always verifies
 * its user. The first one can be enrolled after a fresh log-in of any kind, each further one after a strong one.
 *
 * @see <a href="https://www.w3.org/TR/webauthn-3/">Web Authentication, Level 3</a>
 */
final class Passkeys {
    private static final String REGISTRATION = "/webauthn/register";

    private static final AuthenticatorSelectionCriteria VERIFIED = AuthenticatorSelectionCriteria.builder()
            .residentKey(ResidentKeyRequirement.REQUIRED)
            .userVerification(UserVerificationRequirement.REQUIRED)
            .build();

    private final PublicKeyCredentialRpEntity server;
    private final PasskeyStore store;
    private final LogIn logIn;
    private final StepUp stepUp;
    private final SecurityTrail trail;
    private final Webauthn4JRelyingPartyOperations operations;

    Passkeys(PasskeyStore store, LogIn logIn, StepUp stepUp, SecurityTrail trail, SmartProperties properties) {
        this.store = store;
        this.logIn = logIn;
        this.stepUp = stepUp;
        this.trail = trail;
        URI base = properties.baseUrl();
        String origin = RegisteredOrigins.origin(base.toString()).orElseThrow();
        this.server = PublicKeyCredentialRpEntity.builder()
                .id(base.getHost())
                .name("SecureMed")
                .build();
        this.operations =
                new Webauthn4JRelyingPartyOperations(store.people(), store.credentials(), server, Set.of(origin));
        operations.setCustomizeRequestOptions(
                options -> options.userVerification(UserVerificationRequirement.REQUIRED));
        operations.setCustomizeCreationOptions(options -> options.authenticatorSelection(VERIFIED));
    }

    /** The passkeys of an account. */
    List<CredentialRecord> of(String username) {
        return store.of(username);
    }

    /** Adds log-in and enrolment to a chain. */
    void apply(HttpSecurity http, ProblemWriter problems) {
        WebAuthnAuthenticationFilter authentication = new WebAuthnAuthenticationFilter();
        authentication.setAuthenticationManager(this::authenticate);
        authentication.setSessionAuthenticationStrategy(new ChangeSessionIdAuthenticationStrategy());
        authentication.setAuthenticationSuccessHandler(
                logIn.succeeded(new HttpMessageConverterAuthenticationSuccessHandler()));
        authentication.setAuthenticationFailureHandler(logIn.failed((request, response, failure) -> problems.write(
                request,
                response,
                Problem.unauthorized("passkey-refused", "This passkey opens no account here. Log in another way."))));
        WebAuthnRegistrationFilter registration = new WebAuthnRegistrationFilter(store.credentials(), operations);
        Challenges challenges = new Challenges();
        registration.setCreationOptionsRepository(challenges);
        PublicKeyCredentialCreationOptionsFilter creation = new PublicKeyCredentialCreationOptionsFilter(operations);
        creation.setCreationOptionsRepository(challenges);
        registration.setDeleteCredentialAuthorizationManager(
                (person, credential) -> new org.springframework.security.authorization.AuthorizationDecision(
                        of(person.get().getName()).stream()
                                .anyMatch(own -> own.getCredentialId().equals(credential))));
        http.addFilterBefore(authentication, UsernamePasswordAuthenticationFilter.class)
                .addFilterBefore(new PublicKeyCredentialRequestOptionsFilter(operations), AuthorizationFilter.class)
                .addFilterBefore(new Enrolment(problems), AuthorizationFilter.class)
                .addFilterBefore(creation, AuthorizationFilter.class)
                .addFilterAfter(registration, AuthorizationFilter.class);
    }

    private Authentication authenticate(Authentication attempt) {
        try {
            String username = operations
                    .authenticate(((WebAuthnAuthenticationRequestToken) attempt).getWebAuthnRequest())
                    .getName();
            return logIn.of(username, LogIn.Method.PASSKEY);
        } catch (IllegalArgumentException
                | com.webauthn4j.verifier.exception.VerificationException
                | com.webauthn4j.converter.exception.DataConversionException e) {
            throw new BadCredentialsException("the passkey proves nothing", e);
        }
    }

    /** Of the options of an enrolment the session keeps the challenge: the rest follows from who is signed in. */
    private final class Challenges implements PublicKeyCredentialCreationOptionsRepository {
        private static final String ATTRIBUTE = "securemed.passkey-challenge";

        @Override
        public void save(
                HttpServletRequest request,
                HttpServletResponse response,
                @Nullable PublicKeyCredentialCreationOptions options) {
            if (options == null) {
                request.getSession().removeAttribute(ATTRIBUTE);
            } else {
                request.getSession().setAttribute(ATTRIBUTE, options.getChallenge());
            }
        }

        @Override
        public @Nullable PublicKeyCredentialCreationOptions load(HttpServletRequest request) {
            Authentication person = SecurityContextHolder.getContext().getAuthentication();
            HttpSession session = request.getSession(false);
            if (person == null || session == null || !(session.getAttribute(ATTRIBUTE) instanceof Bytes challenge)) {
                return null;
            }
            return PublicKeyCredentialCreationOptions.builder()
                    .rp(server)
                    .user(store.people().findByUsername(person.getName()))
                    .challenge(challenge)
                    .pubKeyCredParams(
                            PublicKeyCredentialParameters.EdDSA,
                            PublicKeyCredentialParameters.ES256,
                            PublicKeyCredentialParameters.RS256)
                    .authenticatorSelection(VERIFIED)
                    .attestation(AttestationConveyancePreference.NONE)
                    .build();
        }
    }

    /** Who may change the passkeys of the account that is signed in, and the record of it. */
    private final class Enrolment extends OncePerRequestFilter {
        private final ProblemWriter problems;

        Enrolment(ProblemWriter problems) {
            this.problems = problems;
        }

        @Override
        protected boolean shouldNotFilter(HttpServletRequest request) {
            return !request.getServletPath().startsWith(REGISTRATION);
        }

        @Override
        protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws ServletException, IOException {
            Authentication person = SecurityContextHolder.getContext().getAuthentication();
            if (person == null || !(person.getPrincipal() instanceof SignedIn)) {
                problems.write(request, response, Problem.unauthorized("token-missing", "Log in first."));
                return;
            }
            boolean allowed = of(person.getName()).isEmpty() ? stepUp.isRecent(person) : stepUp.isMet(person);
            if (!allowed) {
                problems.write(request, response, StepUp.problem());
                return;
            }
            if (!request.getServletPath().equals(REGISTRATION + "/options")) {
                trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request), person)
                        .note(request.getMethod().equals("DELETE") ? "passkey: remove" : "passkey: enrol")
                        .build());
            }
            try {
                chain.doFilter(request, response);
            } catch (IllegalArgumentException
                    | com.webauthn4j.verifier.exception.VerificationException
                    | com.webauthn4j.converter.exception.DataConversionException e) {
                // Spring's filter takes for granted that what is sent is a passkey.
                trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request), person)
                        .note("passkey: enrol")
                        .failed("passkey-malformed")
                        .build());
                problems.write(
                        request,
                        response,
                        Problem.badRequest("passkey-malformed", "This is no passkey that was asked for. Try again."));
            }
        }
    }
}
