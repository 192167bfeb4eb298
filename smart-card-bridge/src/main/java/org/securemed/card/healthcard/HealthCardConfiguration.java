package org.securemed.card.healthcard;

import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.securemed.card.database.BridgeSchema;
import org.securemed.card.record.FhirRecords;
import org.securemed.card.sealing.Sealing;
import org.securemed.card.server.BridgeProperties;
import org.securemed.card.server.OpenPaths;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Issuing and verifying SMART Health Cards. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(HealthCardProperties.class)
@Import({HealthCardController.class, IssuerKeyController.class, WellKnownController.class, VerificationController.class
})
public class HealthCardConfiguration {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Bean
    OpenPaths healthCardPaths() {
        return new OpenPaths(List.of("/.well-known/jwks.json", "/.well-known/crl/*"));
    }

    @Bean
    IssuerKeys issuerKeys(
            BridgeSchema schema,
            JdbcClient database,
            PlatformTransactionManager transactions,
            Sealing sealing,
            HealthCardProperties properties,
            Clock clock) {
        return new IssuerKeys(
                database, new TransactionTemplate(transactions), sealing, properties.keyLifetime(), clock);
    }

    @Bean
    IssuedCards issuedCards(
            BridgeSchema schema, JdbcClient database, PlatformTransactionManager transactions, Clock clock) {
        return new IssuedCards(database, new TransactionTemplate(transactions), clock);
    }

    @Bean
    CardResources cardResources(FhirRecords records) {
        return new CardResources(records);
    }

    @Bean
    HealthCardIssuer healthCardIssuer(
            BridgeProperties bridge,
            IssuerKeys keys,
            IssuedCards cards,
            HealthCardProperties properties,
            Environment environment,
            Clock clock) {
        if (environment.acceptsProfiles(Profiles.of("production"))
                && !"https".equals(bridge.baseUrl().getScheme())) {
            throw new IllegalStateException(
                    "securemed.bridge.base-url is no https address; health cards and links need one in production");
        }
        return new HealthCardIssuer(bridge.baseUrl(), keys, cards, properties.lifetime(), clock);
    }

    @Bean
    HealthCardVerifier healthCardVerifier(
            BridgeProperties bridge,
            IssuerKeys keys,
            IssuedCards cards,
            HealthCardProperties properties,
            JdbcClient database,
            Clock clock)
            throws NoSuchAlgorithmException {
        TrustedIssuers issuers = new TrustedIssuers(
                properties.trustedIssuers().stream().map(URI::toString).toList(),
                new HttpsDocuments(properties.privateIssuers(), PATIENCE, SSLContext.getDefault()),
                database,
                properties.refreshAfter(),
                properties.staleAfter(),
                clock);
        return new HealthCardVerifier(bridge.baseUrl().toString(), keys, cards, issuers, bridge.clockSkew(), clock);
    }
}
