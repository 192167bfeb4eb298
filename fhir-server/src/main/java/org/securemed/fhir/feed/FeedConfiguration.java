package org.securemed.fhir.feed;

import ca.uhn.fhir.context.FhirContext;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.sql.DataSource;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.database.Migrations;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.SecurityEvents;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The feed, if a repository is named. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FeedProperties.class)
public class FeedConfiguration {
    private static final String APPLICATION = "securemed";

    /** The tables of the feed; whoever needs them asks for this first. */
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
            Schema schema,
            EventStream events,
            FhirContext fhir,
            DataSource dataSource,
            FeedProperties settings,
            ObjectProvider<SslBundles> bundles,
            Clock clock)
            throws NoSuchAlgorithmException {
        URI url = Objects.requireNonNull(settings.url(), "securemed.feed.url");
        String bundle = settings.sslBundle();
        SSLContext tls = bundle == null
                ? SSLContext.getDefault()
                : bundles.getObject().getBundle(bundle).createSslContext();
        Repository repository = settings.isSyslog()
                ? new SyslogRepository(url, APPLICATION, tls)
                : new FhirRepository(fhir, url, settings.token(), tls);
        return new AuditFeed(events, repository, dataSource, settings, clock).start();
    }

    @Bean
    @ConditionalOnProperty("securemed.feed.url")
    FeedMeters feedMeters(AuditFeed feed, EventStream events) {
        return new FeedMeters(feed, events);
    }

    @Bean
    FeedController feedController(
            ObjectProvider<AuditFeed> feed, EventStream events, SecurityEvents security, ProblemWriter problems) {
        return new FeedController(Optional.ofNullable(feed.getIfAvailable()), events, security, problems);
    }
}
