package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchRulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"code:above=718-7", "code:below=718-7", "code:below=http://loinc.org|718-7,718-8"})
    void a_code_above_or_below_has_a_system(String query) {
        assertThatThrownBy(() -> SearchRules.checkQuery("Observation", query))
                .isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"code:below=http://loinc.org|718-7", "_profile:below=http://x.example/p", "code=718-7"})
    void what_says_enough_is_not_refused(String query) {
        assertThatCode(() -> SearchRules.checkQuery("Observation", query)).doesNotThrowAnyException();
    }
}
