package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TokenMint;
import org.springframework.jdbc.core.JdbcTemplate;

/** Who asks for payment gets a record without what the demonstration's settings leave out for payment. */
class RedactionIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "rd-patient";
    private static final List<String> LEFT_OUT = List.of("555-0199", "Rafaela", "77.25", "c2VjcmV0");

    private static String token = "";
    private static String consent = "";

    @BeforeAll
    static void load() {
        new JdbcTemplate(SERVER.database())
                .update("insert into smart.account (username, password_hash, display_name, roles, fhir_user,"
                        + " purposes_of_use) values ('billing', '{noop}', 'Billing', 'physician', 'Practitioner/rd-billing',"
                        + " 'HPAYMT') on conflict do nothing");
        token = SERVER.bean(TokenMint.class).forPerson("billing", "user/*.cruds");
        put("""
                {"resourceType":"Practitioner","id":"rd-billing"}
                """);
        put("""
                {"resourceType":"Patient","id":"rd-patient","identifier":[{"system":"urn:rd","value":"1"}],"name":[{"family":"Redding"}],"gender":"female","telecom":[{"system":"phone","value":"555-0199"}],"contact":[{"name":{"family":"Rafaela"},"gender":"male"}]}
                """);
        Consents.form(SERVER, PATIENT);
        put("""
                {"resourceType":"Observation","id":"rd-obs","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/rd-patient"},"valueQuantity":{"value":77.25,"unit":"g/dL"},"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">77.25 g/dL</div>"}}
                """);
        put("""
                {"resourceType":"DiagnosticReport","id":"rd-report","status":"final","code":{"text":"x"},"contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"y"},"valueQuantity":{"value":77.25}}],"result":[{"reference":"#o"}],"subject":{"reference":"Patient/rd-patient"},"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">77.25 g/dL</div>"}}
                """);
        put("""
                {"resourceType":"Bundle","id":"rd-bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:0f5b5a0a-6f0e-4d0e-8f0e-000000000077","resource":{"resourceType":"Observation","status":"final","code":{"text":"y"},"subject":{"reference":"Patient/rd-patient"},"valueQuantity":{"value":77.25}}}]}
                """);
        put("""
                {"resourceType":"Observation","id":"rd-empty","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/rd-patient"}}
                """);
        put("""
                {"resourceType":"DocumentReference","id":"rd-doc","status":"current","subject":{"reference":"Patient/rd-patient"},"content":[{"attachment":{"contentType":"text/plain","data":"c2VjcmV0"}}]}
                """);
        Consent payment = Consents.permit(PATIENT, "Practitioner/rd-billing");
        payment.getProvision().getPurpose().clear();
        payment.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HPAYMT", null));
        consent = Consents.record(SERVER, payment);
    }

    @AfterAll
    static void end() {
        Consents.end(SERVER, consent);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Patient/rd-patient",
                "Patient/rd-patient/_history",
                "Patient/rd-patient/_history/1",
                "Patient?_id=rd-patient",
                "Patient?family=Redding",
                "Patient/rd-patient/$everything",
                "Patient/rd-patient/$summary",
                "Observation/rd-obs",
                "Observation?patient=rd-patient&_include=Observation:subject",
                "Patient?_id=rd-patient&_revinclude=Observation:subject",
                "DocumentReference/rd-doc",
                "DiagnosticReport/rd-report",
                "DiagnosticReport/rd-report/_history/1",
                "Bundle/rd-bundle",
                "DiagnosticReport?patient=rd-patient",
                "Observation/rd-empty",
                "DocumentReference?patient=rd-patient"
            })
    void what_is_left_out_is_in_no_answer(String path) {
        Answer answer = get(path);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        LEFT_OUT.forEach(text -> assertThat(answer.text()).doesNotContain(text));
        assertThat(answer.text()).containsAnyOf("REDACTED", "$summary", "Composition");
    }

    @Test
    void what_has_to_be_there_is_masked_and_the_rest_is_whole() {
        assertThat(get("DocumentReference/rd-doc").text())
                .contains(
                        "\"content\":[{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"masked\"}]}]");
        assertThat(get("Patient/rd-patient").text())
                .contains("Redding")
                .contains("\"contact\":[{\"gender\":\"male\"}]")
                .doesNotContain("telecom");
        Answer whole = SERVER.get("backend", "Patient/rd-patient");
        assertThat(whole.text()).contains("555-0199", "Rafaela").doesNotContain("REDACTED");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Patient?phone=555-0199",
                "Patient?telecom=555-0100",
                "Patient?telecom:missing=true",
                "Patient?_sort=-phone",
                "Observation?patient.phone=555-0199",
                "Patient?_has:Observation:patient:value-quantity=77.25",
                "Patient?family=Redding&_sort=family,telecom",
                "Observation?value-quantity=77.25",
                "Observation?combo-value-quantity=1",
                "Observation?code-value-quantity=718-7$77.25",
                "DocumentReference?contenttype=text/plain",
                "DocumentReference?format=x"
            })
    void what_is_left_out_is_not_sought(String path) {
        Answer answer = get(path.replace("$", "%24"));

        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
        assertThat(answer.text()).contains("not-offered");
    }

    @Test
    void a_token_that_sees_what_matches_something_that_is_left_out_sees_nothing() {
        String narrow =
                SERVER.bean(TokenMint.class).forPerson("billing", "user/DocumentReference.rs?contenttype=text/plain");

        Answer answer = SERVER.send(SERVER.anonymous("DocumentReference/rd-doc")
                .header("Authorization", "Bearer " + narrow)
                .GET());

        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
        assertThat(answer.text()).contains("not-offered");
    }

    @Test
    void whether_something_was_left_out_is_not_told() {
        String without = get("Observation/rd-empty").text();
        String with = get("Observation/rd-obs").text();

        assertThat(with.replace("rd-obs", "rd-empty").replaceAll("\"lastUpdated\":\"[^\"]*\"", ""))
                .isEqualTo(without.replaceAll("\"lastUpdated\":\"[^\"]*\"", ""));
    }

    @Test
    void a_match_by_what_is_seen_shows_nothing_that_is_left_out() {
        Answer answer = SERVER.send(
                request("Patient/$match")
                        .header("Content-Type", "application/fhir+json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:rd\",\"value\":\"1\"}]}}]}")));

        assertThat(answer.text()).contains("rd-patient", "REDACTED").doesNotContain("555-0199", "Rafaela");
    }

    @Test
    void what_is_not_seen_whole_is_not_written() {
        for (HttpRequest.Builder request : List.of(
                request("Observation")
                        .header("Content-Type", "application/fhir+json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/rd-patient\"}}")),
                request("Observation/rd-obs")
                        .header("Content-Type", "application/json-patch+json")
                        .method(
                                "PATCH",
                                HttpRequest.BodyPublishers.ofString(
                                        "[{\"op\":\"test\",\"path\":\"/valueQuantity/value\",\"value\":77.25}]")),
                request("DiagnosticReport/rd-report")
                        .header("Content-Type", "application/json-patch+json")
                        .method(
                                "PATCH",
                                HttpRequest.BodyPublishers.ofString(
                                        "[{\"op\":\"test\",\"path\":\"/contained/0/valueQuantity/value\",\"value\":77.25}]")),
                request("DiagnosticReport/rd-report")
                        .header("Content-Type", "application/fhir+json")
                        .PUT(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"DiagnosticReport\",\"id\":\"rd-report\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"contained\":[{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":{\"text\":\"y\"},\"valueQuantity\":{\"value\":77.25}}],\"subject\":{\"reference\":\"Patient/rd-patient\"}}")),
                request("")
                        .header("Content-Type", "application/fhir+json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\"},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}]}")))) {
            Answer answer = SERVER.send(request);
            assertThat(answer.status()).as(answer.text()).isEqualTo(403);
            assertThat(answer.text()).contains("not-offered");
        }
        Answer batch = SERVER.send(
                request("")
                        .header("Content-Type", "application/fhir+json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"Patient/rd-patient\"}},{\"request\":{\"method\":\"GET\",\"url\":\"Patient?phone=555-0199\"}}]}")));
        assertThat(batch.status()).as(batch.text()).isEqualTo(200);
        assertThat(batch.text()).contains("Redding", "not-offered").doesNotContain("555-0199");
    }

    private static Answer get(String path) {
        return SERVER.send(request(path).GET());
    }

    private static HttpRequest.Builder request(String path) {
        return SERVER.anonymous(path).header("Authorization", "Bearer " + token);
    }

    private static void put(String json) {
        Resource resource = (Resource) SERVER.fhir().newJsonParser().parseResource(json);
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.text()).isIn(200, 201);
    }
}
