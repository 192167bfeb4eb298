package org.securemed.fhir.smart;

import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * A security chain for an API outside of {@code /fhir} whose callers show access tokens: no cookies, no sessions, a bad
 * token ends the request, refusals leave as problem documents. Give the bean an order of {@link #ORDER}.
 */
public final class BearerChain {
    /** Between the FHIR API and everything else. */
    public static final int ORDER = 100;

    private final AccessTokens tokens;
    private final BridgeConnection bridge;
    private final Refusals refusals;

    BearerChain(AccessTokens tokens, BridgeConnection bridge, Refusals refusals) {
        this.tokens = tokens;
        this.bridge = bridge;
        this.refusals = refusals;
    }

    /**
     * Configures a chain.
     *
     * @param paths what the chain is for
     * @param open what of it needs no token
     * @return {@code http}, for what is left to say
     */
    public HttpSecurity configure(HttpSecurity http, RequestMatcher paths, RequestMatcher open) throws Exception {
        SecurityChains.headers(http, SecurityChains.DATA);
        return http.securityMatcher(paths)
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(requests ->
                        requests.requestMatchers(open).permitAll().anyRequest().authenticated())
                .addFilterBefore(
                        new BearerTokenFilter(tokens, bridge, refusals), UsernamePasswordAuthenticationFilter.class)
                .exceptionHandling(exceptions ->
                        exceptions.authenticationEntryPoint(refusals).accessDeniedHandler(refusals));
    }
}
