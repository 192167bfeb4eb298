package org.securemed.fhir.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompleteJsonTest {
    private final CompleteJson json = new CompleteJson("https://hospital.example/fhir");

    @Test
    void id_version_and_time_come_before_the_rest() {
        assertThat(complete("{\"resourceType\":\"Patient\",\"active\":true}"))
                .hasValueSatisfying(text -> assertThat(text)
                        .startsWith("{\"resourceType\":\"Patient\",\"id\":\"a-1\",\"meta\":{\"versionId\":\"3\","
                                + "\"lastUpdated\":\"")
                        .endsWith("\"},\"active\":true}"));
        assertThat(complete("{\"resourceType\":\"Patient\",\"meta\":{},\"active\":true}"))
                .isEqualTo(complete("{\"resourceType\":\"Patient\",\"active\":true}"));
    }

    @Test
    void one_label_stays_in_meta() {
        assertThat(complete("{\"resourceType\":\"Patient\",\"meta\":{\"tag\":[{\"code\":\"]}\"}]},\"active\":true}"))
                .hasValueSatisfying(
                        text -> assertThat(text).endsWith("\",\"tag\":[{\"code\":\"]}\"}]},\"active\":true}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"resourceType\":\"Group\"}",
                "{\"resourceType\":\"Patient\",\"id\":\"other\"}",
                "{\"resourceType\":\"Patient\",\"meta\":{\"tag\":[{\"code\":\"b\"},{\"code\":\"a\"}]}}",
                "{\"resourceType\":\"Patient\",\"meta\":{\"source\":\"urn:x\"}}",
                "{\"resourceType\":\"Patient\",\"meta\":{\"tag\":[{\"code\":\"b\"",
                "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Group\"}]}",
                "{\"resourceType\":\"Patient\",\"link\":[{\"other\":{\"reference\":\"Patient/1/_history/1\"}}]}",
                "{\"resourceType\":\"Patient\",\"link\":[{\"other\":{\"reference\":"
                        + "\"https://hospital.example/fhir/Patient/1\"}}]}",
            })
    void what_hapi_would_change_is_left_to_hapi(String text) {
        assertThat(complete(text)).isEmpty();
    }

    private Optional<String> complete(String text) {
        return json.of(new StoredVersion("Patient", "a-1", 3, Instant.parse("2026-01-02T03:04:05.060Z"), 100, text));
    }
}
