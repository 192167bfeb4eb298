package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;

/**
 * Log-in by another OpenID Connect issuer: it says who somebody is, the account that its subject is linked to says what
 * they are here. Its tokens are looked at once and not kept.
 */
final class ForeignLogIn {
    private static final String REGISTRATION = "issuer";
    /** Where it begins. */
    static final String START = "/oauth2/authorization/" + REGISTRATION;

    private final LogInIssuer issuer;
    private final Accounts accounts;
    private final LogIn logIn;

    ForeignLogIn(LogInIssuer issuer, Accounts accounts, LogIn logIn, boolean production) {
        if (production
                && issuer.issuer() != null
                && !"https".equals(issuer.issuer().getScheme())) {
            throw new IllegalStateException(
                    "securemed.smart.log-in-issuer.issuer is https under the profile production");
        }
        this.issuer = issuer;
        this.accounts = accounts;
        this.logIn = logIn;
    }

    /** The issuer's name, if there is one. */
    Optional<String> name() {
        return issuer.configured().map(known -> issuer.name());
    }

    /** Adds the log-in to a chain. */
    void apply(HttpSecurity http) throws Exception {
        if (issuer.configured().isEmpty()) {
            return;
        }
        Registration registration = new Registration(issuer);
        DefaultOAuth2AuthorizationRequestResolver requests =
                new DefaultOAuth2AuthorizationRequestResolver(registration, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        AuthenticationFailureHandler failed = logIn.failed(
                (request, response, failure) -> response.sendRedirect(request.getContextPath() + LoginPage.FAILED));
        http.oauth2Login(login -> login.loginPage(LoginPage.PATH)
                .clientRegistrationRepository(registration)
                .authorizedClientRepository(new Forgetful())
                .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(requests))
                .successHandler((request, response, known) -> enter(request, response, known, failed))
                .failureHandler(failed));
    }

    private void enter(
            HttpServletRequest request,
            HttpServletResponse response,
            Authentication known,
            AuthenticationFailureHandler failed)
            throws IOException, jakarta.servlet.ServletException {
        Authentication person;
        try {
            OidcUser user = (OidcUser) known.getPrincipal();
            String username = accounts.linked(issuer.configured().orElseThrow(), user.getSubject())
                    .map(Account::username)
                    .orElseThrow(() -> new BadCredentialsException("the issuer's user has no account here"));
            person = logIn.of(username, LogIn.Method.ISSUER);
        } catch (AuthenticationException e) {
            SecurityContextHolder.clearContext();
            HttpSession session = request.getSession(false);
            if (session != null) {
                session.invalidate();
            }
            failed.onAuthenticationFailure(request, response, e);
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(person);
        SecurityContextHolder.setContext(context);
        new HttpSessionSecurityContextRepository().saveContext(context, request, response);
        logIn.succeeded(new SavedRequestAwareAuthenticationSuccessHandler())
                .onAuthenticationSuccess(request, response, person);
    }

    /** Asks the issuer for its endpoints when they are first needed: it may be down when this server starts. */
    private static final class Registration implements ClientRegistrationRepository {
        private final LogInIssuer issuer;
        private volatile @Nullable ClientRegistration found;

        Registration(LogInIssuer issuer) {
            this.issuer = issuer;
        }

        @Override
        public @Nullable ClientRegistration findByRegistrationId(String registrationId) {
            if (!registrationId.equals(REGISTRATION)) {
                return null;
            }
            ClientRegistration known = found;
            if (known == null) {
                known = ClientRegistrations.fromIssuerLocation(
                                issuer.configured().orElseThrow())
                        .registrationId(REGISTRATION)
                        .clientId(issuer.clientId())
                        .clientSecret(issuer.clientSecret())
                        .scope("openid")
                        .redirectUri("{baseUrl}/login/oauth2/code/{registrationId}")
                        .build();
                found = known;
            }
            return known;
        }
    }

    /** The issuer's tokens are of no further use. */
    private static final class Forgetful implements OAuth2AuthorizedClientRepository {
        @Override
        public <T extends OAuth2AuthorizedClient> @Nullable T loadAuthorizedClient(
                String registrationId, Authentication principal, HttpServletRequest request) {
            return null;
        }

        @Override
        public void saveAuthorizedClient(
                OAuth2AuthorizedClient client,
                Authentication principal,
                HttpServletRequest request,
                HttpServletResponse response) {
            // Not kept.
        }

        @Override
        public void removeAuthorizedClient(
                String registrationId,
                Authentication principal,
                HttpServletRequest request,
                HttpServletResponse response) {
            // Was never kept.
        }
    }
}
