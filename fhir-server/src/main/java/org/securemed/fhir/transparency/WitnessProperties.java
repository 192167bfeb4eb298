package org.securemed.fhir.transparency;

import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of witnessing, keys {@code securemed.witness.*}.
 *
 * @param policy trust policy (C2SP tlog-policy) that names the witnesses, their submission prefixes and the quorum;
 *     absent: nobody is asked
 * @param interval between two rounds of asking
 * @param maxWithoutQuorum how long the quorum may stay away before the alarm
 */
@Validated
@ConfigurationProperties("securemed.witness")
record WitnessProperties(
        @Nullable Path policy,
        @DefaultValue("2s") @NotNull Duration interval,
        @DefaultValue("1m") @NotNull Duration maxWithoutQuorum) {
    WitnessProperties {
        if (interval.toMillis() < 1 || maxWithoutQuorum.isNegative()) {
            throw new IllegalArgumentException("durations are positive");
        }
    }
}
