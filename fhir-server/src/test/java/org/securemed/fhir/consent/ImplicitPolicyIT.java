package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Under a policy that opens normal data for treatment, clinicians see it unless the patient forbids it. */
class ImplicitPolicyIT {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.empty("basic-normal", "--securemed.consent.implicit-policy=basic-normal");
        put("Practitioner/jonas-lindqvist", "{\"resourceType\":\"Practitioner\",\"id\":\"jonas-lindqvist\"}");
        for (String patient : List.of("silent", "forbids", "broken")) {
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:policy","value":"$"}]}""".replace("$", patient));
            put("Observation/normal-" + patient, """
                    {"resourceType":"Observation","id":"normal-$","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/$"}}""".replace("$", patient));
            put("Observation/psy-" + patient, """
                    {"resourceType":"Observation","id":"psy-$","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/$"}}""".replace("$", patient));
            Consents.form(server, patient);
        }
        Consent deny = Consents.permit("forbids", "Practitioner/jonas-lindqvist");
        deny.getProvision().setType(Consent.ConsentProvisionType.DENY);
        Consents.record(server, deny);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void normal_data_are_open_to_clinicians_and_sensitive_data_are_not() {
        for (String user : List.of("physician2", "nurse")) {
            assertThat(server.get(user, "Patient/silent").status()).isEqualTo(200);
            assertThat(ids(user, "Observation?patient=silent")).containsExactly("normal-silent");
            assertThat(server.get(user, "Observation/psy-silent").text().replace("psy-silent", "none"))
                    .isEqualTo(server.get(user, "Observation/none").text());
        }
        assertThat(server.get("patient2", "Patient/silent").status()).isEqualTo(404);
        assertThat(ids("patient2", "Observation?patient=silent")).isEmpty();
        assertThat(server.get("compliance", "Patient/silent").status()).isEqualTo(403);
    }

    @Test
    void who_forbids_it_does_not_exist() {
        assertThat(server.get("physician2", "Patient/forbids").text().replace("forbids", "none"))
                .isEqualTo(server.get("physician2", "Patient/none").text());
        assertThat(ids("physician2", "Observation?patient=forbids")).isEmpty();
        assertThat(server.get("nurse", "Patient/forbids").status()).isEqualTo(200);
    }

    @Test
    void searches_over_all_patients_and_by_demographics_find_who_does_not_forbid_it() {
        assertThat(ids("physician2", "Patient?_count=50")).contains("silent").doesNotContain("forbids");
        assertThat(ids("physician2", "Observation?_count=50"))
                .contains("normal-silent")
                .doesNotContain("psy-silent", "normal-forbids", "psy-forbids");
        assertThat(ids("physician2", "Patient?identifier=urn:policy%7Csilent")).containsExactly("silent");
        assertThat(ids("physician2", "Patient?identifier=urn:policy%7Cforbids")).isEmpty();
        assertThat(ids("nurse", "Patient?identifier=urn:policy%7Cforbids")).containsExactly("forbids");
        assertThat(ids("physician2", "Patient?identifier=urn:policy%7Csilent&birthdate=1900-01-01"))
                .isEmpty();
    }

    @Test
    void a_sensitive_diagnosis_is_recorded_and_an_emergency_opens_it() {
        Answer made = server.post("physician2", "Condition", resource("""
                {"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"B20"}]},"subject":{"reference":"Patient/broken"}}"""));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(ids("physician2", "Condition?patient=broken")).isEmpty();
        Parameters reason = new Parameters();
        reason.addParameter("reason", "Unconscious");

        Answer broken = Probe.of(
                        "POST",
                        "Patient/broken/$break-glass",
                        server.fhir().newJsonParser().encodeResourceToString(reason))
                .send(server, LogIns.now(server, "physician2"));

        assertThat(broken.status()).as(broken.text()).isEqualTo(200);
        assertThat(ids("physician2", "Condition?patient=broken")).hasSize(1);
        assertThat(ids("physician2", "Observation?patient=broken"))
                .containsExactlyInAnyOrder("normal-broken", "psy-broken");
    }

    private static List<String> ids(String user, String path) {
        Answer answer = server.get(user, path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        Bundle bundle = answer.bundle();
        assertThat(bundle.getTotal()).isEqualTo(bundle.getEntry().size());
        return bundle.getEntry().stream()
                .map(entry -> entry.getResource().getIdElement().getIdPart())
                .toList();
    }

    private static Resource resource(String json) {
        return (Resource) server.fhir().newJsonParser().parseResource(json);
    }

    private static void put(String path, String json) {
        Answer stored = server.put("backend", path, resource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
