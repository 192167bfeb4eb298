package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class AskPaceTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void so_many_an_hour_for_each_person_and_then_again() {
        AskPace pace = new AskPace(2);
        assertThat(pace.mayAsk("Practitioner/a", NOW)).isTrue();
        assertThat(pace.mayAsk("Practitioner/a", NOW.plusSeconds(10))).isTrue();
        assertThat(pace.mayAsk("Practitioner/a", NOW.plusSeconds(20))).isFalse();
        assertThat(pace.mayAsk("Practitioner/b", NOW.plusSeconds(20))).isTrue();
        assertThat(pace.mayAsk("Practitioner/a", NOW.plusSeconds(3599))).isFalse();
        assertThat(pace.mayAsk("Practitioner/a", NOW.plusSeconds(3600))).isTrue();
    }
}
