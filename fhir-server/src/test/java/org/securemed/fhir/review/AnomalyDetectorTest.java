package org.securemed.fhir.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.review.Suspicion.Rule;

/** Each rule by itself: its case, and the case that is nearly so. */
class AnomalyDetectorTest {
    private static final Instant NOON = Instant.parse("2026-03-02T12:00:00Z");
    private static final String USER = "Practitioner/a";
    private static final String PATIENT = "Patient/p";

    private final Hospital hospital = new Hospital();
    private int number;

    @Test
    void own_record() {
        hospital.patient = hospital.user;
        hospital.cares = true;

        assertThat(rules(open(NOON))).containsExactly(Rule.OWN_RECORD);
    }

    @Test
    void whoever_takes_part_in_the_care_is_left_alone() {
        hospital.patient = person("silva", "other", "same street");
        hospital.cares = true;
        hospital.vip = true;

        assertThat(rules(open(Instant.parse("2026-03-02T02:00:00Z")))).isEmpty();
    }

    @Test
    void no_care_relationship_alone_is_not_enough_and_with_another_sign_it_is() {
        assertThat(rules(open(NOON))).isEmpty();
        hospital.patient = person("silva", "other", "far away");
        assertThat(rules(open(NOON))).containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.SAME_SURNAME);
        hospital.patient = person("other", "other", "same street");
        assertThat(rules(open(NOON))).containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.SAME_ADDRESS);
        hospital.patient = person("other", "other", "far away");
        hospital.vip = true;
        assertThat(rules(open(NOON))).containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.VIP);
    }

    @Test
    void off_hours_and_another_department() {
        hospital.departmentsOfPatient = Set.of("Organization/y");
        assertThat(rules(open(Instant.parse("2026-03-02T20:00:00Z"))))
                .containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.OFF_HOURS, Rule.DEPARTMENT_MISMATCH);
        assertThat(rules(open(Instant.parse("2026-03-02T19:59:59Z"))))
                .containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.DEPARTMENT_MISMATCH);
        hospital.departmentsOfPatient = Set.of("Organization/x");
        assertThat(rules(open(Instant.parse("2026-03-02T05:59:59Z")))).isEmpty();
    }

    @Test
    void searched_and_then_opened() {
        hospital.departmentsOfPatient = Set.of("Organization/y");
        AnomalyDetector detector = detector();
        detector.observe(event(NOON, null, Observed.Kind.SEARCHED, "here"));
        assertThat(rules(detector.observe(event(NOON.plusSeconds(120), PATIENT, Observed.Kind.OPENED, "here"))))
                .containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.DEPARTMENT_MISMATCH, Rule.SEARCH_THEN_OPEN);
        AnomalyDetector later = detector();
        later.observe(event(NOON, null, Observed.Kind.SEARCHED, "here"));
        assertThat(rules(later.observe(event(NOON.plusSeconds(121), PATIENT, Observed.Kind.OPENED, "here"))))
                .containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.DEPARTMENT_MISMATCH);
    }

    @Test
    void fifteen_strangers_in_an_hour_are_too_many_and_fourteen_are_not() {
        AnomalyDetector detector = detector();
        for (int i = 0; i < 14; i++) {
            assertThat(rules(
                            detector.observe(event(NOON.plusSeconds(i), "Patient/" + i, Observed.Kind.OPENED, "here"))))
                    .isEmpty();
        }
        assertThat(rules(detector.observe(event(NOON.plusSeconds(3599), PATIENT, Observed.Kind.OPENED, "here"))))
                .containsExactly(Rule.NO_CARE_RELATIONSHIP, Rule.VOLUME);
        assertThat(rules(detector.observe(event(NOON.plusSeconds(2 * 3600), PATIENT, Observed.Kind.OPENED, "here"))))
                .isEmpty();
    }

    @Test
    void five_refused_patients_in_an_hour_and_not_one_five_times() {
        AnomalyDetector detector = detector();
        for (int i = 0; i < 10; i++) {
            assertThat(rules(detector.observe(event(NOON.plusSeconds(i), PATIENT, Observed.Kind.DENIED, "here"))))
                    .isEmpty();
        }
        for (int i = 0; i < 3; i++) {
            assertThat(rules(
                            detector.observe(event(NOON.plusSeconds(i), "Patient/" + i, Observed.Kind.DENIED, "here"))))
                    .isEmpty();
        }
        assertThat(rules(detector.observe(event(NOON.plusSeconds(60), "Patient/x", Observed.Kind.DENIED, "here"))))
                .containsExactly(Rule.REPEATED_DENIALS);
    }

    @Test
    void a_card_in_two_places() {
        AnomalyDetector detector = detector();
        detector.observe(event(NOON, null, Observed.Kind.CARD, "here"));
        assertThat(rules(detector.observe(event(NOON.plusSeconds(10), null, Observed.Kind.CARD, "here"))))
                .isEmpty();
        assertThat(rules(detector.observe(event(NOON.plusSeconds(300), null, Observed.Kind.CARD, "there"))))
                .containsExactly(Rule.CARD_IN_TWO_PLACES);
        assertThat(rules(detector.observe(event(NOON.plusSeconds(900), null, Observed.Kind.CARD, "here"))))
                .isEmpty();
    }

    @Test
    void a_card_in_two_places_scores_so_much_shows_both_uses_and_ends_with_the_window() {
        AnomalyDetector detector = detector();
        detector.observe(event(NOON, null, Observed.Kind.CARD, "here"));
        AnomalyDetector.Finding finding = detector.observe(
                        event(NOON.plusSeconds(1), null, Observed.Kind.CARD, "there"))
                .orElseThrow();
        assertThat(finding.score()).isCloseTo(0.9, within(1e-9));
        assertThat(finding.events()).containsExactly("e0", "e1");
        AnomalyDetector later = detector();
        later.observe(event(NOON, null, Observed.Kind.CARD, "here"));
        assertThat(rules(later.observe(event(NOON.plusMillis(300_001), null, Observed.Kind.CARD, "there"))))
                .isEmpty();
    }

    @Test
    void a_blocked_card_and_one_that_is_used_too_often_are_findings_by_themselves() {
        AnomalyDetector.Finding blocked = detector()
                .observe(event(NOON, null, Observed.Kind.BLOCKED_CARD, "here"))
                .orElseThrow();
        assertThat(rules(Optional.of(blocked))).containsExactly(Rule.BLOCKED_CARD);
        assertThat(blocked.score()).isCloseTo(0.6, within(1e-9));
        AnomalyDetector.Finding often = detector()
                .observe(event(NOON, null, Observed.Kind.CARD_TOO_OFTEN, "here"))
                .orElseThrow();
        assertThat(rules(Optional.of(often))).containsExactly(Rule.CARD_TOO_OFTEN);
        assertThat(often.score()).isCloseTo(0.7, within(1e-9));
        AnomalyDetector lighter =
                new AnomalyDetector(hospital, Settings.with(Map.of("blocked-card", 0.49, "card-too-often", 0.5)));
        assertThat(lighter.observe(event(NOON, null, Observed.Kind.BLOCKED_CARD, "here")))
                .isEmpty();
        assertThat(lighter.observe(event(NOON, null, Observed.Kind.CARD_TOO_OFTEN, "here")))
                .isPresent();
    }

    @Test
    void a_refused_card_is_nowhere_and_makes_no_second_place() {
        AnomalyDetector detector = detector();
        detector.observe(event(NOON, null, Observed.Kind.BLOCKED_CARD, "here"));
        assertThat(rules(detector.observe(event(NOON.plusSeconds(1), null, Observed.Kind.CARD, "there"))))
                .isEmpty();
    }

    @Test
    void a_rule_that_weighs_nothing_says_nothing() {
        hospital.vip = true;
        AnomalyDetector detector = new AnomalyDetector(hospital, Settings.with(Map.of("vip", 0.0)));

        assertThat(rules(detector.observe(event(NOON, PATIENT, Observed.Kind.OPENED, "here"))))
                .isEmpty();
    }

    private AnomalyDetector detector() {
        return new AnomalyDetector(hospital, Settings.defaults());
    }

    private Optional<AnomalyDetector.Finding> open(Instant at) {
        return detector().observe(event(at, PATIENT, Observed.Kind.OPENED, "here"));
    }

    private Observed event(Instant at, @Nullable String patient, Observed.Kind kind, String address) {
        return new Observed("e" + number++, at, USER, "physician", patient, kind, address);
    }

    private static List<Rule> rules(Optional<AnomalyDetector.Finding> finding) {
        return finding.map(
                        found -> found.reasons().stream().map(Suspicion::rule).toList())
                .orElse(List.of());
    }

    private static Identity person(String surname, String given, String street) {
        return new Identity(
                Set.of(surname), Set.of(given + " " + surname + " 1980-01-01"), Set.of(street), Set.of(), Set.of());
    }

    private static final class Hospital implements CareContext {
        private final Identity user = person("silva", "ana", "same street");
        private Identity patient = person("other", "other", "far away");
        private boolean cares;
        private boolean vip;
        private Set<String> departmentsOfPatient = new HashSet<>(Set.of("Organization/x"));

        @Override
        public Optional<Identity> identity(String reference) {
            return Optional.of(reference.equals(USER) ? user : patient);
        }

        @Override
        public boolean cares(String by, String of) {
            return cares;
        }

        @Override
        public boolean isVip(String of) {
            return vip;
        }

        @Override
        public Set<String> departments(String of) {
            return Set.of("Organization/x");
        }

        @Override
        public Set<String> departmentsOf(String of) {
            return departmentsOfPatient;
        }
    }
}
