package org.securemed.card.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.backend.ClientScopes;
import org.securemed.card.database.BridgeSchema;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.problem.ProblemWriter;
import org.securemed.card.server.BridgeProperties;
import org.securemed.card.server.OpenPaths;
import org.securemed.card.server.RepeatedWork;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.FileRevocationLists;
import org.securemed.card.trust.HospitalCa;
import org.securemed.card.trust.TrustMaterial;
import org.securemed.card.trust.TrustMaterialException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The registry of cards; there is none where the hospital has no CA for cards. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("securemed.bridge.cards.ca")
@EnableConfigurationProperties(CardsProperties.class)
@Import({CardController.class, LogInController.class, PresenceController.class, SignatureController.class})
public class RegistryConfiguration {

    @Bean
    OpenPaths cardPaths() {
        return new OpenPaths(List.of(
                "/cards/challenges",
                "/cards/challenges/*/refusal",
                "/cards/identifications",
                "/cards/log-ins",
                "/cards/presences",
                "/cards/presences/removal",
                "/cards/signatures"));
    }

    @Bean
    FileRevocationLists revocationLists(CardsProperties properties, Clock clock)
            throws IOException, TrustMaterialException {
        return new FileRevocationLists(properties.revocationList(), clock);
    }

    @Bean
    CardVerifier cardVerifier(CardsProperties properties, FileRevocationLists revocations, Clock clock)
            throws IOException, TrustMaterialException {
        return new CardVerifier(
                CardProfiles.all(clock),
                new HospitalCa(TrustMaterial.certificates(Files.readAllBytes(properties.ca())), revocations, clock));
    }

    @Bean
    ClientScopes cardScopes() {
        return new ClientScopes(List.of(
                "system/Device.cruds", "system/Patient.rus", "system/Practitioner.rus", "system/RelatedPerson.rus"));
    }

    /** After the access token was read. */
    @Bean
    FilterRegistrationBean<AnonymousReaders> anonymousReaders(
            CardsProperties properties, ProblemWriter problems, Clock clock) {
        FilterRegistrationBean<AnonymousReaders> registration = new FilterRegistrationBean<>(new AnonymousReaders(
                properties.requestsPerMinute(), properties.workstationCertificates(), problems, clock));
        registration.addUrlPatterns("/cards/*");
        registration.setOrder(Ordered.LOWEST_PRECEDENCE);
        return registration;
    }

    @Bean
    Presences presences(
            BridgeSchema schema,
            JdbcClient database,
            ObjectProvider<BackendClient> client,
            CardsProperties properties,
            Clock clock) {
        return new Presences(database, required(client), properties.presenceLease(), clock);
    }

    @Bean(destroyMethod = "close")
    RepeatedWork removedCards(Presences presences) {
        return new RepeatedWork("card-removals", Duration.ofSeconds(2), presences::tell);
    }

    private static BackendClient required(ObjectProvider<BackendClient> client) {
        BackendClient fhir = client.getIfAvailable();
        if (fhir == null) {
            throw new IllegalStateException("securemed.bridge.cards.ca needs securemed.bridge.client.key");
        }
        return fhir;
    }

    @Bean
    CardRegistry cardRegistry(
            BridgeSchema schema,
            JdbcClient database,
            PlatformTransactionManager transactions,
            CardsProperties properties,
            BridgeProperties bridge,
            CardVerifier verifier,
            ObjectProvider<BackendClient> client,
            AuditOutbox outbox,
            Environment environment,
            Clock clock) {
        if (properties.hasNoSecret() && environment.acceptsProfiles(Profiles.of("production"))) {
            throw new IllegalStateException("securemed.bridge.cards.number-secret is not random");
        }
        BackendClient fhir = required(client);
        return new CardRegistry(
                new Challenges(database, properties.challengeLifetime(), clock),
                new Credentials(database, new NumberHash(properties.secret()), clock),
                verifier,
                new CardRecords(fhir, bridge.baseUrl() + "/cards"),
                new CardJournal(outbox, fhir.id(), clock),
                new CardPace(database, clock),
                new TransactionTemplate(transactions),
                clock);
    }

    @Bean(destroyMethod = "close")
    RepeatedWork cardSweep(CardRegistry registry) {
        return new RepeatedWork("card-sweep", Duration.ofSeconds(30), registry::sweep);
    }
}
