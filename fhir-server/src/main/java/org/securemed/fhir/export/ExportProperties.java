package org.securemed.fhir.export;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of bulk exports, keys {@code securemed.export.*}.
 *
 * @param lifetime how long after it was asked for an export can be fetched, at most 7 days
 * @param mostJobs how many exports one client has at a time, 1 to 100
 * @param threads how many exports this instance prepares at a time, 1 to 16
 * @param fileResources how many resources a file holds about, 1 to 1,000,000
 */
@Validated
@ConfigurationProperties("securemed.export")
public record ExportProperties(
        @DefaultValue("12h") Duration lifetime,
        @DefaultValue("10") int mostJobs,
        @DefaultValue("1") int threads,
        @DefaultValue("10000") int fileResources) {
    private static final Duration LONGEST = Duration.ofDays(7);

    public ExportProperties {
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("securemed.export.lifetime is more than 0 and at most 7d");
        }
        if (mostJobs < 1 || mostJobs > 100) {
            throw new IllegalArgumentException("securemed.export.most-jobs is 1 to 100");
        }
        if (threads < 1 || threads > 16) {
            throw new IllegalArgumentException("securemed.export.threads is 1 to 16");
        }
        if (fileResources < 1 || fileResources > 1_000_000) {
            throw new IllegalArgumentException("securemed.export.file-resources is 1 to 1000000");
        }
    }
}
