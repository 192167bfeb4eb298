package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a patient lets an app do is a Consent like the others, and ends like the others; on the whole server. */
class AppConsentIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String FHIR_BASE = "http://localhost:8080/fhir";
    private static final String CATEGORY = "https://securemed.org/fhir/CodeSystem/consent-category|app-authorization";

    private final SmartApp app = new SmartApp(SERVER.base(), FHIR_BASE);

    private record Tokens(String access, String refresh, JsonNode answer) {
        String consent() {
            return SmartApp.claims(access)
                    .path("extensions")
                    .path("ihe_pcf")
                    .path("doc_id")
                    .path(0)
                    .asText()
                    .replaceFirst("^.*/Consent/", "");
        }
    }

    private Tokens tokens(String user, String scope, Consumer<List<Map.Entry<String, String>>> change) {
        app.logIn(user, user);
        HttpResponse<String> page = app.consentPage(app.authorize(app.request(scope)));
        HttpResponse<String> back = app.decide(page, "allow", change);
        JsonNode answer = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        return new Tokens(
                answer.path("access_token").asText(),
                answer.path("refresh_token").asText(),
                answer);
    }

    private static Answer fhir(String token, String path) {
        return SERVER.send(SERVER.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private static List<String> consents(String status) {
        return SERVER
                .get(
                        "patient2",
                        "Consent?patient=mateusz-kowalczyk&category=" + encoded(CATEGORY) + "&status=" + status)
                .bundle()
                .getEntry()
                .stream()
                .map(entry -> entry.getResource().getIdElement().getIdPart())
                .toList();
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void without(List<Map.Entry<String, String>> form, String category) {
        form.removeIf(field -> field.equals(Map.entry("category", category)));
    }

    @Test
    void what_the_patient_chose_is_what_the_token_the_consent_and_the_ledger_say() {
        Tokens tokens = tokens(
                "patient2",
                "launch/patient patient/Condition.rs patient/Immunization.rs patient/Consent.rs offline_access",
                form -> without(form, "CONDITIONS"));

        assertThat(tokens.answer().path("scope").asText().split(" "))
                .containsExactlyInAnyOrder(
                        "launch/patient", "patient/Immunization.rs", "patient/Consent.rs", "offline_access");
        Consent consent =
                (Consent) SERVER.get("patient2", "Consent/" + tokens.consent()).resource();
        assertThat(consent.getStatus()).isEqualTo(Consent.ConsentState.ACTIVE);
        assertThat(consent.getPatient().getReference()).isEqualTo("Patient/mateusz-kowalczyk");
        assertThat(consent.getProvision().getClass_())
                .extracting(Coding::getCode)
                .containsExactly("Consent", "Immunization");
        assertThat(new String(consent.getSourceAttachment().getData(), java.nio.charset.StandardCharsets.UTF_8))
                .contains("patient/Immunization.rs")
                .doesNotContain("Condition");
        assertThat(consents("active")).contains(tokens.consent());

        // The app sees that much and no more; its record names the consent.
        assertThat(fhir(tokens.access(), "Immunization?patient=mateusz-kowalczyk")
                        .status())
                .isEqualTo(200);
        assertThat(fhir(tokens.access(), "Condition?patient=mateusz-kowalczyk").status())
                .isEqualTo(403);
        Bundle events = SERVER.get("patient2", "AuditEvent?patient=mateusz-kowalczyk&_count=20")
                .bundle();
        assertThat(events.getEntry())
                .anySatisfy(
                        entry -> assertThat(SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                                .contains("Consent/" + tokens.consent() + " v1"));
    }

    @Test
    void a_consent_to_an_app_that_cannot_come_back_ends_with_its_only_token() {
        Instant before = Instant.now();
        Tokens once = tokens("patient2", "launch/patient patient/Immunization.rs", form -> {});
        Tokens again = tokens("patient2", "launch/patient patient/Immunization.rs offline_access", form -> {});

        Duration token = Duration.ofSeconds(once.answer().path("expires_in").asLong());
        assertThat(end(once))
                .isBetween(
                        before.plus(token).minusSeconds(1),
                        Instant.now().plus(token).plusSeconds(61));
        assertThat(end(again)).isAfter(before.plus(Duration.ofDays(2)));
    }

    private static Instant end(Tokens tokens) {
        Consent consent =
                (Consent) SERVER.get("patient2", "Consent/" + tokens.consent()).resource();
        return consent.getProvision().getPeriod().getEnd().toInstant();
    }

    @Test
    void a_patient_who_ends_the_consent_ends_the_tokens_with_the_very_next_request() {
        for (boolean delete : List.of(true, false)) {
            Tokens tokens = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
            assertThat(fhir(tokens.access(), "Patient/mateusz-kowalczyk").status())
                    .isEqualTo(200);

            if (delete) {
                assertThat(SERVER.delete("patient2", "Consent/" + tokens.consent())
                                .status())
                        .isLessThan(300);
            } else {
                Consent consent = (Consent)
                        SERVER.get("patient2", "Consent/" + tokens.consent()).resource();
                consent.setStatus(Consent.ConsentState.INACTIVE);
                assertThat(SERVER.put("patient2", "Consent/" + tokens.consent(), consent)
                                .status())
                        .isEqualTo(200);
            }

            assertThat(fhir(tokens.access(), "Patient/mateusz-kowalczyk").status())
                    .isEqualTo(401);
            assertThat(SmartApp.json(app.refresh(tokens.refresh()))
                            .path("error")
                            .asText())
                    .isEqualTo("invalid_grant");
            assertThat(consents("active")).doesNotContain(tokens.consent());
        }
    }

    @Test
    void asking_again_replaces_what_was_granted_before_wider_or_narrower() {
        Tokens wide = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        Tokens narrow = tokens(
                "patient2",
                "launch/patient patient/*.rs offline_access",
                form -> form.removeIf(field ->
                        field.getKey().equals("category") && !field.getValue().equals("ALLERGIES")));

        assertThat(fhir(wide.access(), "Condition?patient=mateusz-kowalczyk").status())
                .isEqualTo(401);
        assertThat(SmartApp.json(app.refresh(wide.refresh())).path("error").asText())
                .isEqualTo("invalid_grant");
        assertThat(fhir(narrow.access(), "Condition?patient=mateusz-kowalczyk").status())
                .isEqualTo(403);
        assertThat(fhir(narrow.access(), "AllergyIntolerance?patient=mateusz-kowalczyk")
                        .status())
                .isEqualTo(200);
        assertThat(consents("active")).containsExactly(narrow.consent());

        Tokens again = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        assertThat(fhir(again.access(), "Condition?patient=mateusz-kowalczyk").status())
                .isEqualTo(200);
        assertThat(consents("active")).containsExactly(again.consent());
        assertThat(consents("inactive")).contains(wide.consent(), narrow.consent());
    }

    @Test
    void an_app_that_gives_its_token_back_or_loses_it_has_no_consent_any_more() {
        Tokens given = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        assertThat(app.browser
                        .post(app.at("/oauth2/revoke"), Map.of("token", given.refresh(), "client_id", DemoClients.APP))
                        .statusCode())
                .isEqualTo(200);
        assertThat(consents("inactive")).contains(given.consent());
        assertThat(fhir(given.access(), "Patient/mateusz-kowalczyk").status()).isEqualTo(401);

        Tokens stolen = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        JsonNode fresh = SmartApp.json(app.refresh(stolen.refresh()));
        app.refresh(stolen.refresh());
        assertThat(consents("inactive")).contains(stolen.consent());
        assertThat(fhir(fresh.path("access_token").asText(), "Patient/mateusz-kowalczyk")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void a_refreshed_token_rests_on_the_same_consent() {
        Tokens tokens = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        JsonNode fresh = SmartApp.json(app.refresh(tokens.refresh()));
        assertThat(new Tokens(fresh.path("access_token").asText(), "", fresh).consent())
                .isEqualTo(tokens.consent());
    }

    @Test
    void an_apps_consent_opens_nothing_to_others_who_use_the_app() {
        tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        SmartApp other = new SmartApp(SERVER.base(), FHIR_BASE);
        other.logIn("patient", "patient");
        HttpResponse<String> back = other.allow(other.authorize(other.request("user/*.rs")));
        String token = SmartApp.json(other.exchange(SmartApp.parameter(back, "code")))
                .path("access_token")
                .asText();

        assertThat(fhir(token, "Patient/elena-rossi").status()).isEqualTo(200);
        assertThat(fhir(token, "Patient/mateusz-kowalczyk").status()).isEqualTo(404);
        assertThat(fhir(token, "Condition?patient=mateusz-kowalczyk&_summary=count")
                        .bundle()
                        .getTotal())
                .isZero();
    }

    @Test
    void nobody_makes_or_changes_an_apps_consent_past_the_consent_screen() {
        Tokens tokens = tokens("patient2", "launch/patient patient/Immunization.rs", form -> {});
        Consent consent =
                (Consent) SERVER.get("patient2", "Consent/" + tokens.consent()).resource();
        consent.getProvision().getClass_().clear();
        Answer widened = SERVER.put("patient2", "Consent/" + tokens.consent(), consent);
        assertThat(widened.status()).isEqualTo(422);
        assertThat(widened.text()).contains("consent-of-app");
        consent.getCategory().removeIf(category -> category.hasText());
        assertThat(SERVER.put("patient2", "Consent/" + tokens.consent(), consent)
                        .status())
                .isEqualTo(422);

        consent.setId("");
        consent.addCategory(new CodeableConcept(new Coding(CATEGORY.split("\\|")[0], CATEGORY.split("\\|")[1], null)));
        assertThat(SERVER.post("patient2", "Consent", consent).status()).isEqualTo(422);
    }

    @Test
    void a_consent_against_the_app_binds_the_app() {
        Tokens tokens = tokens("patient2", "launch/patient patient/*.rs", form -> {});
        Consent against = against();
        against.getProvision().addClass_(new Coding("http://hl7.org/fhir/resource-types", "Immunization", null));
        String id = SERVER.post("patient2", "Consent", against)
                .resource()
                .getIdElement()
                .getIdPart();
        try {
            assertThat(fhir(tokens.access(), "Immunization?patient=mateusz-kowalczyk&_summary=count")
                            .bundle()
                            .getTotal())
                    .isZero();
            assertThat(fhir(tokens.access(), "Patient/mateusz-kowalczyk").status())
                    .isEqualTo(200);
        } finally {
            SERVER.delete("patient2", "Consent/" + id);
        }
    }

    /** Of the patient; forbids the app everything, unless it is narrowed. */
    private static Consent against() {
        Consent against = new Consent();
        against.setStatus(Consent.ConsentState.ACTIVE);
        against.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        against.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        against.setPatient(new Reference("Patient/mateusz-kowalczyk"));
        against.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        against.getProvision()
                .setType(Consent.ConsentProvisionType.DENY)
                .addActor()
                .setReference(new Reference("Device/app-" + DemoClients.APP));
        return against;
    }

    /** In totals, in what is found and in what is read, and in what a resource server elsewhere is told. */
    @Test
    void a_consent_against_the_app_about_a_part_binds_the_app() {
        Tokens tokens = tokens("patient2", "launch/patient patient/Immunization.rs", form -> {});
        Bundle before =
                fhir(tokens.access(), "Immunization?patient=mateusz-kowalczyk").bundle();
        String hidden = before.getEntryFirstRep().getFullUrl().replaceFirst("^.*/Immunization/", "Immunization/");
        Consent against = against();
        against.getProvision()
                .addData()
                .setMeaning(Consent.ConsentDataMeaning.INSTANCE)
                .setReference(new Reference(hidden));
        String id = SERVER.post("patient2", "Consent", against)
                .resource()
                .getIdElement()
                .getIdPart();
        try {
            assertThat(fhir(tokens.access(), "Immunization?patient=mateusz-kowalczyk&_summary=count")
                            .bundle()
                            .getTotal())
                    .isEqualTo(before.getEntry().size() - 1);
            assertThat(fhir(tokens.access(), "Immunization?patient=mateusz-kowalczyk")
                            .text())
                    .doesNotContain(hidden);
            assertThat(fhir(tokens.access(), hidden).status()).isEqualTo(404);
            assertThat(SmartApp.json(app.browser.post(
                                    app.at("/oauth2/introspect"),
                                    Map.of("token", tokens.access()),
                                    "Authorization",
                                    PersonsApp.backEnd()))
                            .at("/extensions/ihe_pcf/residual")
                            .toString())
                    .contains("{\"type\":\"forbid\",\"data\":[{\"meaning\":\"instance\",\"reference\":{\"reference\":\""
                            + FHIR_BASE + "/" + hidden + "\"}}]}")
                    .as("with the topics that were not switched on")
                    .contains("securityLabel", "PSY");
        } finally {
            SERVER.delete("patient2", "Consent/" + id);
        }
        assertThat(fhir(tokens.access(), hidden).status()).isEqualTo(200);
    }

    @Test
    void a_physician_picks_among_the_patients_who_let_her_in() {
        app.logIn("physician2", "physician2");
        HttpResponse<String> page = app.consentPage(app.authorize(app.request("launch/patient patient/*.rs")));
        assertThat(page.body()).contains("Whose record?").doesNotContain("Kowalczyk");
        HttpResponse<String> refused = app.decide(page, "allow", form -> {
            form.removeIf(field -> field.getKey().equals("patient"));
            form.add(Map.entry("patient", "mateusz-kowalczyk"));
        });
        assertThat(SmartApp.parameter(refused, "error")).isEqualTo("access_denied");
    }

    @Test
    void an_app_that_was_launched_for_one_patient_sees_no_other_who_let_the_same_physician_in() {
        List<String> patients = List.of("launched-one", "launched-two");
        for (String patient : patients) {
            Patient resource = new Patient();
            resource.setId(patient);
            assertThat(SERVER.put("backend", "Patient/" + patient, resource).status())
                    .isIn(200, 201);
            Consents.form(SERVER, patient);
        }
        List<String> consents = patients.stream()
                .map(patient -> Consents.record(SERVER, Consents.permit(patient, "Practitioner/jonas-lindqvist")))
                .toList();
        try {
            Tokens tokens = tokens("physician2", "launch/patient patient/*.rs", form -> {
                form.removeIf(field -> field.getKey().equals("patient"));
                form.add(Map.entry("patient", "launched-one"));
            });

            assertThat(fhir(tokens.access(), "Patient/launched-one").status()).isEqualTo(200);
            assertThat(SERVER.get("physician2", "Patient/launched-two").status())
                    .isEqualTo(200);
            assertThat(fhir(tokens.access(), "Patient/launched-two").status()).isEqualTo(404);
            assertThat(fhir(tokens.access(), "Patient?_id=launched-two,launched-one&_total=accurate")
                            .bundle()
                            .getTotal())
                    .isEqualTo(1);
        } finally {
            consents.forEach(consent -> Consents.end(SERVER, consent));
        }
    }

    @Test
    void a_person_sees_the_apps_and_ends_one_on_a_page() {
        Tokens tokens = tokens("patient2", "launch/patient patient/*.rs offline_access", form -> {});
        String page = app.browser.get(app.at("/account/apps")).body();
        assertThat(page).contains("Demo app");
        String authorization = SmartApp.claims(tokens.access()).path("sid").asText();
        Map<String, String> form = Map.of("authorization", authorization, "_csrf", SmartApp.csrf(page));

        SmartApp other = new SmartApp(SERVER.base(), FHIR_BASE);
        other.logIn("patient", "patient");
        String others = other.browser.get(other.at("/account/apps")).body();
        assertThat(others).doesNotContain(authorization);
        String csrf = SmartApp.csrf(other.browser.get(other.at("/login")).body());
        assertThat(other.browser
                        .post(other.at("/account/apps"), Map.of("authorization", authorization, "_csrf", csrf))
                        .statusCode())
                .isEqualTo(404);
        assertThat(fhir(tokens.access(), "Patient/mateusz-kowalczyk").status()).isEqualTo(200);

        assertThat(app.browser.post(app.at("/account/apps"), form).statusCode()).isEqualTo(302);
        assertThat(fhir(tokens.access(), "Patient/mateusz-kowalczyk").status()).isEqualTo(401);
        assertThat(consents("inactive")).contains(tokens.consent());
        assertThat(Representatives.whoEnded(SERVER, "mateusz-kowalczyk", tokens.consent()))
                .isEqualTo("patient Patient/mateusz-kowalczyk");
    }

    @Test
    void an_authorization_that_cannot_be_stored_leaves_no_consent() {
        List<String> before = consents("active");
        JdbcTemplate database = new JdbcTemplate(SERVER.database());
        app.logIn("patient2", "patient2");
        HttpResponse<String> page =
                app.consentPage(app.authorize(app.request("launch/patient patient/*.rs offline_access")));
        database.execute("create function smart.no_code() returns trigger language plpgsql as"
                + " 'begin if new.authorization_code_value is not null then raise exception ''full''; end if;"
                + " return new; end'");
        database.execute("create trigger no_code before insert or update on smart.oauth2_authorization"
                + " for each row execute function smart.no_code()");
        try {
            assertThat(app.decide(page, "allow", form -> {}).statusCode()).isGreaterThanOrEqualTo(500);
        } finally {
            database.execute("drop trigger no_code on smart.oauth2_authorization");
            database.execute("drop function smart.no_code()");
        }
        assertThat(consents("active")).isEqualTo(before);
        assertThat(SmartApp.parameter(app.decide(page, "allow", form -> {}), "code"))
                .as("once it can be stored")
                .isNotBlank();
    }

    @Test
    void a_refused_answer_leaves_no_consent() {
        List<String> before = consents("active");
        app.logIn("patient2", "patient2");
        HttpResponse<String> page = app.consentPage(app.authorize(app.request("launch/patient patient/*.rs")));
        assertThat(SmartApp.parameter(app.decide(page, "deny", form -> {}), "error"))
                .isEqualTo("access_denied");
        assertThat(consents("active")).isEqualTo(before);
    }
}
