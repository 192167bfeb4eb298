package org.securemed.fhir.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** The short way of a read gives what HAPI gives. A parameter, also one that changes nothing, leads to HAPI. */
class StoredReadIT {
    private static final String SYSTEM = "backend";
    private static final String THROUGH_HAPI = "?_format=json";

    /** What HAPI changes between its tables and the answer, or might. */
    private static final List<String> UNUSUAL = List.of(
            "\"meta\":{\"tag\":[{\"system\":\"urn:b\",\"code\":\"2\"},{\"system\":\"urn:a\",\"code\":\"1\"}]}",
            "\"meta\":{\"tag\":[{\"system\":\"urn:b\",\"code\":\"2\",\"display\":\"\\u00e9\\\"}\"}]}",
            "\"meta\":{\"profile\":[\"http://hl7.org/fhir/StructureDefinition/Patient\"],"
                    + "\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}]}",
            "\"meta\":{\"source\":\"urn:elsewhere\"}",
            "\"meta\":{\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"y\"}]}",
            "\"meta\":{\"versionId\":\"7\",\"lastUpdated\":\"2001-01-01T00:00:00Z\"}",
            "\"implicitRules\":\"urn:rules\",\"language\":\"en\"",
            "\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"o\",\"name\":\"Inside\"}],"
                    + "\"managingOrganization\":{\"reference\":\"#o\"}",
            "\"generalPractitioner\":[{\"reference\":\"http://localhost:8080/fhir/Practitioner/amara-okafor\"}]",
            "\"generalPractitioner\":[{\"reference\":\"Practitioner/amara-okafor/_history/1\"}]",
            "\"generalPractitioner\":[{\"reference\":\"https://elsewhere.example/fhir/Practitioner/1\"}]",
            "\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">"
                    + "a &lt; b &amp; c<br/>\\n  <b>\\u2028x</b></div>\"}",
            "\"name\":[{\"family\":\"O'Brien \\\"\\\\\\/\\t\\n \\ud83d\\ude00 \\u00fc \\u007f\"}]",
            "\"_birthDate\":{\"extension\":[{\"url\":\"urn:time\",\"valueDateTime\":\"1970-01-01T12:00:00.10+02:00\"}]},"
                    + "\"birthDate\":\"1970-01-01\"",
            "\"extension\":[{\"url\":\"urn:d\",\"valueDecimal\":1.500},{\"url\":\"urn:e\",\"valueDecimal\":1E-7}]",
            "\"extension\":[{\"url\":\"urn:b\",\"valueBase64Binary\":\"QUJD REVG\"}]",
            "\"photo\":[{\"contentType\":\"image/png\",\"data\":\"iVBORw0KGgo=\"}]",
            "\"active\":false,\"multipleBirthInteger\":0");

    private final TestServer server = TestServer.shared();

    @Test
    void everything_of_a_patient_reads_the_same_either_way() {
        Bundle everything =
                server.get(SYSTEM, "Patient/elena-rossi/$everything?_count=200").bundle();

        assertThat(everything.getEntry()).hasSizeGreaterThan(50);
        everything.getEntry().stream()
                .map(entry -> entry.getResource()
                        .getIdElement()
                        .toUnqualifiedVersionless()
                        .getValue())
                .forEach(this::readsTheSame);
    }

    @TestFactory
    Stream<DynamicTest> what_is_unusual_reads_the_same_either_way() {
        return UNUSUAL.stream()
                .map(content -> DynamicTest.dynamicTest(content, () -> {
                    Answer created = server.send(server.request(SYSTEM, "Patient")
                            .header("Content-Type", "application/fhir+json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"resourceType\":\"Patient\"," + content + "}")));
                    assertThat(created.status()).as(created.text()).isEqualTo(201);
                    readsTheSame("Patient/" + created.resource().getIdElement().getIdPart());
                }));
    }

    @Test
    void of_several_versions_the_newest_is_read() {
        for (int version = 1; version <= 3; version++) {
            server.send(server.request(SYSTEM, "Practitioner/of-three-versions")
                    .header("Content-Type", "application/fhir+json")
                    .PUT(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Practitioner\","
                            + "\"id\":\"of-three-versions\",\"name\":[{\"family\":\"Name %d\"}]}".formatted(version))));
            readsTheSame("Practitioner/of-three-versions");
        }
        Answer answer = server.get(SYSTEM, "Practitioner/of-three-versions");
        assertThat(answer.text()).contains("\"versionId\":\"3\"").contains("Name 3");
        assertThat(answer.response().headers().firstValue("ETag")).hasValue("W/\"3\"");
    }

    @Test
    void what_a_client_prefers_is_hapis_to_give() {
        String path = "Patient/elena-rossi";
        Answer plain = server.get(SYSTEM, path);

        Answer xml = server.send(server.request(SYSTEM, path).header("Accept", "application/fhir+xml"));
        assertThat(xml.text()).startsWith("<Patient");
        Answer unchanged = server.send(server.request(SYSTEM, path)
                .header(
                        "If-None-Match",
                        plain.response().headers().firstValue("ETag").orElseThrow()));
        assertThat(unchanged.status()).isEqualTo(304);
        Answer old = server.send(server.request(SYSTEM, path).header("Accept", "application/json"));
        assertThat(old.text()).isEqualTo(plain.text());
        assertThat(server.get(SYSTEM, path + "?_pretty=true").text()).contains("\n  \"id\"");
        assertThat(server.get(SYSTEM, path + "?_elements=gender").text()).contains("SUBSETTED");
    }

    private void readsTheSame(String path) {
        Answer stored = server.get(SYSTEM, path);
        Answer hapis = server.get(SYSTEM, path + THROUGH_HAPI);

        assertThat(stored.status()).isEqualTo(200);
        assertThat(stored.text()).isEqualTo(hapis.text());
        assertThat(headers(stored)).isEqualTo(headers(hapis));
    }

    private static Map<String, List<String>> headers(Answer answer) {
        Map<String, List<String>> headers =
                new TreeMap<>(answer.response().headers().map());
        // How the body is sent and when, and an id of each request.
        List.of("transfer-encoding", "content-length", "connection", "date", "x-request-id")
                .forEach(headers::remove);
        return headers;
    }
}
