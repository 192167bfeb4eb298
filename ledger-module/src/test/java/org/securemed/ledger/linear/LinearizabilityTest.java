package org.securemed.ledger.linear;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The checker itself: on a register that is written and read. */
class LinearizabilityTest {
    @Test
    void calls_one_after_the_other_are_taken_as_they_are() {
        assertThat(isLinear(write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)))
                .isTrue();
        assertThat(isLinear(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))).isFalse();
    }

    @Test
    void overlapping_calls_may_have_happened_in_either_order_but_for_all_in_the_same() {
        assertThat(isLinear(write(1, 0, 10), write(2, 0, 10), read(1, 11, 12))).isTrue();
        assertThat(isLinear(write(1, 0, 10), write(2, 0, 10), read(2, 11, 12))).isTrue();
        assertThat(isLinear(write(1, 0, 10), write(2, 0, 10), read(2, 11, 12), read(1, 13, 14)))
                .isFalse();
        // Read new, then old: the classic stale read.
        assertThat(isLinear(write(1, 0, 10), read(1, 1, 2), read(0, 3, 4))).isFalse();
    }

    @Test
    void a_call_that_never_answered_may_have_happened_or_not() {
        assertThat(isLinear(write(1, 0, Long.MAX_VALUE), read(0, 1, 2), read(1, 3, 4)))
                .isTrue();
        assertThat(isLinear(write(1, 0, Long.MAX_VALUE), read(0, 1, 2), read(0, 3, 4)))
                .isTrue();
        assertThat(isLinear(write(1, 0, Long.MAX_VALUE), read(1, 1, 2), read(0, 3, 4)))
                .isFalse();
    }

    @Test
    void histories_of_a_real_register_pass_and_with_one_wrong_answer_they_do_not() {
        SplittableRandom random = new SplittableRandom(42);
        for (int round = 0; round < 200; round++) {
            List<Operation<Integer>> history = new ArrayList<>();
            int value = 0;
            for (int i = 0; i < 40; i++) {
                // Happens at 10 * i; starts and ends up to 25 around that, so up to six overlap.
                long start = 10L * i - random.nextInt(25);
                long end = 10L * i + random.nextInt(25);
                if (random.nextBoolean()) {
                    value = i + 1;
                    history.add(write(value, start, end));
                } else {
                    history.add(read(value, start, end));
                }
            }
            assertThat(Linearizability.order(0, history)).as("round %d", round).isPresent();
            history.add(read(-1, 100, 110));
            assertThat(Linearizability.order(0, history)).as("round %d", round).isEmpty();
        }
    }

    @SafeVarargs
    private static boolean isLinear(Operation<Integer>... history) {
        return Linearizability.order(0, List.of(history)).isPresent();
    }

    private static Operation<Integer> write(int value, long start, long end) {
        return new Operation<>("write " + value, start, end, state -> Optional.of(value));
    }

    private static Operation<Integer> read(int value, long start, long end) {
        return new Operation<>(
                "read " + value, start, end, state -> state == value ? Optional.of(state) : Optional.empty());
    }
}
