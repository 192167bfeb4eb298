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
 */
@Validated
@ConfigurationProperties("securemed.bridge.cards")
public record CardsProperties(
        @NotNull Path ca,
        @NotNull Path revocationList,
        @NotBlank String numberSecret,
        @DefaultValue("1m") @NotNull Duration challengeLifetime) {
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int SECRET = 32;

    public CardsProperties {
        if (challengeLifetime.isNegative() || challengeLifetime.isZero() || challengeLifetime.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("securemed.bridge.cards.challenge-lifetime is more than 0, at most 5m");
        }
        if (numberSecret != null && decoded(numberSecret).length != SECRET) {
            throw new IllegalArgumentException("securemed.bridge.cards.number-secret is base64 of exactly 32 bytes");
        }
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
