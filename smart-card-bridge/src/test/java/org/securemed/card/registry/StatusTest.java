package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusTest {
    @ParameterizedTest
    @CsvSource({
        "ISSUED, ACTIVE LOST REPLACED EXPIRED",
        "ACTIVE, SUSPENDED LOST REPLACED EXPIRED",
        "SUSPENDED, ACTIVE LOST REPLACED EXPIRED",
        "LOST, ''",
        "REPLACED, ''",
        "EXPIRED, ''"
    })
    void a_card_that_is_lost_replaced_or_expired_is_so_for_good(Status status, String next) {
        assertThat(EnumSet.allOf(Status.class).stream()
                        .filter(status::mayBecome)
                        .map(Status::name)
                        .collect(Collectors.joining(" ")))
                .isEqualTo(next);
    }

    @Test
    void each_has_a_code_and_nothing_else_is_one() {
        assertThat(Arrays.stream(Status.values()).map(Status::code))
                .containsExactly("issued", "active", "suspended", "lost", "replaced", "expired");
        assertThat(Status.of("active")).hasValue(Status.ACTIVE);
        assertThat(Status.of("ACTIVE")).isEmpty();
    }
}
