package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WillHistoryTest {
    private final WillHistory history = new WillHistory();

    @Test
    void a_look_during_a_change_may_see_either() {
        history.changed(10, 20, true);
        history.saw("a", 12, 18, true, false);
        history.saw("b", 11, 13, false, false);
        history.saw("c", 15, 30, true, false);

        assertThat(history.violations()).isEmpty();
    }

    @Test
    void what_was_ended_and_acknowledged_is_not_seen() {
        history.changed(10, 20, true);
        history.changed(30, 40, false);
        history.saw("a", 41, 45, true, false);

        assertThat(history.violations()).hasSize(1);
    }

    @Test
    void what_was_granted_and_acknowledged_is_seen() {
        history.changed(10, 20, true);
        history.saw("a", 21, 25, false, false);

        assertThat(history.violations()).hasSize(1);
    }

    @Test
    void nobody_sees_the_state_of_before_after_somebody_has_seen_the_new_one() {
        history.changed(10, 20, true);
        history.changed(30, 60, false);
        history.saw("a", 31, 35, false, false);
        history.saw("b", 36, 40, true, false);

        assertThat(history.violations()).hasSize(1);
    }

    @Test
    void where_a_grant_may_come_late_it_may_but_its_end_may_not() {
        history.changed(10, 20, true);
        history.saw("a", 21, 25, false, true);
        history.saw("b", 26, 27, true, true);
        history.changed(30, 40, false);
        history.saw("c", 41, 42, true, true);

        assertThat(history.violations()).singleElement().asString().contains("c");
    }
}
