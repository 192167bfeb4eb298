package org.securemed.fhir.smart;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemErrorController;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.problem.RefusalCount;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.web.server.ErrorPage;
import org.springframework.boot.web.server.ErrorPageRegistrar;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.token.DelegatingOAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.token.JwtGenerator;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Everything that tells who is asking. Needs a PostgreSQL {@link DataSource}, a {@link PlatformTransactionManager} over
 * it, a {@link RefusedRequests}, a {@link SecurityEvents}, and, when the demo is on, {@link DemoPeople}; a
 * {@link Clock} if time is not the system's.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
    SmartProperties.class,
    DemoProperties.class,
    LogInIssuer.class,
    TrustedServer.class,
    CardBridge.class
})
@Import({
    SecurityChains.class,
    Sessions.class,
    LoginPage.class,
    PasskeyPage.class,
    AppsPage.class,
    ReceiptPage.class,
    ClientsPage.class,
    AccountsPage.class,
    PasswordPage.class,
    PageFrame.class,
    LaunchController.class,
    CardRemovalController.class,
    ConsentPage.class,
    ProblemErrorController.class
})
public class SmartConfiguration {
    /** The profile under which nothing of development or the demo is accepted. */
    public static final String PRODUCTION = "production";

    private static final Duration DEFAULT_INTERVAL = Duration.ofMillis(10);

    @Bean
    SmartSchema smartSchema(DataSource database) {
        return new SmartSchema(database);
    }

    @Bean
    ProblemWriter problemWriter(ObjectProvider<RefusalCount> count) {
        return new ProblemWriter(count.getIfAvailable(() -> RefusalCount.NONE));
    }

    /** What no handler answers goes to {@link ProblemErrorController}, not to the container's own page. */
    @Bean
    ErrorPageRegistrar problemPage() {
        return registry -> registry.addErrorPages(new ErrorPage("/error"));
    }

    /** Outside of all that does any work. */
    @Bean
    FilterRegistrationBean<EvenAnswers> evenAnswers(Environment environment) {
        Duration interval = Binder.get(environment)
                .bind("securemed.consent.answer-interval", Duration.class)
                .orElse(DEFAULT_INTERVAL);
        FilterRegistrationBean<EvenAnswers> registration = new FilterRegistrationBean<>(new EvenAnswers(interval));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }

    @Bean
    SmartStore smartStore(
            SmartSchema schema,
            DataSource database,
            PlatformTransactionManager transactionManager,
            ObjectProvider<Clock> clock) {
        JdbcTemplate template = new JdbcTemplate(database);
        return new SmartStore(
                template,
                JdbcClient.create(template),
                new TransactionTemplate(transactionManager),
                clock.getIfUnique(Clock::systemUTC));
    }

    @Bean
    Revocations revocations(SmartStore store) {
        return new Revocations(store.client(), store.transactions(), store.clock());
    }

    @Bean
    AppAuthorizations appAuthorizations(SmartStore store, Revocations revocations) {
        return new AppAuthorizations(store.client(), store.transactions(), revocations, store.clock());
    }

    @Bean
    SmartSweep smartSweep(SmartStore store, ObjectProvider<AppConsents> consents) {
        return new SmartSweep(store.client(), () -> consents.getIfAvailable(() -> AppConsents.NONE), store.clock());
    }

    @Bean
    SigningKeys signingKeys(
            SmartStore store, Revocations revocations, SmartProperties properties, Environment environment) {
        KeyEncryption encryption = KeyEncryption.of(properties.keyEncryptionSecret(), production(environment));
        return new SigningKeys(store.client(), store.transactions(), encryption, revocations, store.clock());
    }

    @Bean
    SealedSecrets sealedSecrets(SmartProperties properties, Environment environment) {
        return new SealedSecrets(KeyEncryption.of(properties.keyEncryptionSecret(), production(environment)));
    }

    @Bean
    StandingGrants standingGrants(
            SmartStore store,
            Clients clients,
            Accounts accounts,
            Authorizations authorizations,
            Revocations revocations,
            CardLogIns cards,
            SmartProperties properties) {
        return new StandingGrants(clients, accounts, authorizations, revocations, cards, properties, store.clock());
    }

    @Bean
    AccessTokens accessTokens(
            SmartStore store,
            SigningKeys keys,
            ClientKeys addresses,
            Accounts accounts,
            Revocations revocations,
            SmartProperties properties,
            TrustedServer trusted) {
        ForeignTokens foreign = new ForeignTokens(trusted, addresses, accounts, properties, store.clock());
        ForeignIntrospection introspection =
                new ForeignIntrospection(trusted, addresses, accounts, properties, store.clock());
        return new AccessTokens(keys, foreign, introspection, revocations, properties, store.clock());
    }

    @Bean
    ClientKeys clientKeys(SmartStore store, Environment environment) {
        return new ClientKeys(production(environment), store.clock());
    }

