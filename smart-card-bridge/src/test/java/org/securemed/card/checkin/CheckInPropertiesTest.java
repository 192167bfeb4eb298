package org.securemed.card.checkin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckInPropertiesTest {
    @Test
    void a_code_is_good_for_five_minutes_at_most() {
        assertThat(properties(Duration.ofMinutes(5)).lifetime()).isEqualTo(Duration.ofMinutes(5));
        for (Duration wrong : List.of(
                Duration.ZERO, Duration.ofSeconds(-1), Duration.ofMinutes(5).plusMillis(1))) {
            assertThatThrownBy(() -> properties(wrong)).hasMessageContaining("check-in.lifetime");
        }
    }

    private static CheckInProperties properties(Duration lifetime) {
        return new CheckInProperties(lifetime, URI.create("https://www.gs1.org/gsrn"), null);
    }
}
