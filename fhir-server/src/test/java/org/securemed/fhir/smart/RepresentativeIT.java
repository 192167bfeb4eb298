package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Immunization;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** A parent of two children, with apps, consents and an end, on the whole server. */
class RepresentativeIT {
    private static final TestServer SERVER = TestServer.shared();

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final String parent = "parent-" + run;
    private final SmartApp app = new SmartApp(SERVER.base(), "http://localhost:8080/fhir");

    private String child(int number) {
        return "child" + number + "-" + run;
    }

    private String related(int number) {
        return "RelatedPerson/mother-of-" + child(number);
    }

    private void family() {
        for (int number = 1; number <= 2; number++) {
            Patient patient = new Patient();
            patient.setId(child(number));
            patient.addName().setFamily("Family" + run).addGiven("Kid" + number);
            patient.setBirthDateElement(new DateType("2020-01-0" + number));
            stored(SERVER.put("backend", "Patient/" + child(number), patient));
            RelatedPerson mother = new RelatedPerson();
            mother.setId(related(number).substring("RelatedPerson/".length()));
            mother.setPatient(new Reference("Patient/" + child(number)));
            stored(SERVER.put("backend", related(number), mother));
            Immunization immunization = new Immunization();
            immunization.setId("immunization-" + child(number));
            immunization.setStatus(Immunization.ImmunizationStatus.COMPLETED);
            immunization.setPatient(new Reference("Patient/" + child(number)));
            immunization.setVaccineCode(new CodeableConcept().setText("measles"));
            stored(SERVER.put("backend", "Immunization/immunization-" + child(number), immunization));
            Consents.form(SERVER, child(number));
        }
        Representatives.account(SERVER, parent, child(1), related(1));
        SERVER.bean(Accounts.class).relate(parent, child(2), related(2));
    }

    private static void stored(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
    }

