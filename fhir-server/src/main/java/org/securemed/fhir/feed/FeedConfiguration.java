package org.securemed.fhir.feed;

import ca.uhn.fhir.context.FhirContext;
import java.net.URI;
import java.util.Objects;
import javax.sql.DataSource;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.database.Migrations;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** The feed, if a repository is named. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FeedProperties.class)
public class FeedConfiguration {

    /** The table of the feed; whoever needs it asks for this first. */
    static final class Schema {
        Schema(DataSource dataSource) {
            Migrations.migrate(dataSource, "feed", "db/feed");
        }
    }

    @Bean
    Schema feedSchema(DataSource dataSource) {
        return new Schema(dataSource);
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("securemed.feed.url")
    AuditFeed auditFeed(
            Schema schema, EventStream events, FhirContext fhir, DataSource dataSource, FeedProperties settings) {
        URI url = Objects.requireNonNull(settings.url(), "securemed.feed.url");
        return new AuditFeed(events, fhir, new JdbcTemplate(dataSource), settings, url).start();
    }
}
