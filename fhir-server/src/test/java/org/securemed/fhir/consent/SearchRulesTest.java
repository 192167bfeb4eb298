package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchRulesTest {
    /** By the search alone, whatever is stored; see docs/conformance.md. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "_has:Observation:patient:_has:Provenance:target:agent=x",
                "_has:Observation:patient:subject.name=x",
                "encounter.patient.name=a",
                "encounter:Encounter.subject:Patient.name=a",
                "encounter%2Epatient%2Ename=a",
                "_filter=code eq 718-7",
                "_list=1",
                "_source=urn:x",
                "_source:contains=x",
                "_text=x",
                "_content=x",
                "_contained=both",
                "_containedType=contained",
                "_query=x",
                "_includeDeleted=true",
                "_pid=1",
                "_graphql=x",
                "code=718-7&_pid=1",
                "patient:mdm=1",
                "code:in=http://x.example/vs",
                "code:not-in=http://x.example/vs",
                "code:missing=true",
                "_include=*",
                "_include=Observation:*",
                "_include=Observation:subject&_include=*",
                "_include:iterate=Observation:subject",
                "_include:recurse=Observation:subject",
                "_revinclude=*",
                "_revinclude:iterate=Provenance:target",
                "_sort=patient.name",
                "_sort=_id,-patient.name",
                "_sort=subject:Patient"
            })
    void what_reaches_beyond_the_patients_of_a_request_is_refused(String query) {
        assertThatThrownBy(() -> SearchRules.check("Observation", SearchRules.parameters(query)))
                .isInstanceOf(ForbiddenOperationException.class);
        assertThatThrownBy(() -> SearchRules.checkQuery("Observation", "Observation?" + query))
                .isInstanceOf(ForbiddenOperationException.class);
    }

    @Test
    void includes_are_for_searches_alone_and_not_for_what_refers_to_shared_resources() {
        Map<String, String[]> include = SearchRules.parameters("_include=Patient:organization");
        Map<String, String[]> revinclude = SearchRules.parameters("_revinclude=Observation:performer");

        assertThatCode(() -> SearchRules.check("Patient", include)).doesNotThrowAnyException();
        assertThatCode(() -> SearchRules.check("Patient", revinclude)).doesNotThrowAnyException();
        assertThatThrownBy(() -> SearchRules.check("Practitioner", revinclude))
                .isInstanceOf(ForbiddenOperationException.class);
        for (String query : new String[] {"_include=Patient:organization", "_revinclude=Observation:performer"}) {
            assertThatThrownBy(() -> SearchRules.checkQuery("Patient", query))
                    .isInstanceOf(ForbiddenOperationException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"_count=-1", "_count=x", "_count=1000000000", "_count=1&_count=x", "_offset=-1", "_offset="})
    void pages_are_numbered(String query) {
        assertThatThrownBy(() -> SearchRules.checkQuery("Observation", query))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void a_search_has_at_most_500_values() {
        String most = "_id=1" + ",1".repeat(399) + "&patient=1" + ",1".repeat(99);

        assertThatCode(() -> SearchRules.checkQuery("Observation", most)).doesNotThrowAnyException();
        assertThatThrownBy(() -> SearchRules.checkQuery("Observation", most + "&code=1"))
                .isInstanceOf(InvalidRequestException.class);
    }

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