    private String appoint(int number) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(
                new Coding("https://securemed.org/fhir/CodeSystem/consent-category", "representation", null)));
        consent.setPatient(new Reference("Patient/" + child(number)));
        consent.setSource(new Reference("DocumentReference/form-" + child(number)));
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addActor()
                .setRole(new CodeableConcept(
                        new Coding("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "GUARD", null)))
                .setReference(new Reference(related(number)));
        Answer answer = SERVER.post("backend", "Consent", consent);
        stored(answer);
        return answer.resource().getIdElement().getIdPart();
    }

    private JsonNode tokens(int number, Consumer<List<Map.Entry<String, String>>> change) {
        app.logIn(parent, parent);
        HttpResponse<String> page = app.consentPage(
                app.authorize(app.request("openid fhirUser launch/patient patient/*.cruds offline_access")));
        HttpResponse<String> back = app.decide(page, "allow", form -> {
            form.removeIf(field -> field.getKey().equals("patient"));
            form.add(Map.entry("patient", child(number)));
            change.accept(form);
        });
        JsonNode answer = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        assertThat(answer.path("access_token").asText()).as(answer.toString()).isNotBlank();
        return answer;
    }

    private static Answer get(String token, String path) {
        return SERVER.send(SERVER.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private static Answer post(String token, String path, Resource body) {
        return SERVER.send(SERVER.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        SERVER.fhir().newJsonParser().encodeResourceToString(body))));
    }

    @Test
    void a_parent_picks_a_child_lets_an_app_in_and_it_all_ends_with_the_appointment() {
        family();
        app.logIn(parent, parent);
        HttpResponse<String> before = app.consentPage(app.authorize(app.request("launch/patient patient/*.rs")));
        assertThat(before.body()).contains("No record found").doesNotContain("Family" + run);

        String first = appoint(1);
        String second = appoint(2);
        HttpResponse<String> picker = app.consentPage(app.authorize(app.request("launch/patient patient/*.rs")));
        assertThat(picker.body())
                .contains("Kid1", "Kid2", "Family" + run, "Mental health")
                .doesNotContain("Kowalczyk");

        JsonNode tokens = tokens(2, form -> form.remove(Map.entry("category", "CONDITIONS")));
        String token = tokens.path("access_token").asText();
        assertThat(tokens.path("patient").asText()).isEqualTo(child(2));
        assertThat(SmartApp.claims(token).path("fhirUser").asText()).endsWith(related(2));
        assertThat(SmartApp.claims(tokens.path("id_token").asText())
                        .path("fhirUser")
                        .asText())
                .endsWith(related(2));
        assertThat(get(token, related(2)).status()).isEqualTo(200);
        assertThat(get(token, "Immunization?patient=" + child(2)).bundle().getEntry())
                .hasSize(1);
        assertThat(get(token, "Condition?patient=" + child(2)).status()).isEqualTo(403);
        assertThat(get(token, "Patient/" + child(1)).status()).isEqualTo(404);
        assertThat(get(token, "Patient/mateusz-kowalczyk").status()).isEqualTo(404);

        String consentId = SmartApp.claims(token)
                .at("/extensions/ihe_pcf/doc_id/0")
                .asText()
                .replaceFirst("^.*/Consent/", "");
        Consent consent = (Consent) get(Representatives.token(SERVER, parent) /* as of child 1 */, "Consent/" + first)
                .resource();
        assertThat(consent.getProvision().getActorFirstRep().getReference().getReference())
                .isEqualTo(related(1));
        Consent granted =
                (Consent) SERVER.get("backend", "Consent/" + consentId).resource();
        assertThat(granted.getPerformerFirstRep().getReference()).isEqualTo(related(2));
        assertThat(granted.getPatient().getReference()).isEqualTo("Patient/" + child(2));

        // The first child's representation says nothing of the second's.
        stored(SERVER.delete("backend", "Consent/" + first));
        assertThat(get(token, "Patient/" + child(2)).status()).isEqualTo(200);
        stored(SERVER.delete("backend", "Consent/" + second));
        assertThat(get(token, "Patient/" + child(2)).status()).isEqualTo(401);
        assertThat(SmartApp.json(app.refresh(tokens.path("refresh_token").asText()))
                        .path("error")
                        .asText())
                .isEqualTo("invalid_grant");
        assertThat(((Consent) SERVER.get("backend", "Consent/" + consentId).resource()).getStatus())
                .isEqualTo(Consent.ConsentState.INACTIVE);
    }

    @Test
    void what_the_patient_forbids_an_app_it_may_not_do_for_a_parent_either() {
        family();
        appoint(1);
        String token = tokens(1, form -> {}).path("access_token").asText();
        String counted = "Immunization?patient=" + child(1) + "&_summary=count";
        assertThat(get(token, counted).bundle().getTotal()).isEqualTo(1);

        Device device = new Device();
        device.setId("app-" + DemoClients.APP);
        assertThat(SERVER.put("backend", "Device/app-" + DemoClients.APP, device)
                        .status())
                .isIn(200, 201);
        Consent against = Consents.permit(child(1), "Device/app-" + DemoClients.APP);
        against.getProvision()
                .setType(Consent.ConsentProvisionType.DENY)
                .getPurpose()
                .clear();
        against.getPerformer().clear();
        against.addPerformer(new Reference(related(1)));
        stored(post(Representatives.token(SERVER, parent), "Consent", against));

        assertThat(get(token, counted).bundle().getTotal()).isZero();
        assertThat(get(token, "Immunization/immunization-" + child(1)).status()).isEqualTo(404);
    }

    @Test
    void a_parent_gives_and_ends_consents_for_the_child_as_long_as_appointed() {
        family();
        String appointment = appoint(1);
        String mother = Representatives.token(SERVER, parent);
        Consent consent = Consents.permit(child(1), "Practitioner/jonas-lindqvist");
        consent.getPerformer().clear();
        consent.addPerformer(new Reference(related(1)));
        Answer made = post(mother, "Consent", consent);
        stored(made);
        assertThat(SERVER.get("physician2", "Patient/" + child(1)).status()).isEqualTo(200);
        Answer ended = SERVER.send(
                SERVER.anonymous("Consent/" + made.resource().getIdElement().getIdPart())
                        .header("Authorization", "Bearer " + mother)
                        .DELETE());
        stored(ended);
        assertThat(SERVER.get("physician2", "Patient/" + child(1)).status()).isEqualTo(404);

        // For the other child nobody has appointed her.
        Consent other = Consents.permit(child(2), "Practitioner/jonas-lindqvist");
        assertThat(post(mother, "Consent", other).status()).isEqualTo(400);
        // She may lay it down herself; then it is as if she had never been.
        stored(SERVER.send(SERVER.anonymous("Consent/" + appointment)
                .header("Authorization", "Bearer " + mother)
                .DELETE()));
        Answer after = post(mother, "Consent", consent);
        Answer unknown = post(mother, "Consent", Consents.permit("never-was", "Practitioner/jonas-lindqvist"));
        assertThat(after.status()).isEqualTo(400);
        assertThat(after.text().replace(child(1), "never-was")).isEqualTo(unknown.text());
        assertThat(get(mother, "Patient/" + child(1)).status()).isEqualTo(404);
    }

    @Test
    void a_parent_reads_who_has_looked_at_the_childs_record_as_long_as_appointed() {
        family();
        String appointment = appoint(1);
        String mother = Representatives.token(SERVER, parent);
        SERVER.get("backend", "Patient/" + child(1));

        Bundle events = get(mother, "AuditEvent?_count=50").bundle();
        assertThat(events.getEntry())
                .isNotEmpty()
                .allSatisfy(
                        entry -> assertThat(SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                                .contains("Patient/" + child(1))
                                .doesNotContain(child(2)));
        String event = events.getEntryFirstRep().getResource().getIdElement().getIdPart();
        assertThat(get(mother, "AuditEvent/" + event).status()).isEqualTo(200);
        assertThat(get(mother, "Patient/" + child(1) + "/$access-log").text()).contains("machine");
        assertThat(get(mother, "Patient/" + child(1) + "/$accounting-of-disclosures")
                        .status())
                .isEqualTo(200);
        // The other child, whom she does not act for, and strangers: as if nobody had ever spoken of them.
        assertThat(get(mother, "AuditEvent?patient=" + child(2)).bundle().getEntry())
                .isEmpty();
        assertThat(get(mother, "Patient/" + child(2) + "/$access-log").status()).isEqualTo(404);
        assertThat(get(mother, "AuditEvent?patient=mateusz-kowalczyk").bundle().getEntry())
                .isEmpty();

        // Through an app: as far as the app's scopes go.
        String without = tokens(1, form -> form.remove(Map.entry("category", "OTHER")))
                .path("access_token")
                .asText();
        assertThat(get(without, "AuditEvent").status()).isEqualTo(403);
        String with = tokens(1, form -> {}).path("access_token").asText();
        assertThat(get(with, "AuditEvent").bundle().getEntry()).isNotEmpty();

        stored(SERVER.delete("backend", "Consent/" + appointment));
        assertThat(get(mother, "AuditEvent").bundle().getEntry()).isEmpty();
        assertThat(get(mother, "AuditEvent/" + event).status()).isEqualTo(404);
        assertThat(get(mother, "Patient/" + child(1) + "/$access-log").status()).isEqualTo(404);
    }

    @Test
    void what_a_parent_ends_on_the_page_is_recorded_as_the_parents_act() {
        family();
        appoint(1);
        JsonNode tokens = tokens(1, form -> {});
        String id = SmartApp.claims(tokens.path("access_token").asText())
                .at("/extensions/ihe_pcf/doc_id/0")
                .asText()
                .replaceFirst("^.*/Consent/", "");
        String page = app.browser.get(app.at("/account/apps")).body();
        app.browser.post(
                app.at("/account/apps"),
                Map.of(
                        "authorization",
                        SmartApp.claims(tokens.path("access_token").asText())
                                .path("sid")
                                .asText(),
                        "_csrf",
                        SmartApp.csrf(page)));
        assertThat(get(tokens.path("access_token").asText(), "Patient/" + child(1))
                        .status())
                .isEqualTo(401);
        assertThat(Representatives.whoEnded(SERVER, child(1), id)).isEqualTo("representative " + related(1));
    }
}
