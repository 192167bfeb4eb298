package org.securemed.card.healthlink;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.securemed.card.database.BridgeSchema;
import org.securemed.card.record.FhirRecords;
import org.securemed.card.server.OpenPaths;
import org.securemed.card.server.RepeatedWork;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Sharing by SMART Health Links. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(HealthLinkProperties.class)
@Import({HealthLinkController.class, OpenLinkController.class})
public class HealthLinkConfiguration {
    private static final Duration SWEEP = Duration.ofMinutes(10);

    @Bean
    OpenPaths healthLinkPaths() {
        return new OpenPaths(List.of("/shl/*", "/shl/files/*"));
    }

    @Bean
    HealthLinks healthLinks(
            BridgeSchema schema,
            JdbcClient database,
            PlatformTransactionManager transactions,
            HealthLinkProperties properties,
            Clock clock) {
        return new HealthLinks(database, new TransactionTemplate(transactions), properties.requestsPerMinute(), clock);
    }

    @Bean
    SharedContent sharedContent(FhirRecords records) {
        return new SharedContent(records);
    }

    /** Deletes what has ended; that a link has ended does not depend on it. */
    @Bean(destroyMethod = "close")
    RepeatedWork healthLinkSweep(HealthLinks links) {
        return new RepeatedWork("health-link-sweep", SWEEP, links::sweep);
    }
}
