package org.securemed.fhir.research;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StudyKeyTest {
    private static final String SECRET = Base64.getEncoder().encodeToString(new byte[32]);
    private static final StudyKey STUDY = study(SECRET, "ResearchStudy/a");
    private static final StudyKey OTHER = study(SECRET, "ResearchStudy/b");

    @Test
    void a_pseudonym_leads_back_to_its_number_in_its_study_and_nowhere_else() {
        Set<String> all = new HashSet<>();
        for (long number = 1; number <= 2000; number++) {
            String pseudonym = STUDY.pseudonym(number);
            assertThat(STUDY.number(pseudonym)).hasValue(number);
            assertThat(OTHER.number(pseudonym)).isEmpty();
            assertThat(pseudonym).isNotEqualTo(OTHER.pseudonym(number));
            all.add(pseudonym);
        }
        assertThat(all).hasSize(2000);
        assertThat(STUDY.number(STUDY.pseudonym(Long.MAX_VALUE))).hasValue(Long.MAX_VALUE);
    }

    @Test
    void a_pseudonym_is_the_same_after_a_restart_and_another_under_another_secret() {
        assertThat(study(SECRET, "ResearchStudy/a").pseudonym(17)).isEqualTo(STUDY.pseudonym(17));
        assertThat(study(
                                Base64.getEncoder().encodeToString(new byte[] {
                                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                    24, 25, 26, 27, 28, 29, 30, 31, 32
                                }),
                                "ResearchStudy/a")
                        .pseudonym(17))
                .isNotEqualTo(STUDY.pseudonym(17));
    }

    @Test
    void anything_else_is_no_pseudonym() {
        for (String other : List.of("", "elena-rossi", "17", "00000000-0000-0000-0000-000000000000", "x".repeat(36))) {
            assertThat(STUDY.number(other)).as(other).isEmpty();
        }
    }

    @Test
    void dates_are_moved_by_a_day_to_a_year_for_each_patient_and_study() {
        Set<Duration> all = new HashSet<>();
        for (int patient = 0; patient < 1000; patient++) {
            Duration earlier = STUDY.shift(Set.of("p" + patient));
            assertThat(earlier).isBetween(Duration.ofDays(1), Duration.ofDays(365));
            assertThat(STUDY.shift(List.of("p" + patient))).isEqualTo(earlier);
            all.add(earlier);
            all.add(OTHER.shift(Set.of("p" + patient)));
        }
        assertThat(all).hasSizeGreaterThan(1990);
        assertThat(STUDY.shift(List.of("b", "a"))).isEqualTo(STUDY.shift(List.of("a", "b")));
    }

    @Test
    void production_has_a_secret_or_no_studies() {
        assertThat(StudyKeys.of(null, true).of("ResearchStudy/a")).isEmpty();
        assertThat(StudyKeys.of(null, false).of("ResearchStudy/a")).isPresent();
        String development = Base64.getEncoder()
                .encodeToString(
                        "SecureMed development: no secret".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThatIllegalStateException().isThrownBy(() -> StudyKeys.of(development, true));
        assertThatIllegalStateException().isThrownBy(() -> StudyKeys.of("c2hvcnQ=", false));
        assertThatIllegalStateException().isThrownBy(() -> StudyKeys.of("%%%", false));
    }

    private static StudyKey study(String secret, String study) {
        return StudyKeys.of(secret, true).of(study).orElseThrow();
    }
}
