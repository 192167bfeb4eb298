package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.TestHookClient;
import org.securemed.ledger.log.Ledger;

/** What is answered to enforcement points elsewhere, and to whom. */
class ConsentHookIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PERMITS = "hook-permits";
    private static final String DENIES = "hook-denies";
    private static final String CODED = "hook-coded";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TestHookClient SYSTEM =
            TestHookClient.register(SERVER, Role.SYSTEM, "Organization/hook-org", "TREAT");
    private static final TestHookClient STRANGER =
            TestHookClient.register(SERVER, Role.PHYSICIAN, "Organization/hook-org", "TREAT");

    private static String permit = "";

    @BeforeAll
    static void load() {
        put("Organization/hook-org", """
                {"resourceType":"Organization","id":"hook-org","name":"x","identifier":[{"system":"urn:hook:org","value":"o"}]}""");
        for (String patient : List.of(PERMITS, DENIES, CODED)) {
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:hook","value":"$"}]}""".replace("$", patient));
            Consents.form(SERVER, patient);
        }
        Consent normal = Consents.permit(PERMITS, "Organization/hook-org");
        normal.getProvision()
                .addSecurityLabel(new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null));
        permit = Consents.record(SERVER, normal);
        Consent deny = Consents.permit(DENIES, "Organization/hook-org");
        deny.getProvision().setType(Consent.ConsentProvisionType.DENY);
        Consents.record(SERVER, deny);
        Consent coded = Consents.permit(CODED, "Organization/hook-org");
        coded.getProvision().addCode().addCoding(new Coding("http://loinc.org", "718-7", null));
        Consents.record(SERVER, coded);
    }

    @AfterAll
    static void end() {
        Consents.end(SERVER, permit);
    }

    @Test
    void discovery_lists_the_service() {
        Answer answer = SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + "/cds-services")));

        assertThat(answer.status()).isEqualTo(200);
        JsonNode service = json(answer).path("services").path(0);
        assertThat(service.path("id").asText()).isEqualTo("patient-consent-consult");
        assertThat(service.path("hook").asText()).isEqualTo("patient-consent-consult");
        assertThat(service.path("description").asText()).isNotEmpty();
    }

    @Test
    void a_permit_says_what_has_to_be_left_out_and_by_which_consent() {
        JsonNode card = card(SYSTEM, question(PERMITS, "TREAT", "Observation"));

        assertThat(card.path("summary").asText()).isEqualTo("CONSENT_PERMIT");
        assertThat(card.path("indicator").asText()).isEqualTo("info");
        assertThat(card.path("extension").path("basedOn").asText()).endsWith("/fhir/Consent/" + permit);
        JsonNode obligation = card.path("extension").path("obligations").path(0);
        assertThat(obligation.path("id").path("code").asText()).isEqualTo("REDACT");
        assertThat(obligation.path("parameters").path("codes").findValuesAsText("code"))
                .contains("R", "PSY", "HIV");
        assertThat(card(SYSTEM, question(PERMITS, "HPAYMT", "Observation"))
                        .path("summary")
                        .asText())
                .isEqualTo("NO_CONSENT");
    }

    @Test
    void only_consents_of_a_category_are_asked_if_one_is_named() {
        String question = question(PERMITS, "TREAT", "Observation");

        for (String category : List.of(
                "{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"patient-privacy\"}",
                "{\"system\":\"http://loinc.org\",\"code\":\"59284-0\"}",
                "{\"system\":\"urn:other\",\"code\":\"x\"},{\"system\":\"http://loinc.org\",\"code\":\"59284-0\"}")) {
            assertThat(card(SYSTEM, of(question, category)).path("summary").asText())
                    .as(category)
                    .isEqualTo("CONSENT_PERMIT");
        }
        assertThat(card(SYSTEM, of(question, "{\"system\":\"urn:other\",\"code\":\"x\"}"))
                        .path("summary")
                        .asText())
                .isEqualTo("NO_CONSENT");
        assertThat(ask(SYSTEM.sign(SYSTEM.claims().build()), of(question, "\"x\""))
                        .status())
                .isEqualTo(400);
    }

    private static String of(String question, String category) {
        return question.replaceAll("\"category\":\\[[^]]*]", "\"category\":[" + category + "]");
    }

    @Test
    void a_deny_is_told_to_the_custodians_systems_and_nobody_else() {
        assertThat(card(SYSTEM, question(DENIES, "TREAT", "Observation"))
                        .path("summary")
                        .asText())
                .isEqualTo("CONSENT_DENY");
        Answer denied = ask(STRANGER.sign(STRANGER.claims().build()), question(DENIES, "TREAT", "Observation"));
        Answer absent = ask(STRANGER.sign(STRANGER.claims().build()), question("hook-nobody", "TREAT", "Observation"));
        assertThat(Normal.of(denied)).isEqualTo(Normal.of(absent)).contains("NO_CONSENT");
        assertThat(card(STRANGER, question(PERMITS, "TREAT", "Observation"))
                        .path("summary")
                        .asText())
                .isEqualTo("CONSENT_PERMIT");
        assertThat(card(STRANGER, question(PERMITS, "HOPERAT", "Observation"))
                        .path("summary")
                        .asText())
                .as("a purpose that it was not registered for")
                .isEqualTo("NO_CONSENT");
    }

    @Test
    void what_cannot_be_said_by_labels_is_not_permitted() {
        assertThat(card(SYSTEM, question(CODED, "TREAT", "Observation"))
                        .path("summary")
                        .asText())
                .isEqualTo("NO_CONSENT");
    }

    @Test
    void a_revocation_counts_at_once_and_each_question_is_in_the_patients_log() {
        String id = Consents.record(SERVER, Consents.permit(CODED, "Organization/hook-org", "Goal"));
        assertThat(card(SYSTEM, question(CODED, "TREAT", "Goal"))
                        .path("summary")
                        .asText())
                .isEqualTo("CONSENT_PERMIT");
        Consents.end(SERVER, id);
        assertThat(card(SYSTEM, question(CODED, "TREAT", "Goal"))
                        .path("summary")
                        .asText())
                .isEqualTo("NO_CONSENT");
        String other = Consents.record(SERVER, Consents.permit(DENIES, "Organization/hook-org", "Goal"));
        Consents.end(SERVER, other);
        assertThat(card(SYSTEM, question(DENIES, "TREAT", "Goal"))
                        .path("summary")
                        .asText())
                .isEqualTo("CONSENT_DENY");

        List<String> subtypes =
                SERVER
                        .get("compliance", "AuditEvent?patient=Patient/" + DENIES + "&_count=100")
                        .bundle()
                        .getEntry()
                        .stream()
                        .flatMap(entry -> ((AuditEvent) entry.getResource()).getSubtype().stream())
                        .map(Coding::getCode)
                        .toList();
        assertThat(subtypes).contains("AuthZ-Consent");
    }

    @Test
    void who_does_not_prove_to_be_a_registered_client_is_refused_and_recorded() {
        String question = question(PERMITS, "TREAT", "Observation");
        JWTClaimsSet once = SYSTEM.claims().build();
        assertThat(ask(SYSTEM.sign(once), question).status()).isEqualTo(200);
        long before = SERVER.bean(Ledger.class).size();
        List<String> bad = List.of(
                SYSTEM.sign(once),
                "",
                "x",
                STRANGER.sign(SYSTEM.claims().build()),
                SYSTEM.sign(SYSTEM.claims()
                        .audience("http://localhost:8080/cds-services")
                        .build()),
                SYSTEM.sign(SYSTEM.claims().issuer("nobody").build()),
                SYSTEM.sign(SYSTEM.claims().expirationTime(ago(120)).build()),
                SYSTEM.sign(SYSTEM.claims().expirationTime(ago(-3600)).build()),
                SYSTEM.sign(SYSTEM.claims().issueTime(null).build()),
                SYSTEM.sign(SYSTEM.claims().jwtID(null).build()),
                SERVER.token("backend"));

        for (String jwt : bad) {
            Answer refused = ask(jwt, question);
            assertThat(refused.status()).as(jwt + refused.text()).isEqualTo(401);
        }
        assertThat(SERVER.bean(Ledger.class).size()).isGreaterThanOrEqualTo(before + bad.size());
    }

    @Test
    void a_malformed_question_is_refused() {
        String good = question(PERMITS, "TREAT", "Observation");
        for (String bad : List.of(
                "",
                "[]",
                "{",
                good + "x",
                good.replace("patient-consent-consult", "other"),
                good.replace("hookInstance", "x"),
                good.replace("patientId", "x"),
                good.replace("\"TREAT\"", "\"NOTHING\""),
                good.replace("\"Observation\"", "\"no type\""),
                good.replace("\"system\":\"urn:hook\"", "\"system\":7"),
                good.replace("\"context\":{", "\"context\":{\"content\":{},"),
                good.replace("\"actor\"", "\"patientId\":[],\"actor\""))) {
            Answer refused = ask(SYSTEM.sign(SYSTEM.claims().build()), bad);
            assertThat(refused.status()).as(bad + refused.text()).isEqualTo(400);
            assertThat(refused.text()).contains("hook-malformed");
        }
        assertThat(ask(SYSTEM.sign(SYSTEM.claims().build()), " ".repeat(70_000) + good)
                        .status())
                .isEqualTo(413);
    }

    private static Date ago(int seconds) {
        return Date.from(Instant.now().minusSeconds(seconds));
    }

    private static String question(String patient, String purpose, String type) {
        return """
                {"hook":"patient-consent-consult","hookInstance":"%s","context":{"patientId":[{"system":"urn:hook","value":"%s"}],"actor":[{"system":"urn:hook:org","value":"o"}],"purposeOfUse":["%s"],"category":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}],"class":[{"system":"http://hl7.org/fhir/resource-types","code":"%s"}]}}""".formatted(UUID.randomUUID(), patient, purpose, type);
    }

    private static JsonNode card(TestHookClient client, String question) {
        Answer answer = ask(client.sign(client.claims().build()), question);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode cards = json(answer).path("cards");
        assertThat(cards).hasSize(1);
        return cards.path(0);
    }

    private static Answer ask(String jwt, String body) {
        return SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + "/cds-services/patient-consent-consult"))
                .header("Authorization", "Bearer " + jwt)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private static JsonNode json(Answer answer) {
        try {
            return JSON.readTree(answer.text());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
