package org.securemed.fhir.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Period;
import org.junit.jupiter.api.Test;

class RetentionPropertiesTest {
    @Test
    void entries_are_kept_for_six_years_or_more() {
        assertThat(new RetentionProperties(Period.parse("P6Y"), false, 500).period())
                .isEqualTo(Period.ofYears(6));
        assertThat(new RetentionProperties(Period.parse("P72M"), false, 500).period())
                .isEqualTo(Period.ofMonths(72));
        for (String shorter : new String[] {"P5Y", "P71M", "P0D", "P2190D", "-P7Y", "P7Y-13M"}) {
            assertThatThrownBy(() -> new RetentionProperties(Period.parse(shorter), false, 500))
                    .as(shorter)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void for_development_it_may_be_less_but_nothing_of_the_future() {
        assertThat(new RetentionProperties(Period.ZERO, true, 500).shorter()).isTrue();
        assertThatThrownBy(() -> new RetentionProperties(Period.parse("-P1D"), true, 500))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RetentionProperties(Period.ofYears(6), false, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
