package org.securemed.fhir.smart;

import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.server.authorization.config.annotation.web.configurers.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.security.web.csrf.CsrfFilter;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.cors.CorsUtils;

/**
 * The three chains: authorization server, FHIR API, and everything else, which is denied but for the log-in page. A
 * package with pages of its own adds a chain with an order between {@link #FHIR} and {@link #REST}; one with an API of
 * its own, see {@link BearerChain}.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
class SecurityChains {
    static final int AUTHORIZATION_SERVER = 10;
    static final int FHIR = 20;
    static final int REST = 1000;

    static final String DATA = "default-src 'none'; frame-ancestors 'none'";

    @Bean
    HttpFirewall httpFirewall() {
        return PrintableHeaders.firewall();
    }

    @Bean
    @Order(AUTHORIZATION_SERVER)
    SecurityFilterChain authorizationServerChain(
            HttpSecurity http,
            AuthorizationServerParts parts,
            Refusals refusals,
            RegisteredOrigins origins,
            StepUp stepUp,
            CardLogIn cards,
            AccountRegistry accounts,
            SecurityTrail trail,
            Clients clients,
            SmartStore store)
            throws Exception {
        OAuth2AuthorizationServerConfigurer server = OAuth2AuthorizationServerConfigurer.authorizationServer();
        MediaTypeRequestMatcher browser = new MediaTypeRequestMatcher(MediaType.TEXT_HTML);
        browser.setIgnoredMediaTypes(java.util.Set.of(MediaType.ALL));
        headers(http, DATA);
        RequestMatcher asksFirst = request -> CorsUtils.isPreFlightRequest(request)
                && Endpoints.CALLED_BY_SCRIPTS.matches(request)
                && !Endpoints.FHIR.matches(request);
        return http.securityMatcher(new OrRequestMatcher(server.getEndpointsMatcher(), asksFirst))
                .with(server, parts::apply)
                .cors(cors -> cors.configurationSource(origins))
                .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .addFilterAfter(cards.guard(), CardLogIn.guardAfter())
                // The context is there by then, and the endpoints come after it.
                .addFilterAfter(new OwnPasswordFirst(accounts), SecurityContextHolderFilter.class)
                .addFilterAfter(new FreshLogIn(stepUp, store.clock()), SecurityContextHolderFilter.class)
                .exceptionHandling(exceptions -> exceptions
                        .defaultAuthenticationEntryPointFor(
                                new UnprovenClient(trail, clients), Endpoints.CALLED_BY_CLIENTS)
                        .defaultAuthenticationEntryPointFor(
                                new LoginUrlAuthenticationEntryPoint(LoginPage.PATH), browser)
                        .defaultAuthenticationEntryPointFor(refusals, AnyRequestMatcher.INSTANCE)
                        .accessDeniedHandler(refusals))
                .build();
    }

    @Bean
    @Order(FHIR)
    SecurityFilterChain fhirChain(
            HttpSecurity http,
            AccessTokens tokens,
            BridgeConnection bridge,
            Refusals refusals,
            RegisteredOrigins origins)
            throws Exception {
        headers(http, DATA);
        return http.securityMatcher(Endpoints.FHIR)
                .cors(cors -> cors.configurationSource(origins))
                // Nothing here is authorized by a cookie.
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(requests -> requests.requestMatchers(Endpoints.FHIR_OPEN)
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .addFilterBefore(
                        new BearerTokenFilter(tokens, bridge, refusals), UsernamePasswordAuthenticationFilter.class)
                .exceptionHandling(exceptions ->
                        exceptions.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
                .build();
    }

    /** EHRs open launches with access tokens. */
    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain launchChain(HttpSecurity http, BearerChain bearer) throws Exception {
        RequestMatcher launches = Endpoints.any(LaunchController.PATH);
        return bearer.configure(http, launches, request -> false).build();
    }

    /** The bridge tells, with an access token, that cards were taken out of readers. */
    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain cardRemovalChain(HttpSecurity http, BearerChain bearer) throws Exception {
        RequestMatcher removals = Endpoints.any(CardRemovalController.PATH);
        return bearer.configure(http, removals, request -> false).build();
    }

    @Bean
    @Order(REST)
    SecurityFilterChain restChain(
            HttpSecurity http,
            PasswordLogin login,
            Passkeys passkeys,
            ForeignLogIn foreign,
            CardLogIn cards,
            AccountRegistry accounts,
            SecurityTrail trail,
            ProblemWriter problems)
            throws Exception {
        headers(http, pagePolicy(""));
        passkeys.apply(http, problems);
        foreign.apply(http);
        cards.apply(http);
        http.addFilterAfter(cards.guard(), CardLogIn.guardAfter());
        http.addFilterAfter(new OwnPasswordFirst(accounts), SecurityContextHolderFilter.class);
        http.addFilterBefore(new PostOnly(problems), CsrfFilter.class);
        return http.authenticationProvider(login.provider())
                .authorizeHttpRequests(requests -> requests.requestMatchers(Endpoints.OPEN)
                        .permitAll()
                        .requestMatchers(Endpoints.SIGNED_IN)
                        .authenticated()
                        .requestMatchers(Endpoints.ADMINISTRATION)
                        .hasRole(Role.ADMINISTRATOR.name())
                        .anyRequest()
                        .denyAll())
                .formLogin(form -> form.loginPage(LoginPage.PATH)
                        .successHandler(trail.loggedIn(new SavedRequestAwareAuthenticationSuccessHandler()))
                        .failureHandler(trail.logInFailed(
                                "username",
                                (request, response, failure) -> response.sendRedirect(request.getContextPath()
                                        + (failure instanceof LockedException ? LoginPage.WAIT : LoginPage.FAILED)))))
                .logout(logout -> logout.addLogoutHandler(trail::loggedOut).logoutSuccessUrl(LoginPage.OUT))
                .exceptionHandling(exceptions -> exceptions
                        .defaultAuthenticationEntryPointFor(
                                new LoginUrlAuthenticationEntryPoint(LoginPage.PATH),
                                new OrRequestMatcher(Endpoints.SIGNED_IN, Endpoints.ADMINISTRATION))
                        .defaultAuthenticationEntryPointFor(
                                (request, response, reason) -> problems.write(
                                        request,
                                        response,
                                        Problem.notFound("not-found", "There is nothing at this address.")),
                                AnyRequestMatcher.INSTANCE)
                        .accessDeniedHandler((request, response, reason) -> problems.write(
                                request,
                                response,
                                reason instanceof CsrfException
                                        ? Problem.forbidden("csrf", "The form is too old. Load the page again.")
                                        : Problem.notFound("not-found", "There is nothing at this address."))))
                .build();
    }

    /**
     * The policy of pages: our own style sheet and images, no script at all.
     *
     * @param formTargets where forms may lead beside this server, each after a space
     */
    static String pagePolicy(String formTargets) {
        return "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'" + formTargets
                + "; base-uri 'none'; frame-ancestors 'none'";
    }

    /** The policy of pages with passkeys: our own script beside, which may ask this server only. */
    static String scriptedPolicy(String formTargets) {
        return pagePolicy(formTargets) + "; script-src 'self'; connect-src 'self'";
    }

    static void headers(HttpSecurity http, String policy) throws Exception {
        http.headers(headers -> headers.contentSecurityPolicy(csp -> csp.policyDirectives(policy))
                .frameOptions(frames -> frames.deny())
                .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.NO_REFERRER))
                .permissionsPolicyHeader(permissions ->
                        permissions.policy("camera=(), geolocation=(), microphone=(), payment=(), usb=()"))
                .addHeaderWriter(
                        (request, response) -> response.setHeader("Cross-Origin-Opener-Policy", "same-origin")));
    }
}
