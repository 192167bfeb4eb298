package org.securemed.card.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.Caller;

class SubjectTest {
    @Test
    void a_patient_is_the_subject_and_a_representative_s_is_the_one_of_their_token() {
        assertThat(Subject.of(caller("patient", "Patient/elena", null))).isEqualTo("elena");
        assertThat(Subject.of(caller("patient", "Patient/elena", "other"))).isEqualTo("elena");
        assertThat(Subject.of(caller("representative", "RelatedPerson/ana", "elena")))
                .isEqualTo("elena");
    }

    @Test
    void who_names_nobody_or_something_else_is_refused() {
        for (Caller wrong : new Caller[] {
            caller("patient", null, "elena"),
            caller("patient", "Practitioner/amara", "elena"),
            caller("patient", "Patient/", null),
            caller("patient", "Patient/../metadata", null),
            caller("patient", "Patient/elena?_format=x", null),
            caller("representative", "RelatedPerson/ana", null),
            caller("representative", "RelatedPerson/ana", ""),
            caller("representative", "RelatedPerson/ana", "../metadata")
        }) {
            assertThatThrownBy(() -> Subject.of(wrong))
                    .isInstanceOfSatisfying(
                            Problem.class, e -> assertThat(e.code()).isEqualTo("patient-missing"));
        }
        assertThatThrownBy(() -> Subject.of(caller("physician", "Patient/elena", "elena")))
                .isInstanceOfSatisfying(
                        Problem.class, e -> assertThat(e.status()).isEqualTo(403));
    }

    private static Caller caller(String role, @Nullable String user, @Nullable String patient) {
        return new Caller("1", user, patient, "app", Set.of(role), Set.of(), null, "token");
    }
}
