package org.securemed.fhir.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvenTimeTest {
    @ParameterizedTest
    @CsvSource({"0,10", "1,10", "10,10", "11,20", "20,20", "21,40", "79,80", "1000,1280"})
    void something_of_this_age_leaves_at_the_next_even_time(long age, long due) {
        assertThat(EvenTime.of(Duration.ofMillis(age), Duration.ofMillis(10))).isEqualTo(Duration.ofMillis(due));
    }

    @Test
    void nothing_leaves_before() {
        long began = System.nanoTime();

        EvenTime.hold(began, Duration.ofMillis(20));

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }
}
