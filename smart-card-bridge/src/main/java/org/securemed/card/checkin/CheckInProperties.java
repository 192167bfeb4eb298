package org.securemed.card.checkin;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Check-in codes and wristbands, keys {@code securemed.bridge.check-in.*}.
 *
 * @param lifetime of a check-in code, at most 5 minutes
 * @param gsrnSystem {@code Identifier.system} of GS1 service relation numbers on wristbands
 * @param printedSystem {@code Identifier.system} of identifiers printed on wristbands; null: these are not looked up
 */
@Validated
@ConfigurationProperties("securemed.bridge.check-in")
record CheckInProperties(
        @DefaultValue("60s") @NotNull Duration lifetime,
        @DefaultValue("https://www.gs1.org/gsrn") @NotNull URI gsrnSystem,
        @Nullable URI printedSystem) {
    CheckInProperties {
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(Duration.ofMinutes(5)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.check-in.lifetime is positive and at most 5m");
        }
    }
}
