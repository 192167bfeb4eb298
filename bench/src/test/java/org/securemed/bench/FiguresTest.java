package org.securemed.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void a_figure_is_one_line_of_json() {
        assertThat(new Figure("read-patient/8/p50", "ms", 3.61111, 3.5, 7).json())
                .isEqualTo("{\"name\":\"read-patient/8/p50\",\"unit\":\"ms\",\"ours\":3.611,\"rival\":3.5,"
                        + "\"ratio\":1.032,\"runs\":7}");
    }

    @Test
    void large_values_are_written_as_plain_digits() {
        assertThat(new Figure("x", "requests/s", 12_345, 12_345, 1).json()).contains("\"ours\":12350,");
    }

    @Test
    void a_figure_that_could_not_be_taken_is_null_and_not_zero() {
        assertThat(new Figure("x", "ms", Double.NaN, 2, 1).json()).contains("\"ours\":null", "\"ratio\":null");
    }

    @Test
    void the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assertThat(Figure.median(9, 1, 5)).isEqualTo(5);
        assertThat(Figure.median(9, 1, 5, 6)).isEqualTo(5.5);
        assertThat(Figure.median()).isNaN();
    }

    @Test
    void percentiles_are_by_nearest_rank() {
        Round.Latencies hundred = new Round.Latencies(
                LongStream.rangeClosed(1, 100).map(ms -> (101 - ms) * 1_000_000).toArray());
        assertThat(hundred.percentileMillis(50)).isEqualTo(50);
        assertThat(hundred.percentileMillis(99)).isEqualTo(99);
        assertThat(hundred.percentileMillis(100)).isEqualTo(100);
        assertThat(new Round.Latencies(new long[] {5_000_000}).percentileMillis(1))
                .isEqualTo(5);
        assertThat(new Round.Latencies(new long[0]).percentileMillis(50)).isNaN();
    }

    @Test
    void cpu_is_counted_by_answered_request_over_all_rounds() {
        Round round = new Round(
                200,
                0,
                "",
                Duration.ofSeconds(2),
                new Round.Latencies(new long[0]),
                Duration.ofMillis(300),
                Duration.ofMillis(100),
                Duration.ofMillis(20));
        assertThat(round.throughput()).isEqualTo(100);
        Round idle = new Round(
                200,
                0,
                "",
                Duration.ofSeconds(2),
                new Round.Latencies(new long[0]),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO);
        Figure cpu = Figure.ofCpu("x", List.of(round, idle), List.of(round, round), Round::cpu);
        assertThat(cpu.ours()).isEqualTo(1);
        assertThat(cpu.rival()).isEqualTo(2);
        assertThat(cpu.ratio()).isEqualTo(0.5);
    }

    @Test
    void the_cpu_time_of_a_process_whose_name_looks_like_fields_is_read_all_the_same() {
        String stat = "4711 (a b) 3 (c) S 1 2 3 4 5 6 7 8 9 10 250 50 7 3 20 0 1 0 100 0";
        assertThat(Cpu.sum(stat, 14, 15)).isEqualTo(Duration.ofSeconds(3));
        assertThat(Cpu.sum(stat, 14, 15, 16, 17)).isEqualTo(Duration.ofMillis(3100));
    }

    @Test
    void a_template_has_exactly_one_place() {
        assertThat(Template.of("{\"a\":\"9876543\"}").with(new SplittableRandom(1)))
                .matches("\\{\"a\":\"[0-9]{7}\"}");
        assertThatIllegalArgumentException().isThrownBy(() -> Template.of("{}"));
        assertThatIllegalArgumentException().isThrownBy(() -> Template.of("9876543 9876543"));
    }

    @Test
    void no_patient_is_updated_by_two_clients_and_none_is_left_out() {
        Population population = new Population(IntStream.range(0, 10)
                .mapToObj(i -> new Population.Member(
                        "p" + i, "", List.of(), Template.of(Template.PLACE), Template.of(Template.PLACE)))
                .toList());
        SplittableRandom random = new SplittableRandom(3);
        Set<String> seen = new HashSet<>();
        for (int client = 0; client < 8; client++) {
            Set<String> own = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                own.add(population.ownOf(client, 8, random).id());
            }
            assertThat(seen).doesNotContainAnyElementsOf(own);
            seen.addAll(own);
        }
        assertThat(seen).hasSize(10);
    }

    @Test
    void the_table_has_a_line_for_each_figure() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Report report = new Report(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        report.add(new Figure("read-patient/1/throughput", "requests/s", 1000, 1050, 5));
        report.printTable();
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines().toList())
                .hasSize(4)
                .last()
                .asString()
                .matches("read-patient/1/throughput +1000 +1050 +requests/s +0\\.95 +5");
    }
}
