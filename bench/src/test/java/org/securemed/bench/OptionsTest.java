package org.securemed.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
    @Test
    void no_option_means_a_full_run_of_all_operations_without_a_budget() {
        assertThat(Options.parse()).isEqualTo(Options.FULL);
        assertThat(Options.FULL.operations()).containsExactly(Operation.values());
        assertThat(Options.FULL.budget()).isZero();
    }

    @Test
    void a_quick_run_leaves_half_a_minute_of_its_two_for_building_and_stopping() {
        assertThat(Options.parse("--quick").budget()).isLessThanOrEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void every_option_is_read_wherever_it_stands() {
        assertThat(Options.parse(
                        "--patients",
                        "20",
                        "--clients",
                        "4,2",
                        "--rounds",
                        "9",
                        "--seconds",
                        "0.5",
                        "--quick",
                        "--warm-up",
                        "3",
                        "--start-ups",
                        "1",
                        "--rivals",
                        "balp,plain",
                        "--operations",
                        "read-patient",
                        "--jvm",
                        "-XX:+UseSerialGC",
                        "--output",
                        "out.json"))
                .isEqualTo(new Options(
                        20,
                        List.of(4, 2),
                        9,
                        Duration.ofMillis(500),
                        Duration.ofSeconds(3),
                        1,
                        Options.QUICK.budget(),
                        List.of(Rival.BALP, Rival.PLAIN),
                        List.of(Operation.READ_PATIENT),
                        Stream.concat(Options.QUICK.jvmFlags().stream(), Stream.of("-XX:+UseSerialGC"))
                                .toList(),
                        Path.of("out.json")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--fast",
                "--patients",
                "--patients none",
                "--patients 0",
                "--clients 0",
                "--rounds 0",
                "--seconds 0",
                "--start-ups -1",
                "--operations read-everything",
                "--colour red"
            })
    void anything_else_is_refused(String arguments) {
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(arguments.split(" ")));
    }

    @Test
    void more_clients_than_patients_are_refused_because_each_updates_patients_of_its_own() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse("--patients", "4", "--clients", "8"))
                .withMessageContaining("at least as many patients as clients");
    }
}
