package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.SecurityLabels;

class SensitivityListsTest {
    private final SensitivityLists shipped = SensitivityLists.with(List.of());

    @ParameterizedTest
    @CsvSource({
        "http://hl7.org/fhir/sid/icd-10-cm,F10.20,ETHUD",
        "http://hl7.org/fhir/sid/icd-10-cm,F11.9,OPIOIDUD",
        "http://hl7.org/fhir/sid/icd-10-cm,F17.2,",
        "http://hl7.org/fhir/sid/icd-10-cm,F19.10,SUD",
        "http://hl7.org/fhir/sid/icd-10-cm,F32.1,PSY",
        "http://hl7.org/fhir/sid/icd-10-cm,B20,HIV",
        "http://hl7.org/fhir/sid/icd-10,B24,HIV",
        "http://hl7.org/fhir/sid/icd-10-cm,A51.0,STD",
        "http://hl7.org/fhir/sid/icd-10-cm,T74.11XA,SDV",
        "http://hl7.org/fhir/sid/icd-10-cm,D57.1,SICKLE",
        "http://hl7.org/fhir/sid/icd-10-cm,I10,",
        "http://loinc.org,44261-6,PSY",
        "http://loinc.org,718-7,",
        "urn:other,B20,",
        "http://www.nlm.nih.gov/research/umls/rxnorm,6813,OPIOIDUD"
    })
    void the_shipped_lists(String system, String code, String label) {
        if (label == null) {
            assertThat(shipped.labels(List.of(new Coding(system, code)))).isEmpty();
        } else {
            assertThat(shipped.labels(List.of(new Coding(system, code))))
                    .containsExactly(SecurityLabels.sensitivity(label));
        }
    }

    @Test
    void one_code_may_be_sensitive_in_several_respects() {
        SensitivityLists lists = SensitivityLists.of("HIV urn:s a # one\n\n  PSY urn:s a*\n# none\n");

        assertThat(lists.labels(List.of(new Coding("urn:s", "a"))))
                .containsExactlyInAnyOrder(SecurityLabels.sensitivity("HIV"), SecurityLabels.sensitivity("PSY"));
        assertThat(lists.labels(List.of(new Coding("urn:s", "ab")))).containsExactly(SecurityLabels.sensitivity("PSY"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HIV urn:s", "NONSENSE urn:s a", "HIV urn:s a b", "N urn:s a"})
    void a_line_that_says_nothing_is_refused(String line) {
        assertThatThrownBy(() -> SensitivityLists.of(line)).hasMessageContaining("line 1");
    }
}
