package org.securemed.fhir.smart;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.UUID;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.context.AuthorizationServerContext;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.oauth2.server.authorization.token.DefaultOAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.JwtGenerator;

/**
 * Makes ready-made access tokens for the demo's people and clients: what a log-in, or the client's own request, would
 * have given, with a longer life. There is no such bean unless {@code securemed.demo.enabled}. Thread-safe.
 */
public final class TokenMint {
    private final Accounts accounts;
    private final Clients clients;
    private final Authorizations authorizations;
    private final JwtGenerator generator;
    private final AuthorizationServerSettings settings;
    private final Duration lifetime;
    private final Clock clock;

    TokenMint(
            Accounts accounts,
            Clients clients,
            Authorizations authorizations,
            JwtGenerator generator,
            AuthorizationServerSettings settings,
            Duration lifetime,
            Clock clock) {
        this.accounts = accounts;
        this.clients = clients;
        this.authorizations = authorizations;
        this.generator = generator;
        this.settings = settings;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /**
     * A token as if this person had just logged in to the demo's app ({@link DemoClients#APP}).
     *
     * @param scope scopes separated by spaces, each covered by the app's
     * @throws IllegalArgumentException if there is no such account, or the app may not have such a scope
     */
    public String forPerson(String username, String scope) {
        return forPerson(username, scope, LogIn.Method.PASSWORD);
    }

    /** The same, as if they had logged in by {@code method}. */
    String forPerson(String username, String scope, LogIn.Method method) {
        Account account =
                accounts.find(username).orElseThrow(() -> new IllegalArgumentException("no account " + username));
        SignedIn person = new SignedIn(account.username(), clock.instant().getEpochSecond(), method.acr());
        Authentication principal = UsernamePasswordAuthenticationToken.authenticated(person, null, List.of());
        return mint(client(DemoClients.APP), principal, AuthorizationGrantType.AUTHORIZATION_CODE, scope);
    }

    /**
     * A token as if this machine client had asked for it.
     *
     * @param scope scopes separated by spaces, each covered by the client's
     * @throws IllegalArgumentException if there is no such client, or it may not have such a scope
     */
    public String forClient(String clientId, String scope) {
        RegisteredClient client = client(clientId);
        Authentication principal =
                new OAuth2ClientAuthenticationToken(client, ClientAuthenticationMethod.CLIENT_SECRET_BASIC, null);
        return mint(client, principal, AuthorizationGrantType.CLIENT_CREDENTIALS, scope);
    }

    private RegisteredClient client(String clientId) {
        RegisteredClient client = clients.findByClientId(clientId);
        if (client == null) {
            throw new IllegalArgumentException("no client " + clientId);
        }
        return client;
    }

    private String mint(
            RegisteredClient registered, Authentication principal, AuthorizationGrantType grant, String scope) {
        ScopeSet scopes;
        try {
            scopes = ScopeSet.parse(scope);
            if (!ScopeSet.parse(registered.getScopes()).covers(scopes)) {
                throw new IllegalArgumentException("the client may not have all of these scopes");
            }
        } catch (ScopeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        RegisteredClient client = RegisteredClient.from(registered)
                .tokenSettings(
                        TokenSettings.builder().accessTokenTimeToLive(lifetime).build())
                .build();
        OAuth2Authorization authorization = OAuth2Authorization.withRegisteredClient(client)
                .id(UUID.randomUUID().toString())
                .principalName(principal.getName())
                .authorizationGrantType(grant)
                .authorizedScopes(new LinkedHashSet<>(scopes.texts()))
                .build();
        Jwt jwt = generator.generate(DefaultOAuth2TokenContext.builder()
                .registeredClient(client)
                .principal(principal)
                .authorization(authorization)
                .authorizationServerContext(new Context(settings))
                .authorizedScopes(new LinkedHashSet<>(scopes.texts()))
                .tokenType(OAuth2TokenType.ACCESS_TOKEN)
                .authorizationGrantType(grant)
                .build());
        if (jwt == null) {
            throw new IllegalStateException("no access token was made");
        }
        OAuth2AccessToken token = new OAuth2AccessToken(
                OAuth2AccessToken.TokenType.BEARER,
                jwt.getTokenValue(),
                jwt.getIssuedAt(),
                jwt.getExpiresAt(),
                new LinkedHashSet<>(scopes.texts()));
        authorizations.save(OAuth2Authorization.from(authorization)
                .token(token, metadata -> {
                    metadata.put(OAuth2Authorization.Token.CLAIMS_METADATA_NAME, jwt.getClaims());
                    metadata.put(OAuth2Authorization.Token.INVALIDATED_METADATA_NAME, false);
                })
                .build());
        return jwt.getTokenValue();
    }

    private record Context(AuthorizationServerSettings getAuthorizationServerSettings)
            implements AuthorizationServerContext {
        @Override
        public String getIssuer() {
            return getAuthorizationServerSettings.getIssuer();
        }
    }
}
