package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** An app that may see a part of a type sees that part on every channel, and nothing tells it of the rest. */
class NarrowScopesIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "mateusz-kowalczyk";

    private final SmartApp app = new SmartApp(SERVER.base(), "http://localhost:8080/fhir");

    private String token(String scope, Consumer<List<Map.Entry<String, String>>> change) {
        app.logIn("patient2", "patient2");
        HttpResponse<String> page = app.consentPage(app.authorize(app.request(scope)));
        JsonNode answer = SmartApp.json(app.exchange(SmartApp.parameter(app.decide(page, "allow", change), "code")));
        assertThat(answer.path("access_token").asText()).as(answer.toString()).isNotBlank();
        return answer.path("access_token").asText();
    }

    private static Answer fhir(String token, String path) {
        return SERVER.send(SERVER.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private static Set<String> ids(String token, String search) {
        Set<String> ids = new TreeSet<>();
        Bundle bundle = fhir(token, search).bundle();
        bundle.getEntry()
                .forEach(entry -> ids.add(entry.getResource().fhirType() + "/"
                        + entry.getResource().getIdElement().getIdPart()));
        return ids;
    }

    private static Set<String> observations(String category) {
        return ids(
                SERVER.token("patient2"),
                "Observation?patient=" + PATIENT + "&_count=500"
                        + (category.isEmpty() ? "" : "&category=" + encoded(category)));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String id(String reference) {
        return reference.substring(reference.indexOf('/') + 1);
    }

    private void seesOnly(String token, Set<String> some, Set<String> hidden) {
        String search = "Observation?patient=" + PATIENT;
        assertThat(ids(token, search + "&_count=500")).isEqualTo(some);
        assertThat(fhir(token, search + "&_summary=count").bundle().getTotal()).isEqualTo(some.size());
        assertThat(fhir(token, search + "&_count=1&_total=accurate").bundle().getTotal())
                .isEqualTo(some.size());
        String one = hidden.iterator().next();
        Answer absent = fhir(token, "Observation/never-was");
        Answer there = fhir(token, one);
        assertThat(there.status()).isEqualTo(404);
        assertThat(there.text().replace(id(one), "never-was")).isEqualTo(absent.text());
        assertThat(ids(token, "Observation?_id=" + id(one))).isEmpty();
        for (String past : List.of("/_history", "/_history/1")) {
            assertThat(fhir(token, one + past).text().replace(id(one), "never-was"))
                    .isEqualTo(fhir(token, "Observation/never-was" + past).text());
            assertThat(fhir(token, one + past).status()).isEqualTo(404);
            assertThat(fhir(token, some.iterator().next() + past).status()).isEqualTo(200);
        }
        Set<String> everything = ids(token, "Patient/" + PATIENT + "/$everything");
        assertThat(everything).containsAll(some).doesNotContainAnyElementsOf(hidden);
        assertThat(ids(token, "Patient?_id=" + PATIENT + "&_revinclude=Observation:subject"))
                .containsAll(some)
                .doesNotContainAnyElementsOf(hidden);
        Bundle batch = new Bundle();
        batch.setType(Bundle.BundleType.BATCH);
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl(one);
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl(search + "&_summary=count");
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Observation/never-was");
        batch.addEntry()
                .getRequest()
                .setMethod(Bundle.HTTPVerb.GET)
                .setUrl(some.iterator().next());
        Bundle answers = SERVER.send(SERVER.anonymous("")
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/fhir+json")
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(
                                SERVER.fhir().newJsonParser().encodeResourceToString(batch))))
                .bundle();
        assertThat(List.of(0, 2, 3))
                .extracting(entry ->
                        answers.getEntry().get(entry).getResponse().getStatus().substring(0, 3))
                .as("hidden, absent and visible")
                .containsExactly("404", "404", "200");
        assertThat(text(answers, 0).replace(id(one), "never-was")).isEqualTo(text(answers, 2));
        assertThat(((Bundle) answers.getEntry().get(1).getResource()).getTotal())
                .isEqualTo(some.size());
    }

    private static String text(Bundle answers, int entry) {
        return SERVER.fhir()
                .newJsonParser()
                .encodeResourceToString(
                        answers.getEntry().get(entry).getResponse().getOutcome());
    }

    @Test
    void a_category_that_was_left_out_does_not_exist_for_the_app() {
        Set<String> laboratory = observations("laboratory");
        Set<String> rest = new TreeSet<>(observations(""));
        rest.removeAll(laboratory);
        assertThat(laboratory).isNotEmpty();
        assertThat(rest).isNotEmpty();

        String token = token(
                "launch/patient patient/*.rs",
                form -> form.removeIf(field -> field.equals(Map.entry("category", "LABORATORY"))));

        seesOnly(token, rest, laboratory);
    }

    @Test
    void a_granular_scope_shows_what_matches_it() {
        Set<String> laboratory = observations("laboratory");
        Set<String> rest = new TreeSet<>(observations(""));
        rest.removeAll(laboratory);

        seesOnly(
                token(
                        "launch/patient patient/Patient.rs patient/Observation.rs?category="
                                + "http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                        form -> {}),
                laboratory,
                rest);
        seesOnly(
                token(
                        "launch/patient patient/Patient.rs patient/Observation.r"
                                + " patient/Observation.s?category=laboratory",
                        form -> {}),
                laboratory,
                rest);
    }

    @Test
    void a_scope_whose_query_cannot_be_enforced_is_not_granted() {
        for (String scope : List.of(
                "patient/Observation.rs?date=gt2020",
                "patient/Observation.rs?subject:Patient.name=x",
                "patient/Observation.rs?code:in=x",
                "patient/Observation.rs?category=laboratory patient/Observation.rs?code=1234-5",
                "patient/*.rs?category=laboratory",
                "patient/Observation.rs?no-such-parameter=x")) {
            app.logIn("patient2", "patient2");
            HttpResponse<String> answer = app.authorize(app.request("launch/patient " + scope));
            assertThat(SmartApp.parameter(answer, "error")).as(scope).isEqualTo("invalid_scope");
        }
    }

    @Test
    void a_sensitive_topic_that_was_not_switched_on_does_not_exist_for_the_app() {
        Condition condition = new Condition();
        condition.setId("sensitive-for-the-app");
        condition.setSubject(new Reference("Patient/" + PATIENT));
        condition.setCode(new CodeableConcept().setText("kept from apps"));
        condition
                .getMeta()
                .addSecurity(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSYTHPN", null));
        assertThat(SERVER.put("backend", "Condition/sensitive-for-the-app", condition)
                        .status())
                .isLessThan(300);
        String search = "Condition?patient=" + PATIENT + "&_count=500";
        Set<String> all = ids(SERVER.token("patient2"), search);
        assertThat(all).contains("Condition/sensitive-for-the-app");

        String without = token("launch/patient patient/*.rs", form -> {});
        Set<String> rest = new TreeSet<>(all);
        rest.remove("Condition/sensitive-for-the-app");
        assertThat(ids(without, search)).isEqualTo(rest);
        assertThat(fhir(without, search + "&_summary=count").bundle().getTotal())
                .isEqualTo(rest.size());
        assertThat(fhir(without, "Condition/sensitive-for-the-app").status()).isEqualTo(404);
        assertThat(ids(without, "Patient/" + PATIENT + "/$everything"))
                .containsAll(rest)
                .doesNotContain("Condition/sensitive-for-the-app");
        assertThat(fhir(without, "Condition/sensitive-for-the-app/_history").status())
                .isEqualTo(404);

        String with = token("launch/patient patient/*.rs", form -> form.add(Map.entry("topic", "PSY")));
        assertThat(ids(with, search)).isEqualTo(all);
        assertThat(fhir(with, "Condition/sensitive-for-the-app").status()).isEqualTo(200);
    }
}
