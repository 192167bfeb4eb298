package org.securemed.card.reader.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgentOptionsTest {
    private static final List<String> LEAST =
            List.of("--bridge", "https://bridge.example.org", "--allow", "https://ehr.example.org");

    @Test
    void pages_of_the_named_origins_are_allowed_and_of_no_others() {
        AgentOptions options = parse("--allow", "http://localhost:8080");

        assertThat(List.of("https://ehr.example.org/login/card", "http://localhost:8080/", "http://localhost:8080"))
                .allSatisfy(address -> assertThat(options.allows(URI.create(address)))
                        .as(address)
                        .isTrue());
        assertThat(List.of(
                        "http://ehr.example.org/",
                        "https://ehr.example.org:8443/",
                        "https://ehr.example.org.evil.example/",
                        "https://evil.example/https://ehr.example.org",
                        "https://ehr.example.org@evil.example/",
                        "https://user@ehr.example.org/",
                        "https://ehr.example.org:443/",
                        "javascript:alert(1)",
                        "//ehr.example.org/",
                        ""))
                .allSatisfy(address -> assertThat(options.allows(URI.create(address)))
                        .as(address)
                        .isFalse());
    }

    @Test
    void what_is_missing_unknown_or_makes_no_sense_is_refused() {
        assertThatThrownBy(() -> AgentOptions.parse(LEAST.subList(0, 2))).hasMessage("missing: --allow");
        assertThatThrownBy(() -> AgentOptions.parse(LEAST.subList(2, 4))).hasMessage("missing: --bridge");
        for (List<String> wrong : List.of(
                List.of("--port"),
                List.of("--port", "65536"),
                List.of("--port", "-1"),
                List.of("--port", "http"),
                List.of("--any", "x"),
                List.of("--round-trip", "0"),
                List.of("--allow", "*"),
                List.of("--allow", "null"),
                List.of("--allow", "https://ehr.example.org/"),
                List.of("--allow", "https://ehr.example.org/page"),
                List.of("--allow", "https://user@ehr.example.org"),
                List.of("--allow", "ftp://ehr.example.org"),
                List.of("--bridge", "https://bridge.example.org/"),
                List.of("--bridge", "https://bridge.example.org?x"),
                List.of("--bridge", "file:/tmp"),
                List.of("--bridge", "not an address"),
                List.of("--key", "k.pem"),
                List.of("--trust", "a\0b"))) {
            assertThatThrownBy(() -> parse(wrong.toArray(String[]::new)))
                    .as(wrong.toString())
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(parse("--port", "65535").port()).isEqualTo(65535);
        assertThat(parse().port()).isEqualTo(8095);
    }

    private static AgentOptions parse(String... more) {
        List<String> options = new ArrayList<>(LEAST);
        options.addAll(List.of(more));
        return AgentOptions.parse(options);
    }
}
