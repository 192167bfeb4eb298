package org.securemed.card.qr;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How much work pictures may cause, keys {@code securemed.bridge.scan.*}.
 *
 * @param timeLimit after which no further preparation of a picture is begun, up to a minute
 * @param parallel how many pictures are looked at at once; further requests are answered 503
 */
@Validated
@ConfigurationProperties("securemed.bridge.scan")
record ScanProperties(
        @DefaultValue("2s") @NotNull Duration timeLimit,
        @DefaultValue("2") int parallel) {
    ScanProperties {
        if (timeLimit.isNegative() || timeLimit.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.scan.time-limit is between 0s and 1m");
        }
        if (parallel < 1) {
            throw new IllegalArgumentException("securemed.bridge.scan.parallel is at least 1");
        }
    }
}
