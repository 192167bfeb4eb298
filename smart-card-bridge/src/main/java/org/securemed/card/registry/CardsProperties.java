package org.securemed.card.registry;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the registry of cards, keys {@code securemed.bridge.cards.*}. There is no registry unless {@code ca} is
 * set; then all without a default are required.
 *
 * @param ca certificates of the hospital's CA, PEM or DER
 * @param revocationList file with its revocation lists, PEM or DER, which something else keeps current
 * @param numberSecret base64 of 32 random bytes, under which numbers and keys of cards are hashed; for good
 * @param challengeLifetime how long a card may take to answer, at most five minutes
 * @param logOutOnRemoval whether what a log-in by card opened ends when the card is taken out of the reader
 * @param removalGrace within which the same card may come back, as when a patient's card takes its place for a moment;
 *     at most ten minutes
 * @param presenceLease how long a reader agent may be silent before its card counts as taken out, 4 seconds to ten
 *     minutes
 * @param workstationCertificates whether readers without an access token must prove their workstation by a TLS client
 *     certificate that {@code server.ssl.trust-certificate} accepts
 * @param requestsPerMinute how often one address may ask without an access token
 */
@Validated
@ConfigurationProperties("securemed.bridge.cards")
public record CardsProperties(
        @NotNull Path ca,
        @NotNull Path revocationList,
        @NotBlank String numberSecret,
        @DefaultValue("1m") @NotNull Duration challengeLifetime,
        @DefaultValue("true") boolean logOutOnRemoval,
        @DefaultValue("2m") @NotNull Duration removalGrace,
        @DefaultValue("1m") @NotNull Duration presenceLease,
        @DefaultValue("false") boolean workstationCertificates,
        @DefaultValue("300") int requestsPerMinute) {
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int SECRET = 32;

    public CardsProperties {
        if (challengeLifetime.isNegative() || challengeLifetime.isZero() || challengeLifetime.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("securemed.bridge.cards.challenge-lifetime is more than 0, at most 5m");
        }
        if (presenceLease.compareTo(Duration.ofSeconds(4)) < 0 || presenceLease.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.cards.presence-lease is 4s to 10m");
        }
        if (removalGrace.isNegative() || removalGrace.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.cards.removal-grace is 0s to 10m");
        }
        if (requestsPerMinute < 1) {
            throw new IllegalArgumentException("securemed.bridge.cards.requests-per-minute is at least 1");
        }
        if (numberSecret != null && decoded(numberSecret).length != SECRET) {
            throw new IllegalArgumentException("securemed.bridge.cards.number-secret is base64 of exactly 32 bytes");
        }
    }

    /** Whether the secret is one that somebody made up: the same byte again and again. */
    boolean hasNoSecret() {
        byte[] secret = secret();
        for (byte each : secret) {
            if (each != secret[0]) {
                return false;
            }
        }
        return true;
    }

    byte[] secret() {
        return decoded(numberSecret);
    }

    private static byte[] decoded(String secret) {
        try {
            return Base64.getDecoder().decode(secret.strip());
        } catch (IllegalArgumentException e) {
            // The exception would quote it.
            return new byte[0];
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "CardsProperties";
    }
}
