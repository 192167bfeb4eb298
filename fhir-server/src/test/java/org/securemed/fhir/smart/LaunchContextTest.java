package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** SMART App Launch 2.2: fhirContext. */
class LaunchContextTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static LaunchContext.Resource read(String json) throws Exception {
        return JSON.readValue(json.replace('\'', '"'), LaunchContext.Resource.class);
    }

    @Test
    void a_resource_is_named_by_reference_canonical_or_identifier() throws Exception {
        assertThat(read("{'reference':'ImagingStudy/7'}").toMap()).isEqualTo(Map.of("reference", "ImagingStudy/7"));
        assertThat(read("{'canonical':'https://x.example/Questionnaire/q|2','type':'Questionnaire'}")
                        .toMap())
                .isEqualTo(Map.of("canonical", "https://x.example/Questionnaire/q|2", "type", "Questionnaire"));
        assertThat(read("{'identifier':{'system':'urn:x','value':'1'},'type':'Task','role':'https://x.example/r'}")
                        .toMap())
                .isEqualTo(Map.of(
                        "identifier",
                        Map.of("system", "urn:x", "value", "1"),
                        "type",
                        "Task",
                        "role",
                        "https://x.example/r"));
    }

    @Test
    void what_is_written_is_read_again() {
        LaunchContext context = new LaunchContext(
                "ann",
                null,
                java.util.List.of(
                        new LaunchContext.Resource(null, "https://x.example/q", null, null, null),
                        new LaunchContext.Resource(
                                null, null, new LaunchContext.Identifier(null, "7"), "Patient", "urn:role")),
                null,
                null);
        assertThat(LaunchContexts.read(LaunchContexts.write(context))).isEqualTo(context);
    }

    @Test
    void nothing_an_empty_role_and_a_patient_without_a_role_are_refused() {
        for (String bad : new String[] {
            "{}",
            "{'reference':'https://x.example/fhir/Patient/1'}",
            "{'reference':'Patient/1'}",
            "{'reference':'Encounter/1'}",
            "{'identifier':{'value':'1'},'type':'Patient'}",
            "{'identifier':{'system':'x'}}",
            "{'canonical':' '}",
            "{'reference':'Task/1','role':''}",
            "{'canonical':'x','type':'not a type'}"
        }) {
            assertThatThrownBy(() -> read(bad)).as(bad).isInstanceOf(Exception.class);
        }
    }
}
