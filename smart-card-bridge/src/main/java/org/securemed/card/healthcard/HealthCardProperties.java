package org.securemed.card.healthcard;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Health cards, keys {@code securemed.bridge.health-card.*}.
 *
 * @param lifetime of a card
 * @param keyLifetime how long a key signs before the next one does
 * @param trustedIssuers other issuers whose cards are accepted, each exactly as its {@code iss}; of no other is
 *     anything asked
 * @param privateIssuers whether an issuer may have an address that is not public, such as one within the hospital
 * @param refreshAfter age after which an issuer's keys and revocations are asked for again
 * @param staleAfter age up to which they are used when the issuer cannot be reached
 */
@Validated
@ConfigurationProperties("securemed.bridge.health-card")
record HealthCardProperties(
        @DefaultValue("365d") @NotNull Duration lifetime,
        @DefaultValue("365d") @NotNull Duration keyLifetime,
        @DefaultValue List<URI> trustedIssuers,
        @DefaultValue("false") boolean privateIssuers,
        @DefaultValue("1h") @NotNull Duration refreshAfter,
        @DefaultValue("30d") @NotNull Duration staleAfter) {
    HealthCardProperties {
        trustedIssuers = List.copyOf(trustedIssuers);
        for (URI issuer : trustedIssuers) {
            if (!"https".equals(issuer.getScheme())
                    || issuer.getHost() == null
                    || issuer.getUserInfo() != null
                    || issuer.getQuery() != null
                    || issuer.getFragment() != null
                    || issuer.toString().endsWith("/")) {
                throw new IllegalArgumentException("securemed.bridge.health-card.trusted-issuers holds https addresses"
                        + " without query and trailing slash");
            }
        }
        requirePositive("lifetime", lifetime);
        requirePositive("key-lifetime", keyLifetime);
        requirePositive("refresh-after", refreshAfter);
        requirePositive("stale-after", staleAfter);
    }

    private static void requirePositive(String key, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("securemed.bridge.health-card.%s is positive".formatted(key));
        }
    }
}
