package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.securemed.card.profile.CardKey;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestObjects;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The registry over HTTP: who has which card, and what it proves. */
class CardRegistryIT extends RegistryDesk {
    @Test
    void an_enrolled_and_activated_card_leads_to_its_owner() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode issued = json(enrol(card, "Patient/elena"), 201);
        assertThat(issued.path("status").asText()).isEqualTo("issued");
        assertThat(issued.path("recorded").asBoolean()).isTrue();
        assertProblem(identify(card), 403, "card-not-active");

        json(status(issued, "active", desk), 200);

        assertThat(json(identify(card), 200).path("reference").asText()).isEqualTo("Patient/elena");
        assertThat(json(identify(card), 200).path("device").asText())
                .isEqualTo("Device/" + issued.path("id").asText());
        assertThat(Instant.parse(
                        json(identify(card), 200).path("revocationsAsOf").asText()))
                .isBefore(Instant.now());
    }

    @Test
    void the_fhir_server_holds_the_card_as_a_device_and_the_owner_an_identifier_of_it() throws Exception {
        UUID guid = UUID.randomUUID();
        JsonNode issued = active(SimulatedCard.secureMed(ca, guid), "Patient/elena");
        String id = issued.path("id").asText();

        JsonNode device = JSON.readTree(fhir.resources.get("Device/" + id));
        assertThat(device.path("status").asText()).isEqualTo("active");
        assertThat(device.at("/patient/reference").asText()).isEqualTo("Patient/elena");
        assertThat(device.at("/identifier/0/type/coding/0/code").asText()).isEqualTo("SNO");
        JsonNode identifier = JSON.readTree(fhir.resources.get("Patient/elena")).at("/identifier/0");
        assertThat(identifier.path("value").asText()).isEqualTo(id);
        assertThat(identifier.path("use").asText()).isEqualTo("secondary");
        assertThat(fhir.resources.values()).noneMatch(text -> text.contains(guid.toString()));

        json(status(issued, "lost", desk), 200);

        assertThat(JSON.readTree(fhir.resources.get("Device/" + id))
                        .path("status")
                        .asText())
                .isEqualTo("inactive");
        JsonNode old = JSON.readTree(fhir.resources.get("Patient/elena")).at("/identifier/0");
        assertThat(old.path("use").asText()).isEqualTo("old");
        assertThat(old.at("/period/end").isTextual()).isTrue();
    }

    @Test
    void a_card_or_key_that_is_enrolled_is_not_enrolled_again() throws Exception {
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        json(enrol(card, "Patient/elena"), 201);
        assertProblem(enrol(card, "Practitioner/amara"), 409, "card-enrolled");

        // The same key under another card's number: what a generator without randomness makes.
        UUID other = UUID.randomUUID();
        card.putPiv(0x5FC102, TestObjects.chuid(other, "20400101"));
        card.putPiv(
                0x5FC101,
                TestObjects.certificate(
                        ca.card(other, certificate(card).getPublicKey()).build(), false));
        assertProblem(
                bridge.post(
                        "/cards", desk, "{\"owner\":\"Patient/elena\",\"answers\":[%s]}".formatted(answer(card, null))),
                409,
                "card-enrolled");
    }

    @Test
    void an_answer_is_taken_once_even_by_many_at_a_time() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        active(card, "Patient/elena");
        String answer = answer(card, null);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Callable<HttpResponse<String>>> attempts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            attempts.add(() -> bridge.post("/cards/identifications", staff, answer));
        }
        List<Integer> statuses = new ArrayList<>();
        for (Future<HttpResponse<String>> attempt : threads.invokeAll(attempts)) {
            statuses.add(attempt.get().statusCode());
        }
        threads.shutdown();

        assertThat(statuses).containsOnlyOnce(200).contains(403).hasSize(8);
        assertProblem(bridge.post("/cards/identifications", staff, answer), 403, "card-challenge-unknown");
    }

    @Test
    void a_challenge_that_is_too_old_is_answered_in_vain() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        active(card, "Patient/elena");
        String answer = answer(card, null);
        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.challenge set expires_at = now() - interval '1 second'")
                .update();

        assertProblem(bridge.post("/cards/identifications", staff, answer), 403, "card-challenge-unknown");
    }

    @Test
    void a_genuine_card_that_is_not_enrolled_leads_to_nobody() throws Exception {
        assertProblem(identify(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256)), 403, "card-not-enrolled");
    }

    @Test
    void a_lost_card_is_blocked_at_once_and_for_good_though_the_fhir_server_is_down() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = active(card, "Patient/elena");
        fhir.down(true);

        JsonNode lost = json(status(credential, "lost", bridge.issuer().token("Patient/elena", "patient")), 200);

        assertThat(lost.path("recorded").asBoolean()).isFalse();
        assertProblem(identify(card), 403, "card-not-active");
        fhir.down(false);
        bridge.context().getBean(CardRegistry.class).sweep();
        assertThat(fhir.resources.get(lost.path("device").asText())).contains("\"lost\"");
        assertProblem(status(credential, "active", desk), 409, "card-status");
    }

    @Test
    void nothing_is_enrolled_or_activated_while_the_fhir_server_is_down() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode issued = json(enrol(card, "Patient/elena"), 201);
        fhir.down(true);

        assertProblem(status(issued, "active", desk), 503, "record-unavailable");
        assertProblem(
                enrol(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), "Patient/elena"),
                503,
                "record-unavailable");
        fhir.down(false);
        assertProblem(identify(card), 403, "card-not-active");
    }

    @Test
    void a_suspended_card_comes_back_and_a_replaced_one_does_not() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = active(card, "Practitioner/amara");
        json(status(credential, "suspended", desk), 200);
        assertProblem(identify(card), 403, "card-not-active");
        json(status(credential, "active", desk), 200);
        json(identify(card), 200);

        SimulatedCard next = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode replacement = json(
                bridge.post(
                        "/cards",
                        desk,
                        "{\"owner\":\"Practitioner/amara\",\"replaces\":%s,\"answers\":[%s]}"
                                .formatted(credential.path("id"), answer(next, null))),
                201);

        assertProblem(identify(card), 403, "card-not-active");
        JsonNode cards = json(bridge.get("/cards?owner=Practitioner/amara", staff), 200);
        assertThat(cards.findValuesAsText("replacedBy"))
                .contains(replacement.path("id").asText());
        assertProblem(status(credential, "active", desk), 409, "card-status");
    }

    @Test
    void only_the_card_desk_enrols_and_changes_and_nobody_sees_another_s_cards() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = active(card, "Patient/elena");
        String patient = bridge.issuer().token("Patient/elena", "patient");
        String other = bridge.issuer().token("Patient/other", "patient");

        assertProblem(bridge.post("/cards", staff, enrolment(card, "Patient/elena")), 403, "forbidden");
        assertProblem(status(credential, "suspended", patient), 403, "forbidden");
        assertProblem(status(credential, "lost", other), 403, "forbidden");
        assertProblem(bridge.get("/cards?owner=Patient/elena", other), 403, "forbidden");
        json(bridge.get("/cards?owner=Patient/elena", patient), 200);
    }

    @Test
    void whose_card_it_is_needs_a_card_and_no_token() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        active(card, "Patient/elena");

        assertThat(json(open("/cards/identifications", answer(card, null)), 200)
                        .path("reference")
                        .asText())
                .isEqualTo("Patient/elena");
    }

    @Test
    void numbers_and_keys_of_cards_are_nowhere_in_the_clear() throws Exception {
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        json(enrol(card, "Patient/elena"), 201);

        List<String> rows = bridge.context()
                .getBean(JdbcClient.class)
                .sql(
                        "select c::text || k::text from card.credential c join card.credential_key k on k.credential = c.id")
                .query(String.class)
                .list();
        String number = TestObjects.bytes(guid).toHex();
        assertThat(rows).isNotEmpty().noneMatch(row -> row.contains(guid.toString()) || row.contains(number));
    }

    @Test
    void what_makes_no_sense_is_a_bad_request() throws Exception {
        assertProblem(bridge.post("/cards/identifications", staff, "{}"), 400, "bad-request");
        assertProblem(bridge.post("/cards/identifications", staff, "[]"), 400, "bad-request");
        assertProblem(
                bridge.post(
                        "/cards/identifications", staff, "{\"challenge\":\"%s\",\"x\":1}".formatted(UUID.randomUUID())),
                400,
                "bad-request");
        assertProblem(bridge.post("/cards", desk, "{\"owner\":\"Organization/1\",\"answers\":[]}"), 400, "card-owner");
        assertProblem(bridge.post("/cards", desk, "{\"owner\":\"Patient/elena\",\"answers\":[]}"), 400, "card-proofs");
        assertProblem(
                enrol(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), "Patient/nobody"), 400, "card-owner");
    }
}
