package org.securemed.fhir.smart;

import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.config.annotation.web.configurers.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;

/** What SMART asks of Spring's authorization server beyond its defaults, and where it plugs in. */
record AuthorizationServerParts(
        SmartProperties properties,
        Clients clients,
        Authorizations authorizations,
        OAuth2AuthorizationConsentService consents,
        OAuth2TokenGenerator<?> tokens,
        AuthorizationServerSettings settings) {
    void apply(OAuth2AuthorizationServerConfigurer server) {
        server.registeredClientRepository(clients)
                .authorizationService(authorizations)
                .authorizationConsentService(consents)
                .tokenGenerator(tokens)
                .authorizationServerSettings(settings)
                .authorizationEndpoint(endpoint -> endpoint.authorizationRequestConverters(
                                converters -> converters.replaceAll(ScopeRules::canonical))
                        .authenticationProviders(providers -> providers.forEach(provider -> {
                            if (provider instanceof OAuth2AuthorizationCodeRequestAuthenticationProvider requests) {
                                requests.setAuthenticationValidator(new AuthorizationRequestRules(properties));
                            }
                        })))
                .tokenEndpoint(endpoint -> endpoint.accessTokenRequestConverters(
                                converters -> converters.replaceAll(ScopeRules::canonical))
                        .authenticationProviders(providers -> providers.forEach(provider -> {
                            if (provider instanceof OAuth2ClientCredentialsAuthenticationProvider machines) {
                                machines.setAuthenticationValidator(ScopeRules::validate);
                            }
                        })))
                .oidc(oidc -> {});
    }
}
