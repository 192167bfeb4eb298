package org.securemed.card.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class BridgePropertiesTest {
    private static final String GOOD = "https://bridge.example.org/base";

    @Test
    void addresses_are_whole_and_end_without_a_slash() {
        assertThat(properties(GOOD, Duration.ZERO, 1).fhirBase()).isEqualTo(URI.create(GOOD + "/fhir"));
        for (String wrong : List.of(
                "ftp://bridge.example.org",
                "bridge.example.org",
                "https:///path",
                "https://bridge.example.org/",
                "https://user@bridge.example.org",
                "https://bridge.example.org?x=y",
                "https://bridge.example.org#x")) {
            assertThatThrownBy(() -> properties(wrong, Duration.ZERO, 1)).hasMessageContaining("securemed.bridge.");
        }
    }

    @Test
    void clocks_differ_by_a_minute_at_most_and_requests_have_a_size() {
        assertThat(properties(GOOD, Duration.ofMinutes(1), 1).clockSkew()).isEqualTo(Duration.ofMinutes(1));
        for (Duration wrong : List.of(Duration.ofMillis(-1), Duration.ofMillis(60_001))) {
            assertThatThrownBy(() -> properties(GOOD, wrong, 1)).hasMessageContaining("clock-skew");
        }
        assertThatThrownBy(() -> properties(GOOD, Duration.ZERO, 0)).hasMessageContaining("max-body");
    }

    @Test
    void what_is_open_is_a_path_of_one_feature() {
        assertThat(new OpenPaths(List.of("/cards/challenges/*/refusal")).patterns())
                .hasSize(1);
        for (String wrong : List.of("/**", "/*", "cards", "**", "")) {
            assertThatThrownBy(() -> new OpenPaths(List.of(wrong))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static BridgeProperties properties(String address, Duration skew, long bytes) {
        URI uri = URI.create(address);
        return new BridgeProperties(uri, uri, null, DataSize.ofBytes(bytes), skew);
    }
}
