package org.securemed.card.healthlink;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Health links, keys {@code securemed.bridge.health-link.*}.
 *
 * @param lifetime of a link whose patient says nothing
 * @param longestLifetime that a patient may choose
 * @param passcodeAttempts wrong passcodes that end a link for good
 * @param requestsPerMinute on one link; more are answered 429
 * @param viewer address of a page that opens links, ending in {@code #}; null: links begin with {@code shlink:}
 */
@Validated
@ConfigurationProperties("securemed.bridge.health-link")
record HealthLinkProperties(
        @DefaultValue("7d") @NotNull Duration lifetime,
        @DefaultValue("365d") @NotNull Duration longestLifetime,
        @DefaultValue("10") int passcodeAttempts,
        @DefaultValue("30") int requestsPerMinute,
        @Nullable String viewer) {
    HealthLinkProperties {
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(longestLifetime) > 0) {
            throw new IllegalArgumentException(
                    "securemed.bridge.health-link.lifetime is positive and at most longest-lifetime");
        }
        if (passcodeAttempts < 1 || passcodeAttempts > 100) {
            throw new IllegalArgumentException("securemed.bridge.health-link.passcode-attempts is from 1 to 100");
        }
        if (requestsPerMinute < 1) {
            throw new IllegalArgumentException("securemed.bridge.health-link.requests-per-minute is at least 1");
        }
        if (viewer != null && !(viewer.startsWith("https://") && viewer.endsWith("#"))) {
            throw new IllegalArgumentException(
                    "securemed.bridge.health-link.viewer is an https address that ends in #");
        }
    }
}
