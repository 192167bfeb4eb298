package org.securemed.card.qr;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How much work pictures may cause, and the page that takes them, keys {@code securemed.bridge.scan.*}.
 *
 * @param timeLimit after which no further preparation of a picture is begun, up to a minute
 * @param parallel how many pictures are looked at at once; further requests are answered 503
 * @param clientId public client of the authorization server as which the page for cameras logs people in; absent: there
 *     is no such page
 */
@Validated
@ConfigurationProperties("securemed.bridge.scan")
record ScanProperties(
        @DefaultValue("2s") @NotNull Duration timeLimit,
        @DefaultValue("2") int parallel,
        @Nullable String clientId) {
    ScanProperties {
        if (timeLimit.isNegative() || timeLimit.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.scan.time-limit is between 0s and 1m");
        }
        if (parallel < 1) {
            throw new IllegalArgumentException("securemed.bridge.scan.parallel is at least 1");
        }
    }
}
