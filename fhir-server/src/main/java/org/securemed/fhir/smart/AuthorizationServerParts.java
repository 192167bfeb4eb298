package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.authentication.JwtClientAssertionAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.config.annotation.web.configurers.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.web.authentication.JwtClientAssertionAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AccessTokenResponseAuthenticationSuccessHandler;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationConsentAuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationConverter;

/** What SMART asks of Spring's authorization server beyond its defaults, and where it plugs in. */
record AuthorizationServerParts(
        SmartProperties properties,
        Clients clients,
        Authorizations authorizations,
        OAuth2AuthorizationConsentService consents,
        OAuth2TokenGenerator<?> tokens,
        AuthorizationServerSettings settings,
        PublicClients publicClients,
        BearerIntrospection bearers,
        ClientAssertions assertions,
        AuthorizationRequestRules requestRules,
        ConsentDecision consentDecision,
        SecurityTrail trail,
        IntrospectionAnswer introspection) {
    private static final List<String> NOT_OFFERED = List.of(
            "device_authorization_endpoint",
            "tls_client_certificate_bound_access_tokens",
            "dpop_signing_alg_values_supported",
            "pushed_authorization_request_endpoint");
    static final List<String> GRANTS = List.of("authorization_code", "client_credentials", "refresh_token");
    /** How clients may prove themselves. */
    static final List<String> CLIENT_AUTHENTICATION =
            List.of("client_secret_basic", "client_secret_post", "private_key_jwt", "none");

    /** What they let an app do is a consent, and never without their word. */
    static final Set<String> CONSENTING = Set.of("ROLE_" + Role.PATIENT.name(), "ROLE_" + Role.REPRESENTATIVE.name());

    void apply(OAuth2AuthorizationServerConfigurer server) {
        server.registeredClientRepository(clients)
                .authorizationService(authorizations)
                .authorizationConsentService(consents)
                .tokenGenerator(tokens)
                .authorizationServerSettings(settings)
                .authorizationEndpoint(endpoint -> endpoint.consentPage(ConsentPage.PATH)
                        .authorizationRequestConverters(converters -> {
                            converters.removeIf(OAuth2AuthorizationConsentAuthenticationConverter.class::isInstance);
                            converters.replaceAll(ScopeRules::canonical);
                            converters.add(0, new ConsentAnswer.Converter());
                            converters.add(0, new ResponseTypes(clients));
                        })
                        .authorizationResponseHandler(new AppAnswer(authorizations))
                        .authenticationProviders(providers -> {
                            providers.removeIf(OAuth2AuthorizationConsentAuthenticationProvider.class::isInstance);
                            providers.add(consentDecision);
                            providers.forEach(provider -> {
                                if (provider instanceof OAuth2AuthorizationCodeRequestAuthenticationProvider requests) {
                                    requests.setAuthenticationValidator(requestRules);
                                    requests.setAuthorizationConsentRequired(this::asksThePerson);
                                }
                            });
                        }))
                .tokenEndpoint(endpoint -> endpoint.accessTokenResponseHandler(trail.issued(tokenAnswer()))
                        .errorResponseHandler(trail.refused())
                        .accessTokenRequestConverters(converters -> converters.replaceAll(ScopeRules::canonical))
                        .authenticationProviders(providers -> providers.forEach(provider -> {
                            if (provider instanceof OAuth2ClientCredentialsAuthenticationProvider machines) {
                                machines.setAuthenticationValidator(ScopeRules::validate);
                            }
                        })))
                .clientAuthentication(authentication -> authentication
                        .errorResponseHandler(trail.refused())
                        .authenticationConverters(converters -> {
                            converters.removeIf(JwtClientAssertionAuthenticationConverter.class::isInstance);
                            converters.addAll(
                                    0,
                                    List.<AuthenticationConverter>of(
                                            AuthorizationServerParts::requireSingleParameters,
                                            AuthorizationServerParts::requireOneProof,
                                            new AssertionConverter(),
                                            publicClients));
                        })
                        .authenticationProviders(providers -> {
                            providers.add(0, publicClients);
                            providers.forEach(provider -> {
                                if (provider instanceof JwtClientAssertionAuthenticationProvider machines) {
                                    machines.setJwtDecoderFactory(assertions);
                                }
                            });
                        }))
                .tokenIntrospectionEndpoint(endpoint -> endpoint.introspectionRequestConverter(bearers)
                        .introspectionResponseHandler(trail.answered(introspection))
                        .errorResponseHandler(trail.refused()))
                .tokenRevocationEndpoint(endpoint -> endpoint.revocationResponseHandler(
                                trail.answered((request, response, done) -> response.setStatus(200)))
                        .errorResponseHandler(trail.refused()))
                .authorizationServerMetadataEndpoint(endpoint -> endpoint.authorizationServerMetadataCustomizer(
                        metadata -> metadata.claims(AuthorizationServerParts::truthful)))
                .oidc(oidc -> oidc.providerConfigurationEndpoint(endpoint -> endpoint.providerConfigurationCustomizer(
                        metadata -> metadata.claims(AuthorizationServerParts::truthful))));
    }

    /** RFC 6749 section 3.2: no parameter comes twice. Spring takes some for text without looking. */
    private static @Nullable Authentication requireSingleParameters(HttpServletRequest request) {
        if (request.getParameterMap().values().stream().anyMatch(values -> values.length > 1)) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        return null;
    }

    /** RFC 6749 section 2.3: a client proves itself in one way. */
    private static @Nullable Authentication requireOneProof(HttpServletRequest request) {
        String header = request.getHeader("Authorization");
        boolean basic = header != null && header.regionMatches(true, 0, "Basic ", 0, 6);
        long proofs = Stream.of(
                        basic,
                        request.getParameter("client_secret") != null,
                        request.getParameter("client_assertion") != null)
                .filter(given -> given)
                .count();
        if (proofs > 1) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
        }
        return null;
    }

    /** Takes out what Spring could do and we do not offer. */
    private static void truthful(Map<String, Object> metadata) {
        NOT_OFFERED.forEach(metadata::remove);
        metadata.put("grant_types_supported", GRANTS);
        metadata.replaceAll((name, value) -> name.endsWith("_auth_methods_supported") ? CLIENT_AUTHENTICATION : value);
        metadata.put("token_endpoint_auth_signing_alg_values_supported", List.of("RS384", "ES384"));
        metadata.put("scopes_supported", SmartDiscovery.SCOPES);
    }

    /** Always, but for staff with apps that the hospital trusts and that need no patient to be chosen. */
    private boolean asksThePerson(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
        if (context.getAuthentication().getPrincipal() instanceof Authentication person
                && person.getAuthorities().stream()
                        .anyMatch(authority -> CONSENTING.contains(authority.getAuthority()))) {
            return true;
        }
        if (context.getRegisteredClient().getClientSettings().isRequireAuthorizationConsent()) {
            return true;
        }
        Set<String> scopes = context.getAuthorizationRequest().getScopes();
        boolean needsPatient = scopes.stream().anyMatch(scope -> scope.startsWith("patient/"))
                || scopes.contains(Scope.Named.LAUNCH_PATIENT.toString());
        return needsPatient
                && !context.getAuthorizationRequest().getAdditionalParameters().containsKey("launch");
    }

    private static OAuth2AccessTokenResponseAuthenticationSuccessHandler tokenAnswer() {
        OAuth2AccessTokenResponseAuthenticationSuccessHandler handler =
                new OAuth2AccessTokenResponseAuthenticationSuccessHandler();
        handler.setAccessTokenResponseCustomizer(new LaunchAnswer());
        return handler;
    }
}