    @Bean
    ForeignLogIn foreignLogIn(LogInIssuer issuer, Accounts accounts, LogIn logIn, Environment environment) {
        return new ForeignLogIn(issuer, accounts, logIn, production(environment));
    }

    /** For Spring's user-info endpoint. */
    @Bean
    LiveTokens liveTokens(AccessTokens tokens) {
        return new LiveTokens(tokens);
    }

    @Bean
    JwtDecoder accessTokenDecoder(AccessTokens tokens) {
        return token -> {
            try {
                return tokens.authenticate(token).getToken();
            } catch (InvalidBearerTokenException | Problem e) {
                throw new BadJwtException("the access token is not valid");
            }
        };
    }

    @Bean
    Refusals refusals(RefusedRequests records, ProblemWriter writer) {
        return new Refusals(records, writer);
    }

    @Bean
    BridgeConnection bridgeConnection(CardBridge bridge, SmartProperties properties) {
        return new BridgeConnection(bridge, properties.issuer());
    }

    @Bean
    BearerChain bearerChain(AccessTokens tokens, BridgeConnection bridge, Refusals refusals) {
        return new BearerChain(tokens, bridge, refusals);
    }

    @Bean
    SecurityTrail securityTrail(
            SecurityEvents events, AccessTokens tokens, Accounts accounts, SmartProperties properties) {
        return new SecurityTrail(events, tokens, accounts, properties);
    }

    @Bean
    RegisteredOrigins registeredOrigins(SmartStore store) {
        return new RegisteredOrigins(store.client(), store.clock());
    }

    @Bean
    Accounts accounts(SmartStore store) {
        return new Accounts(store.client());
    }

    @Bean
    PasswordEncoder passwordEncoder() {
        return PasswordEncoderFactories.createDelegatingPasswordEncoder();
    }

    @Bean
    LogIn logIn(SmartStore store, Accounts accounts, SecurityTrail trail) {
        return new LogIn(accounts, trail, store.clock());
    }

    @Bean
    PasswordLogin passwordLogin(SmartStore store, Accounts accounts, PasswordEncoder encoder, LogIn logIn) {
        LoginThrottle throttle = new LoginThrottle(store.client(), store.clock());
        return new PasswordLogin(accounts, encoder, throttle, logIn);
    }

    @Bean
    StepUp stepUp(SmartProperties properties, SmartStore store) {
        return new StepUp(properties, store.clock());
    }

    @Bean
    Passkeys passkeys(
            SmartStore store,
            Accounts accounts,
            LogIn logIn,
            StepUp stepUp,
            SecurityTrail trail,
            SmartProperties properties) {
        PasskeyStore passkeys = new PasskeyStore(store.client(), accounts);
        return new Passkeys(passkeys, logIn, stepUp, trail, properties);
    }

    @Bean
    Clients clients(SmartStore store, CardBridge bridge, SmartProperties properties) {
        return new Clients(store.template(), bridge.present() ? bridge.client(properties) : null);
    }

    @Bean
    ClientSignatures clientSignatures(SmartStore store, ClientKeys keys) {
        return new ClientSignatures(store.client(), keys);
    }

    @Bean
    HookClients hookClients(
            SmartStore store, Clients clients, ClientSignatures signatures, SmartProperties properties) {
        return new HookClients(clients, signatures, properties, store.clock());
    }

    @Bean
    CardLogIns cardLogIns(SmartStore store, Revocations revocations) {
        return new CardLogIns(store.client(), store.transactions(), revocations, store.clock());
    }

    @Bean
    CardStatements cardStatements(
            SmartStore store,
            CardBridge bridge,
            Clients clients,
            ClientSignatures signatures,
            CardLogIns cards,
            SmartProperties properties) {
        return new CardStatements(bridge, clients, signatures, cards, properties, store.clock());
    }

    @Bean
    CardLogIn cardLogIn(
            SmartStore store,
            CardBridge bridge,
            CardStatements statements,
            CardLogIns cards,
            Accounts accounts,
            LogIn logIn,
            SmartProperties properties) {
        return new CardLogIn(bridge, statements, cards, accounts, logIn, properties, store.clock());
    }

    @Bean
    ClientRegistry clientRegistry(
            SmartStore store,
            Clients clients,
            Revocations revocations,
            PasswordEncoder encoder,
            SmartProperties properties) {
        return new ClientRegistry(store, clients, revocations, encoder, properties);
    }

    @Bean
    AccountRegistry accountRegistry(
            SmartStore store,
            Accounts accounts,
            Authorizations authorizations,
            Revocations revocations,
            PasswordEncoder encoder,
            ObjectProvider<KnownPeople> people) {
        return new AccountRegistry(
                store,
                accounts,
                authorizations,
                revocations,
                encoder,
                people.getIfAvailable(() -> reference -> Optional.empty()));
    }

    @Bean
    FormTargets formTargets(Clients clients) {
        return new FormTargets(clients);
    }

    @Bean
    LaunchContexts launchContexts(SmartStore store) {
        return new LaunchContexts(store.client(), store.clock());
    }

