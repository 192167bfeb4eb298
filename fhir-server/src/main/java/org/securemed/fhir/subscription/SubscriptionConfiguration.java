package org.securemed.fhir.subscription;

import ca.uhn.fhir.context.FhirContext;
import java.time.Clock;
import java.util.Arrays;
import javax.sql.DataSource;
import org.securemed.fhir.audit.NotificationRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.database.Migrations;
import org.securemed.fhir.smart.SealedSecrets;
import org.securemed.fhir.smart.StandingGrants;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Subscriptions; nobody can have one until the operator names endpoints. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SubscriptionProperties.class)
public class SubscriptionConfiguration {

    @Bean
    Hooks subscriptionHooks(
            DataSource dataSource, PlatformTransactionManager transactions, SealedSecrets secrets, Clock clock) {
        Migrations.migrate(dataSource, "subscription", "db/subscription");
        return new Hooks(new JdbcTemplate(dataSource), new TransactionTemplate(transactions), secrets, clock);
    }

    @Bean
    Endpoints subscriptionEndpoints(SubscriptionProperties settings, Environment environment) {
        boolean production = Arrays.asList(environment.getActiveProfiles()).contains("production");
        return new Endpoints(settings.endpoints(), production);
    }

    @Bean
    Changes subscriptionChanges(Hooks hooks) {
        return new Changes(hooks);
    }

    @Bean(destroyMethod = "close")
    Notifier notifier(
            Hooks hooks,
            Endpoints endpoints,
            StandingGrants grants,
            PopulationGate gate,
            NotificationRecorder recorder,
            FhirContext context,
            SubscriptionProperties settings,
            Clock clock) {
        return new Notifier(hooks, endpoints, grants, gate, recorder, context, settings, clock).start();
    }

    @Bean
    SubscriptionProvider subscriptionProvider(
            Hooks hooks,
            Endpoints endpoints,
            StandingGrants grants,
            PopulationGate gate,
            NotificationRecorder recorder,
            SubscriptionProperties settings,
            PlatformTransactionManager transactions) {
        return new SubscriptionProvider(
                hooks, endpoints, grants, gate, recorder, settings, new TransactionTemplate(transactions));
    }
}
