package org.securemed.card.server;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.securemed.card.backend.ClientProperties;
import org.securemed.card.problem.Problem;
import org.securemed.card.problem.ProblemWriter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.web.client.RestTemplate;

/**
 * Who may ask for what. People and apps send an access token of the FHIR server's authorization server; what is open to
 * all is named by the features, each with an {@link OpenPaths} bean. There are no sessions and no cookies.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
class SecurityChain {
    /** {@code typ} of an access token, RFC 9068 section 2.1: an ID token cannot be used for one. */
    private static final String ACCESS_TOKEN_TYPE = "at+jwt";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Bean
    OpenPaths healthPath() {
        return new OpenPaths(List.of("/health"));
    }

    @Bean
    SecurityFilterChain bridgeChain(
            HttpSecurity http, ObjectProvider<OpenPaths> open, ProblemWriter problems, JwtDecoder tokens)
            throws Exception {
        String[] paths =
                open.orderedStream().flatMap(some -> some.patterns().stream()).toArray(String[]::new);
        return http
                // Nothing here is authorized by a cookie.
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .anonymous(anonymous -> {})
                .authorizeHttpRequests(requests ->
                        requests.requestMatchers(paths).permitAll().anyRequest().authenticated())
                .oauth2ResourceServer(server -> server.jwt(
                                jwt -> jwt.decoder(tokens).jwtAuthenticationConverter(Caller::authentication))
                        .authenticationEntryPoint((request, response, reason) -> {
                            boolean sent = request.getHeader("Authorization") != null;
                            response.setHeader("WWW-Authenticate", sent ? "Bearer error=\"invalid_token\"" : "Bearer");
                            problems.write(
                                    response,
                                    sent
                                            ? Problem.unauthorized("token-invalid", "Get a new access token.")
                                            : Problem.unauthorized("token-missing", "Send an access token."));
                        })
                        .accessDeniedHandler((request, response, reason) -> problems.write(
                                response, Problem.forbidden("forbidden", "This is not allowed for you."))))
                .headers(headers -> headers.contentSecurityPolicy(
                                csp -> csp.policyDirectives("default-src 'none'; frame-ancestors 'none'"))
                        .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.NO_REFERRER)))
                .build();
    }

    /** The authorization server's keys are fetched when the first token comes, and again for a key not seen before. */
    @Bean
    JwtDecoder accessTokens(BridgeProperties properties, ClientProperties client, Clock clock) {
        JdkClientHttpRequestFactory requests =
                new JdkClientHttpRequestFactory(client.connection().client());
        requests.setReadTimeout(PATIENCE);
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withJwkSetUri(properties.issuer() + "/oauth2/jwks")
                .restOperations(new RestTemplate(requests))
                .jwsAlgorithm(SignatureAlgorithm.RS256)
                .jwtProcessorCustomizer(processor -> processor.setJWSTypeVerifier(
                        new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType(ACCESS_TOKEN_TYPE))))
                .build();
        JwtTimestampValidator times = new JwtTimestampValidator(properties.clockSkew());
        times.setClock(clock);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                times,
                new JwtIssuerValidator(properties.issuer().toString()),
                new JwtAudienceValidator(properties.fhirBase().toString())));
        return decoder;
    }
}
