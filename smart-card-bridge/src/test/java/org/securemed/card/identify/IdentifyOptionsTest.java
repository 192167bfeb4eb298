package org.securemed.card.identify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdentifyOptionsTest {
    private static final List<String> LEAST = List.of("--reader", "R", "--ca", "ca.pem", "--crl", "crl.der");

    @Test
    void the_least_that_is_needed_is_enough() {
        IdentifyOptions options = IdentifyOptions.parse(LEAST);

        assertThat(options.reader()).isEqualTo("R");
        assertThat(options.ca()).containsExactly(Path.of("ca.pem"));
        assertThat(options.revocationLists()).containsExactly(Path.of("crl.der"));
        assertThat(options.registry()).isNull();
        assertThat(options.pin()).isFalse();
        assertThat(options.patience()).isZero();
    }

    @Test
    void several_cas_and_lists_may_be_named_and_everything_else_once() {
        IdentifyOptions options = parse("--ca", "root.der", "--crl", "root.crl", "--wait", "9", "--pin");

        assertThat(options.ca()).containsExactly(Path.of("ca.pem"), Path.of("root.der"));
        assertThat(options.revocationLists()).containsExactly(Path.of("crl.der"), Path.of("root.crl"));
        assertThat(options.patience()).isEqualTo(Duration.ofSeconds(9));
        assertThat(options.pin()).isTrue();
        assertThatThrownBy(() -> parse("--reader", "S")).hasMessage("given twice: --reader");
        assertThatThrownBy(() -> parse("--wait", "1", "--wait", "1")).hasMessage("given twice: --wait");
    }

    @Test
    void what_is_missing_unknown_or_makes_no_sense_is_named() {
        assertThatThrownBy(() -> IdentifyOptions.parse(List.of("--ca", "a", "--crl", "c")))
                .hasMessage("missing: --reader");
        assertThatThrownBy(() -> IdentifyOptions.parse(List.of("--reader", "R", "--crl", "c")))
                .hasMessage("missing: --ca");
        assertThatThrownBy(() -> IdentifyOptions.parse(List.of("--reader", "R", "--ca", "a")))
                .hasMessage("missing: --crl");
        for (List<String> wrong : List.of(
                List.of("--verbose", "x"),
                List.of("--wait"),
                List.of("--wait", "-1"),
                List.of("--wait", "3601"),
                List.of("--wait", "soon"),
                List.of("--round-trip", "0"),
                List.of("--round-trip", "10001"),
                List.of("--round-trip", "x"),
                List.of("--ca", ""),
                List.of("--crl", "a\0b"),
                List.of("--certificate", "c.pem"),
                List.of("--registry", "ftp://bridge"),
                List.of("--registry", "https://"),
                List.of("--registry", "https://user@bridge"),
                List.of("--registry", "https://bridge?x"),
                List.of("--registry", "https://bridge#x"))) {
            assertThatThrownBy(() -> parse(wrong.toArray(String[]::new)))
                    .as(wrong.toString())
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static IdentifyOptions parse(String... more) {
        List<String> options = new ArrayList<>(LEAST);
        options.addAll(List.of(more));
        return IdentifyOptions.parse(options);
    }
}
