package org.securemed.ledger.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.model.CommitModel.LeftOut;
import org.securemed.ledger.model.CommitModel.Violation;

class CommitModelTest {
    @Test
    void whatever_crashes_and_whichever_answer_is_lost_two_instances_keep_what_is_promised() {
        CommitModel model = new CommitModel(LeftOut.NOTHING);
        assertThat(model.explore()).isEmpty();
        assertThat(model.states()).isGreaterThan(1_000);
    }

    @Test
    void each_part_of_the_protocol_is_there_for_something() {
        Map<LeftOut, Violation> guards = Map.of(
                LeftOut.VERSIONS_ARE_COMPARED, Violation.READ_BEHIND_THE_REVOCATION_IT_DID_NOT_KNOW,
                LeftOut.THE_HEAD_IS_COMPARED, Violation.BUILT_ON_ANOTHER_HEAD,
                LeftOut.A_LOST_OUTCOME_IS_ASKED_FOR, Violation.TWICE_IN_THE_LOG,
                LeftOut.THE_OUTBOX_IS_DRAINED_AT_A_START, Violation.COMMITTED_REVOCATION_NEVER_IN_THE_LOG);
        guards.forEach((part, violation) -> {
            Set<Violation> violations = new CommitModel(part).explore();
            assertThat(violations).as("without: %s", part).contains(violation);
        });
    }
}
