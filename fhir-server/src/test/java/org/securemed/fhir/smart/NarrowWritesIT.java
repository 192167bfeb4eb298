package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** A scope with a query lets write what matches it before and after, and past versions that match are read. */
class NarrowWritesIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";

    private final String patient = "narrow-" + UUID.randomUUID();
    private final String token = SERVER.bean(TokenMint.class)
            .forPerson("physician2", "user/Patient.rs user/Observation.cruds?category=laboratory");

    @BeforeEach
    void admit() {
        Patient person = new Patient();
        person.setId(patient);
        stored(SERVER.put("backend", "Patient/" + patient, person));
        Consents.form(SERVER, patient);
        Consents.record(SERVER, Consents.permit(patient, "Practitioner/jonas-lindqvist"));
    }

    private static void stored(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
    }

    private Observation observation(String category, String text) {
        Observation observation = new Observation();
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.addCategory(new CodeableConcept(new Coding(CATEGORY, category, null)));
        observation.setCode(new CodeableConcept().setText("narrow"));
        observation.setSubject(new Reference("Patient/" + patient));
        observation.setValue(new StringType(text));
        return observation;
    }

    /** Stored by the back end; its id. */
    private String given(String category) {
        Answer answer = SERVER.post("backend", "Observation", observation(category, "given"));
        stored(answer);
        return answer.resource().getIdElement().getIdPart();
    }

    private Answer send(String method, String path, String type, String body, String... headers) {
        HttpRequest.Builder request = SERVER.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return SERVER.send(request);
    }

    private Answer write(String method, String path, Resource body, String... headers) {
        return send(
                method,
                path,
                "application/fhir+json",
                SERVER.fhir().newJsonParser().encodeResourceToString(body),
                headers);
    }

    private Answer get(String path) {
        return SERVER.send(SERVER.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private int count() {
        return SERVER.get("backend", "Observation?patient=" + patient + "&_summary=count")
                .bundle()
                .getTotal();
    }

    private static void likeAbsent(Answer hidden, String id, Answer absent) {
        assertThat(hidden.status()).as(hidden.text()).isEqualTo(absent.status());
        assertThat(hidden.text().replace(id, "never-was")).isEqualTo(absent.text());
    }

    @Test
    void what_matches_is_created_and_what_does_not_is_refused_and_not_stored() {
        Answer made = write("POST", "Observation", observation("laboratory", "x"));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        Answer refused = write("POST", "Observation", observation("vital-signs", "x"));
        assertThat(refused.status()).as(refused.text()).isEqualTo(403);
        assertThat(refused.text()).contains("scope-not-allowed");
        for (Bundle.BundleType kind : List.of(Bundle.BundleType.TRANSACTION, Bundle.BundleType.BATCH)) {
            Bundle both = new Bundle();
            both.setType(kind);
            for (String category : List.of("laboratory", "vital-signs")) {
                both.addEntry()
                        .setResource(observation(category, "bundle"))
                        .getRequest()
                        .setMethod(Bundle.HTTPVerb.POST)
                        .setUrl("Observation");
            }
            int before = count();
            Answer answer = write("POST", "", both);
            if (kind == Bundle.BundleType.TRANSACTION) {
                assertThat(answer.status()).as(answer.text()).isEqualTo(403);
                assertThat(count()).isEqualTo(before);
            } else {
                assertThat(answer.bundle().getEntry())
                        .extracting(entry -> entry.getResponse().getStatus().substring(0, 3))
                        .containsExactly("201", "403");
                assertThat(count()).isEqualTo(before + 1);
            }
        }
        Answer conditional = write("POST", "Observation", observation("laboratory", "x"), "If-None-Exist", "code=1234");
        assertThat(conditional.status()).isEqualTo(403);
    }

    @Test
    void what_is_changed_matches_before_and_after() {
        String visible = given("laboratory");
        String hidden = given("vital-signs");
        Observation changed = observation("laboratory", "changed");
        changed.setId(visible);
        stored(write("PUT", "Observation/" + visible, changed));
        Observation away = observation("vital-signs", "away");
        away.setId(visible);
        assertThat(write("PUT", "Observation/" + visible, away).status()).isEqualTo(403);
        String patch = "[{\"op\":\"replace\",\"path\":\"/category/0/coding/0/code\",\"value\":\"$\"}]";
        assertThat(send(
                                "PATCH",
                                "Observation/" + visible,
                                "application/json-patch+json",
                                patch.replace("$", "vital-signs"))
                        .status())
                .isEqualTo(403);
        Observation now =
                (Observation) SERVER.get("backend", "Observation/" + visible).resource();
        assertThat(now.getCategoryFirstRep().getCodingFirstRep().getCode()).isEqualTo("laboratory");
        assertThat(now.getValueStringType().getValue()).isEqualTo("changed");

        Observation taken = observation("laboratory", "taken");
        taken.setId(hidden);
        Observation absent = observation("laboratory", "taken");
        absent.setId("never-was");
        likeAbsent(write("PUT", "Observation/" + hidden, taken), hidden, write("PUT", "Observation/never-was", absent));
        likeAbsent(
                send("PATCH", "Observation/" + hidden, "application/json-patch+json", patch.replace("$", "laboratory")),
                hidden,
                send(
                        "PATCH",
                        "Observation/never-was",
                        "application/json-patch+json",
                        patch.replace("$", "laboratory")));
        likeAbsent(
                send("DELETE", "Observation/" + hidden, "application/fhir+json", ""),
                hidden,
                send("DELETE", "Observation/never-was", "application/fhir+json", ""));
        assertThat(SERVER.get("backend", "Observation/" + hidden).status()).isEqualTo(200);
        stored(send("DELETE", "Observation/" + visible, "application/fhir+json", ""));
        assertThat(SERVER.get("backend", "Observation/" + visible).status()).isEqualTo(410);
    }

    @Test
    void past_versions_are_read_as_far_as_they_match() {
        String id = given("laboratory");
        for (String category : List.of("vital-signs", "laboratory")) {
            Observation next = observation(category, category);
            next.setId(id);
            stored(SERVER.put("backend", "Observation/" + id, next));
        }
        assertThat(get("Observation/" + id + "/_history/1").status()).isEqualTo(200);
        assertThat(get("Observation/" + id + "/_history/3").status()).isEqualTo(200);
        Answer hidden = get("Observation/" + id + "/_history/2");
        Answer absent = get("Observation/" + id + "/_history/99");
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text()).isEqualTo(absent.text());
        Bundle history = get("Observation/" + id + "/_history").bundle();
        assertThat(history.getEntry())
                .extracting(entry -> entry.getResource().getIdElement().getVersionIdPart())
                .containsExactly("3", "1");
        assertThat(history.getTotal()).isEqualTo(2);
        Bundle paged = get("Observation/" + id + "/_history?_count=1").bundle();
        assertThat(paged.getLink("next")).isNull();

        String other = given("vital-signs");
        likeAbsent(get("Observation/" + other + "/_history"), other, get("Observation/never-was/_history"));
        likeAbsent(get("Observation/" + other + "/_history/1"), other, get("Observation/never-was/_history/1"));
    }
}
