package org.securemed.fhir.integrity;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the comparison of what is stored with what is recorded, keys {@code securemed.integrity.*}.
 *
 * @param sweepInterval from the beginning of one round to the next; 0 for none but those that are asked for
 * @param sweepRate how many versions a second are compared at most
 * @param onRead what is done about each version before it is shown
 * @param replica another copy of the FHIR database, from which committed bytes can be restored
 */
@Validated
@ConfigurationProperties("securemed.integrity")
public record IntegrityProperties(
        @DefaultValue("24h") @NotNull Duration sweepInterval,
        @DefaultValue("50") int sweepRate,
        @DefaultValue("off") @NotNull OnRead onRead,
        @Nullable Replica replica) {
    public IntegrityProperties {
        if (sweepInterval.isNegative() || sweepRate < 1 || sweepRate > 100_000) {
            throw new IllegalArgumentException(
                    "securemed.integrity.sweep-interval is not negative, sweep-rate is 1 to 100000");
        }
    }

    /** What is done about a version before it is shown. */
    public enum OnRead {
        /** Nothing. */
        OFF,
        /** It is compared; what differs is shown all the same, with an alarm. */
        ALARM,
        /** It is compared; what differs is not shown: 500 {@code integrity}, with an alarm. */
        REFUSE
    }

    /**
     * A database that is read and never written.
     *
     * @param url JDBC
     * @param user who may read HAPI's tables there
     * @param password theirs
     */
    public record Replica(
            @NotNull String url,
            @NotNull String user,
            @NotNull String password) {}
}
