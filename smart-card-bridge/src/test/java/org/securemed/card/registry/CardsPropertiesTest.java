package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class CardsPropertiesTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String SECRET = secret(32);

    @Test
    void a_challenge_lives_five_minutes_at_most() {
        assertThat(properties(Duration.ofMinutes(5), MINUTE, MINUTE, 1, SECRET).challengeLifetime())
                .isEqualTo(Duration.ofMinutes(5));
        for (Duration wrong : List.of(Duration.ZERO, MINUTE.negated(), Duration.ofSeconds(301))) {
            assertThatThrownBy(() -> properties(wrong, MINUTE, MINUTE, 1, SECRET))
                    .hasMessageContaining("challenge-lifetime");
        }
    }

    @Test
    void a_card_that_nobody_hears_of_is_gone_after_ten_minutes_at_most() {
        for (Duration wrong : List.of(Duration.ofMillis(3999), Duration.ofSeconds(601))) {
            assertThatThrownBy(() -> properties(MINUTE, MINUTE, wrong, 1, SECRET))
                    .hasMessageContaining("presence-lease");
        }
        for (Duration wrong : List.of(Duration.ofMillis(-1), Duration.ofSeconds(601))) {
            assertThatThrownBy(() -> properties(MINUTE, wrong, MINUTE, 1, SECRET))
                    .hasMessageContaining("removal-grace");
        }
        assertThat(properties(MINUTE, Duration.ZERO, Duration.ofSeconds(4), 1, SECRET)
                        .removalGrace())
                .isZero();
    }

    @Test
    void somebody_may_ask_for_something() {
        assertThatThrownBy(() -> properties(MINUTE, MINUTE, MINUTE, 0, SECRET))
                .hasMessageContaining("requests-per-minute");
    }

    @Test
    void numbers_are_hashed_under_a_secret_of_32_bytes_that_nobody_prints() {
        for (String wrong : List.of(secret(31), secret(33), "", "not base64!")) {
            assertThatThrownBy(() -> properties(MINUTE, MINUTE, MINUTE, 1, wrong))
                    .hasMessageContaining("number-secret")
                    .hasMessageNotContaining("not base64!");
        }
        assertThat(properties(MINUTE, MINUTE, MINUTE, 1, SECRET).hasNoSecret()).isTrue();
        assertThat(properties(
                                MINUTE,
                                MINUTE,
                                MINUTE,
                                1,
                                Base64.getEncoder()
                                        .encodeToString(
                                                "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII)))
                        .hasNoSecret())
                .isFalse();
        assertThat(properties(MINUTE, MINUTE, MINUTE, 1, SECRET)).hasToString("CardsProperties");
    }

    private static String secret(int bytes) {
        return Base64.getEncoder().encodeToString(new byte[bytes]);
    }

    private static CardsProperties properties(
            Duration challenge, Duration grace, Duration lease, int perMinute, String secret) {
        return new CardsProperties(
                Path.of("ca.pem"), Path.of("crl.pem"), secret, challenge, true, grace, lease, false, perMinute);
    }
}