    @Bean
    Authorizations authorizations(
            SmartStore store,
            Clients clients,
            Revocations revocations,
            LaunchContexts launches,
            ObjectProvider<AppConsents> consents,
            AppAuthorizations apps,
            SmartProperties properties) {
        return new Authorizations(
                store.template(),
                store.transactions(),
                clients,
                revocations,
                launches,
                consents.getIfAvailable(() -> AppConsents.NONE),
                apps,
                properties,
                store.clock());
    }

    @Bean
    GrantedApps grantedApps(
            SmartStore store,
            Authorizations authorizations,
            Clients clients,
            AppAuthorizations apps,
            ObjectProvider<AppConsents> consents) {
        return new GrantedApps(
                authorizations, clients, apps, consents.getIfAvailable(() -> AppConsents.NONE), store.clock());
    }

    @Bean
    PendingRequests pendingRequests(
            Authorizations authorizations, Clients clients, Accounts accounts, ObjectProvider<PatientChoices> choices) {
        return new PendingRequests(
                authorizations, clients, accounts, choices.getIfAvailable(() -> PatientChoices.OWN_RECORD_ONLY));
    }

    @Bean
    OAuth2AuthorizationConsentService authorizationConsents() {
        return new NoRememberedConsents();
    }

    @Bean
    AuthorizationServerSettings authorizationServerSettings(SmartProperties properties) {
        return AuthorizationServerSettings.builder().issuer(properties.issuer()).build();
    }

    @Bean
    LiveSessions liveSessions(SmartStore store) {
        return new LiveSessions(store.client(), store.clock());
    }

    @Bean
    JwtGenerator jwtGenerator(
            SmartStore store,
            SigningKeys keys,
            Accounts accounts,
            LiveSessions sessions,
            CardLogIns cards,
            SmartProperties properties) {
        JwtGenerator generator = new JwtGenerator(new NimbusJwtEncoder(keys));
        generator.setJwtCustomizer(new TokenClaims(accounts, keys, sessions, cards, properties, store.clock()));
        return generator;
    }

    @Bean
    AuthorizationServerParts authorizationServerParts(
            SmartProperties properties,
            Clients clients,
            Authorizations authorizations,
            OAuth2AuthorizationConsentService consents,
            JwtGenerator jwts,
            AuthorizationServerSettings settings,
            SmartStore store,
            Revocations revocations,
            AccessTokens accessTokens,
            ObjectProvider<TokenConsents> tokenConsents,
            LaunchContexts launches,
            PendingRequests pending,
            ObjectProvider<AppConsents> appConsents,
            AppAuthorizations apps,
            SecurityTrail trail,
            StepUp stepUp,
            LiveSessions sessions,
            ClientSignatures signatures) {
        return new AuthorizationServerParts(
                properties,
                clients,
                authorizations,
                consents,
                new DelegatingOAuth2TokenGenerator(jwts, new RefreshTokens()),
                settings,
                new PublicClients(clients, authorizations),
                new BearerIntrospection(clients),
                new ClientAssertions(signatures, properties, store.clock()),
                new AuthorizationRequestRules(properties, launches),
                // No bean: Spring would make it a provider of every chain, and ask it twice.
                new ConsentDecision(
                        pending,
                        authorizations,
                        appConsents.getIfAvailable(() -> AppConsents.NONE),
                        apps,
                        properties,
                        trail,
                        stepUp,
                        sessions,
                        store.transactions(),
                        store.clock()),
                trail,
                new IntrospectionAnswer(
                        revocations,
                        accessTokens,
                        () -> tokenConsents.getIfAvailable(() -> TokenConsents.NONE),
                        properties.fhirBase()));
    }

    @Bean
    ServletRegistrationBean<SmartDiscovery> smartDiscovery(SmartProperties properties) {
        ServletRegistrationBean<SmartDiscovery> registration =
                new ServletRegistrationBean<>(new SmartDiscovery(properties), SmartDiscovery.PATH);
        registration.setName("smartDiscovery");
        return registration;
    }

    @Bean
    DemoGuard demoGuard(Accounts accounts, DemoProperties demo, SmartProperties properties, Environment environment) {
        return new DemoGuard(accounts, demo, properties, production(environment));
    }

    @Bean
    @ConditionalOnProperty(name = "securemed.demo.enabled", havingValue = "true")
    TokenMint tokenMint(
            DemoGuard guard,
            SmartStore store,
            DemoPeople people,
            Accounts accounts,
            Clients clients,
            Authorizations authorizations,
            JwtGenerator generator,
            AuthorizationServerSettings settings,
            SmartProperties properties,
            DemoProperties demo) {
        DemoClients.write(accounts, clients, people, properties);
        return new TokenMint(
                accounts, clients, authorizations, generator, settings, demo.tokenLifetime(), store.clock());
    }

    static boolean production(Environment environment) {
        return environment.acceptsProfiles(Profiles.of(PRODUCTION));
    }
}
