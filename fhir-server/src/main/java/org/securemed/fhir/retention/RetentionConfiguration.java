package org.securemed.fhir.retention;

import java.time.Clock;
import java.time.Duration;
import org.securemed.fhir.audit.RetentionLog;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.StepUp;
import org.securemed.ledger.log.Ledger;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/** Retention, and the API about it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RetentionProperties.class)
public class RetentionConfiguration {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    @Bean(destroyMethod = "close")
    Retention retention(
            Ledger ledger, RetentionLog decisions, RetentionProperties settings, Clock clock, Environment environment) {
        if (settings.shorter() && environment.acceptsProfiles(Profiles.of("production"))) {
            throw new IllegalStateException("securemed.retention.shorter is for development");
        }
        return new Retention(ledger, decisions, settings, clock, PAUSE);
    }

    @Bean
    RetentionController retentionController(
            Retention retention, SubjectKeys keys, SecurityEvents events, ProblemWriter problems, StepUp stepUp) {
        return new RetentionController(retention, keys, events, problems, stepUp);
    }
}
