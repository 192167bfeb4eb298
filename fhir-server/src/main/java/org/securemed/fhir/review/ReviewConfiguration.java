package org.securemed.fhir.review;

import ca.uhn.fhir.context.FhirContext;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AccessStream;
import org.securemed.fhir.audit.ReviewLog;
import org.securemed.fhir.database.Migrations;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** The parts of the review. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ReviewProperties.class)
public class ReviewConfiguration {

    /** The table of the rules' reader; whoever needs it asks for this first. */
    static final class Schema {
        Schema(DataSource dataSource) {
            Migrations.migrate(dataSource, "review", "db/review");
        }
    }

    @Bean
    Schema reviewSchema(DataSource dataSource) {
        return new Schema(dataSource);
    }

    @Bean
    CareContext careContext(DataSource dataSource, FhirContext fhir) {
        return new StoredCareContext(new JdbcTemplate(dataSource), fhir);
    }

    @Bean(destroyMethod = "close")
    AnomalyWatch anomalyWatch(
            Schema schema,
            AccessStream stream,
            CareContext context,
            ReviewLog findings,
            DataSource dataSource,
            ReviewProperties settings) {
        return new AnomalyWatch(stream, context, findings, new JdbcTemplate(dataSource), settings);
    }

    @Bean
    ReviewOperations reviewOperations(
            ReviewLog kept,
            CareContext context,
            ReviewProperties settings,
            @Value("${securemed.consent.break-glass.duration:4h}") Duration emergency,
            Clock clock) {
        return new ReviewOperations(kept, context, settings, emergency, clock);
    }
}
