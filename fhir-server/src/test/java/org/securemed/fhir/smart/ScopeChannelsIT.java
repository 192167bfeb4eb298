package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** What no scope names is neither shown, nor found out by way of what a scope names, on any channel. */
class ScopeChannelsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String SCOPES = "user/Patient.rs user/Observation.rs";

    private final String run = UUID.randomUUID().toString();
    private final String patient = "scoped-" + run;
    private final String token = SERVER.bean(TokenMint.class).forPerson("physician2", SCOPES);

    @BeforeEach
    void fill() {
        Patient person = new Patient();
        person.setId(patient);
        put(person);
        Encounter encounter = new Encounter();
        encounter.setId("encounter-" + run);
        encounter.setStatus(Encounter.EncounterStatus.FINISHED);
        encounter.setClass_(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", null));
        encounter.setSubject(new Reference("Patient/" + patient));
        put(encounter);
        Condition condition = new Condition();
        condition.setId("condition-" + run);
        condition.setSubject(new Reference("Patient/" + patient));
        condition.setCode(new CodeableConcept(new Coding("http://example.org", "secret", null)));
        put(condition);
        for (int i = 0; i < 3; i++) {
            Observation observation = new Observation();
            observation.setId("observation" + i + "-" + run);
            observation.setStatus(Observation.ObservationStatus.FINAL);
            observation.setCode(new CodeableConcept().setText("scoped"));
            observation.setSubject(new Reference("Patient/" + patient));
            observation.setEncounter(new Reference("Encounter/encounter-" + run));
            put(observation);
        }
        Consents.form(SERVER, patient);
        Consents.record(SERVER, Consents.permit(patient, "Practitioner/jonas-lindqvist"));
    }

    private static void put(Resource resource) {
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
    }

    private static Answer get(String token, String path) {
        return SERVER.send(SERVER.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private Answer post(String path, String type, String body) {
        return SERVER.send(SERVER.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static Set<String> types(Bundle bundle) {
        Set<String> types = new TreeSet<>();
        bundle.getEntry().forEach(entry -> types.add(entry.getResource().fhirType()));
        return types;
    }

    private static void refused(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
        assertThat(answer.text()).doesNotContain("secret");
    }

    @Test
    void a_type_outside_of_the_scopes_is_refused_in_every_interaction() {
        String condition = "Condition/condition-" + run;
        for (String path : List.of(
                condition,
                condition + "/_history",
                condition + "/_history/1",
                "Condition?patient=" + patient,
                "Condition?patient=" + patient + "&_summary=count",
                "Condition?_id=condition-" + run)) {
            Answer answer = get(token, path);
            refused(answer);
            assertThat(answer.text()).as(path).contains("scope-not-allowed");
        }
        refused(post("Condition/_search", "application/x-www-form-urlencoded", "patient=" + patient));
        refused(post(
                "Condition",
                "application/fhir+json",
                "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/" + patient + "\"}}"));
        for (String method : List.of("PUT", "DELETE", "PATCH")) {
            refused(SERVER.send(SERVER.anonymous(condition)
                    .header("Authorization", "Bearer " + token)
                    .header(
                            "Content-Type",
                            method.equals("PATCH") ? "application/json-patch+json" : "application/fhir+json")
                    .method(
                            method,
                            HttpRequest.BodyPublishers.ofString(
                                    method.equals("PATCH")
                                            ? "[{\"op\":\"remove\",\"path\":\"/code\"}]"
                                            : "{\"resourceType\":\"Condition\",\"id\":\"condition-" + run
                                                    + "\",\"subject\":{\"reference\":\"Patient/" + patient + "\"}}"))));
        }
        assertThat(SERVER.get("backend", condition).status()).isEqualTo(200);
    }

    @Test
    void nothing_comes_along_that_no_scope_names() {
        assertThat(types(get(token, "Patient?_id=" + patient + "&_revinclude=Condition:subject")
                        .bundle()))
                .containsExactly("Patient");
        assertThat(types(get(token, "Observation?patient=" + patient + "&_include=Observation:encounter")
                        .bundle()))
                .containsExactly("Observation");
        Answer everything = get(token, "Patient/" + patient + "/$everything");
        assertThat(types(everything.bundle())).containsExactly("Observation", "Patient");
        assertThat(everything.text()).doesNotContain("secret");
        assertThat(get(token, "Patient/" + patient + "/$everything?_type=Condition")
                        .bundle()
                        .getEntry())
                .isEmpty();
        // Whoever may see them gets them by the same requests.
        String all = SERVER.bean(TokenMint.class).forPerson("physician2", "user/*.rs");
        assertThat(types(get(all, "Patient?_id=" + patient + "&_revinclude=Condition:subject")
                        .bundle()))
                .containsExactly("Condition", "Patient");
        assertThat(types(get(all, "Observation?patient=" + patient + "&_include=Observation:encounter")
                        .bundle()))
                .containsExactly("Encounter", "Observation");
    }

    @Test
    void no_search_tells_of_a_type_outside_of_the_scopes_neither_to_people_nor_to_machines() {
        String machine =
                SERVER.bean(TokenMint.class).forClient(DemoClients.BACKEND, "system/Patient.rs system/Observation.rs");
        for (String search : List.of(
                "Patient?_id=" + patient + "&_has:Condition:patient:code=secret",
                "Patient?_id=" + patient + "&_has:Observation:patient:_has:Condition:encounter:code=secret",
                "Observation?patient=" + patient + "&encounter.status=finished",
                "Observation?patient=" + patient + "&encounter:Encounter.status=finished",
                "Observation?patient=" + patient + "&_sort=encounter.date",
                "Observation?patient=" + patient + "&_filter=code%20eq%20x",
                "Observation?patient=" + patient + "&_list=x",
                "Observation?patient=" + patient + "&_text=secret",
                "Observation?patient=" + patient + "&_content=secret",
                "Patient?_id=" + patient + "&_revinclude=*",
                "Observation?patient=" + patient + "&_include:iterate=Observation:encounter")) {
            refused(get(token, search));
            refused(get(machine, search));
        }
        assertThat(get(SERVER.token("backend"), "Patient?_id=" + patient + "&_has:Condition:patient:code=secret")
                        .bundle()
                        .getEntry())
                .as("a machine that may see every type")
                .hasSize(1);
        assertThat(get(machine, "Condition?patient=" + patient).status()).isEqualTo(403);
        assertThat(types(get(machine, "Patient?_id=" + patient + "&_revinclude=Condition:subject")
                        .bundle()))
                .containsExactly("Patient");
    }

    @Test
    void entries_of_a_bundle_are_judged_one_by_one() {
        for (Bundle.BundleType kind : List.of(Bundle.BundleType.BATCH, Bundle.BundleType.TRANSACTION)) {
            Bundle bundle = new Bundle();
            bundle.setType(kind);
            for (String url : List.of("Observation?patient=" + patient, "Condition?patient=" + patient)) {
                bundle.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl(url);
            }
            Answer answer = post(
                    "", "application/fhir+json", SERVER.fhir().newJsonParser().encodeResourceToString(bundle));
            assertThat(answer.bundle().getEntry())
                    .as(kind.toCode())
                    .extracting(entry -> entry.getResponse().getStatus().substring(0, 3))
                    .containsExactly("200", "403");
            assertThat(answer.text()).doesNotContain("secret");
        }
    }

    @Test
    void a_page_link_shows_whoever_follows_it_what_they_may_see_themselves() {
        Bundle first =
                get(token, "Observation?patient=" + patient + "&_count=1").bundle();
        String next = first.getLink(Bundle.LINK_NEXT).getUrl();
        String path = next.substring(next.indexOf("/fhir/") + "/fhir/".length());
        assertThat(next).doesNotContain("_getpages");
        assertThat(get(token, path).bundle().getEntry()).hasSize(1);
        refused(get(SERVER.bean(TokenMint.class).forPerson("physician2", "user/Patient.rs"), path));
        Bundle strangers = get(SERVER.token("physician"), path).bundle();
        Bundle nobodys = get(SERVER.token("physician"), path.replace(patient, "never-was"))
                .bundle();
        assertThat(strangers.getEntry()).isEmpty();
        assertThat(strangers.getTotal()).isEqualTo(nobodys.getTotal());
        assertThat(get(token, "?_getpages=" + UUID.randomUUID()).status()).isBetween(400, 405);
    }

    @Test
    void channels_that_are_not_offered_are_closed() {
        for (String path : List.of(
                "$export", "Patient/$export", "Patient/$everything", "$graphql?query=%7BPatientList%7Bid%7D%7D")) {
            assertThat(get(token, path).status()).as(path).isBetween(400, 405);
        }
        assertThat(post(
                                "Subscription",
                                "application/fhir+json",
                                "{\"resourceType\":\"Subscription\",\"status\":\"requested\",\"reason\":\"x\","
                                        + "\"criteria\":\"Condition?\",\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"http://x\"}}")
                        .status())
                .isBetween(400, 405);
        assertThat(get(token, "Condition/condition-" + run + "/$meta").status()).isBetween(400, 405);
    }

    @Test
    void a_link_between_patients_widens_nothing() {
        Patient other = new Patient();
        other.setId("linked-" + run);
        put(other);
        Patient linking = new Patient();
        linking.setId(patient);
        linking.addLink().setType(Patient.LinkType.SEEALSO).setOther(new Reference("Patient/linked-" + run));
        SERVER.put("backend", "Patient/" + patient, linking);
        assertThat(get(token, "Patient/linked-" + run).status()).isEqualTo(404);
        assertThat(types(get(token, "Patient?_id=linked-" + run).bundle())).isEmpty();
    }
}
