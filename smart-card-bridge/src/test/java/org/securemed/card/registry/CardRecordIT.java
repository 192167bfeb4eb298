package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.Challenge;
import org.securemed.card.simulated.FixedNonce;
import org.securemed.card.simulated.ReaderAnswer;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is recorded of cards, and what is strange about them. */
class CardRecordIT extends RegistryDesk {
    @Test
    void each_judgement_of_a_card_and_each_change_is_an_audit_event_that_names_its_device() throws Exception {
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        JsonNode credential = active(card, "Patient/elena");
        String device = credential.path("device").asText();
        JsonNode enrolled = event("enrolment", device);
        assertThat(enrolled.path("action").asText()).isEqualTo("C");
        assertThat(enrolled.at("/agent/0/who/reference").asText()).isEqualTo("Practitioner/desk");
        assertThat(event("status-change", device).path("action").asText()).isEqualTo("U");

        json(identify(card), 200);
        JsonNode accepted = event("identification", device);
        assertThat(accepted.path("outcome").asText()).isEqualTo("0");
        assertThat(accepted.at("/agent/0/who/reference").asText()).isEqualTo("Practitioner/amara");
        assertThat(accepted.at("/agent/0/network/address").asText()).isEqualTo("127.0.0.1");
        assertThat(accepted.at("/entity/0/what/reference").asText()).isEqualTo(device);
        assertThat(accepted.at("/entity/1/what/reference").asText()).isEqualTo("Patient/elena");

        json(logIn(answer(card, SimulatedCard.PIN)), 200);
        JsonNode logIn = event("log-in", device);
        assertThat(logIn.at("/agent/0/who/reference").asText()).isEqualTo("Patient/elena");
        assertThat(logIn.toString()).contains("\"110122\"", "\"holder\"");
        assertThat(fhir.events).noneMatch(event -> event.contains(guid.toString()));
    }

    @Test
    void each_refusal_is_an_audit_event_with_its_reason_and_only_the_card_itself_writes_into_its_owner_s_record()
            throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = json(enrol(card, "Patient/elena"), 201);
        String device = credential.path("device").asText();

        assertProblem(identify(card), 403, "card-not-active");
        JsonNode proven = event("identification", device, "\"not-active\"");
        assertThat(proven.path("outcome").asText()).isEqualTo("4");
        assertThat(proven.findValuesAsText("reference")).contains("Patient/elena");

        String replayed = answer(card, null);
        open("/cards/identifications", replayed);
        assertProblem(open("/cards/identifications", replayed), 403, "card-challenge-unknown");
        JsonNode copy = event("identification", device, "\"challenge-unknown\"");
        assertThat(copy.findValuesAsText("reference")).containsExactly(device);
        assertThat(copy.at("/agent/0/who/display").asText()).isEqualTo("unknown");
        assertThat(detail(copy, "proven")).isEqualTo("false");
        assertThat(detail(proven, "proven")).isEqualTo("true");

        // Who is refused was not logged in, whoever it was.
        assertProblem(logIn(answer(card, SimulatedCard.PIN)), 403, "card-not-active");
        assertThat(event("log-in", device, "\"not-active\"")
                        .at("/agent/0/who/display")
                        .asText())
                .isEqualTo("unknown");

        assertProblem(enrol(card, "Practitioner/amara"), 409, "card-enrolled");
        assertThat(event("enrolment", "\"card-enrolled\"").path("outcome").asText())
                .isEqualTo("4");
    }

    @Test
    void what_the_server_s_anomaly_rules_are_tested_with_is_what_is_told() throws Exception {
        fhir.resources.put("Practitioner/berta", "{\"resourceType\":\"Practitioner\",\"id\":\"berta\"}");
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = active(card, "Practitioner/berta");
        String device = credential.path("device").asText();
        for (int i = 0; i < 21; i++) {
            json(identify(card), 200);
        }
        assertToldAs("identified.json", event("identification", device, "\"outcome\":\"0\""), device);
        assertToldAs("too-often.json", event("alarm", device, "\"too-often\""), device);
        assertThat(elsewhere(answer(card, null))).startsWith("HTTP/1.1 200");
        assertToldAs("two-places.json", event("alarm", device, "\"two-places\""), device);
        json(status(credential, "lost", desk), 200);
        assertProblem(identify(card), 403, "card-not-active");
        assertToldAs("lost.json", event("identification", device, "\"not-active\""), device);
    }

    /** The server's tests put in what is different each time. */
    private static void assertToldAs(String file, JsonNode event, String device) throws Exception {
        String told = event.toString()
                .replace(device, "${device}")
                .replace("Practitioner/berta", "${owner}")
                .replaceAll("127\\.0\\.0\\.[12]", "\\${address}")
                .replace(event.path("recorded").asText(), "${recorded}")
                .replace(event.at("/entity/2/what/identifier/value").asText(), "${id}");
        Path fixture = Path.of("..", "fhir-server", "src", "test", "resources", "card-events", file);
        assertThat(JSON.readTree(told)).as(told).isEqualTo(JSON.readTree(Files.readString(fixture)));
    }

    private static String detail(JsonNode event, String type) {
        for (JsonNode detail : event.at("/entity/0/detail")) {
            if (detail.path("type").asText().equals(type)) {
                return detail.path("valueString").asText();
            }
        }
        return "";
    }

    @Test
    void while_the_record_is_full_no_card_is_judged_and_each_can_be_blocked() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        JsonNode credential = active(card, "Patient/elena");
        String genuine = answer(card, null);
        String copied = answer(card, null).replaceAll("\"signature\":\"[^\"]+", "\"signature\":\"AAAA");
        database()
                .sql("insert into card.audit_outbox (id, event, kept_at, next_attempt_at) select gen_random_uuid(),"
                        + " '{}', now(), now() + interval '1 day' from generate_series(1, 10000)")
                .update();
        try {
            assertProblem(open("/cards/identifications", genuine), 503, "record-unavailable");
            assertProblem(open("/cards/identifications", copied), 503, "record-unavailable");
            json(status(credential, "lost", desk), 200);
        } finally {
            database().sql("delete from card.audit_outbox where event = '{}'").update();
        }
        assertThat(event("status-change", credential.path("device").asText(), "\"lost\"")
                        .path("outcome")
                        .asText())
                .isEqualTo("0");
    }

    @Test
    void what_a_reader_refuses_is_recorded_once_for_a_challenge() throws Exception {
        String path = "/cards/challenges/" + challengeId() + "/refusal";

        assertThat(open(path, "{\"reason\":\"card-lost\"}").statusCode()).isEqualTo(204);
        assertThat(event("identification", "\"card-lost\"").path("outcome").asText())
                .isEqualTo("4");
        assertProblem(open(path, "{\"reason\":\"card-lost\"}"), 403, "card-challenge-unknown");
        for (String reason : List.of("not-enrolled", "certificate-revoked", "nonsense")) {
            assertProblem(
                    open("/cards/challenges/" + challengeId() + "/refusal", "{\"reason\":\"" + reason + "\"}"),
                    400,
                    "bad-request");
        }
    }

    @Test
    void a_card_whose_random_numbers_repeat_is_refused() throws Exception {
        UUID guid = UUID.randomUUID();
        KeyPair pair = TestCa.keyPair("secp256r1");
        BigInteger stuck = BigInteger.valueOf(4711);
        String first = weak(guid, pair, stuck);
        JsonNode credential = json(
                bridge.post("/cards", desk, "{\"owner\":\"Patient/elena\",\"answers\":[%s]}".formatted(first)), 201);
        json(status(credential, "active", desk), 200);

        assertProblem(
                bridge.post("/cards/identifications", staff, weak(guid, pair, stuck)), 403, "card-randomness-weak");
        json(bridge.post("/cards/identifications", staff, weak(guid, pair, BigInteger.valueOf(4712))), 200);
        assertProblem(
                bridge.post("/cards/identifications", staff, weak(guid, pair, BigInteger.valueOf(4712))),
                403,
                "card-randomness-weak");
        assertThat(event("identification", "\"randomness-weak\"").toString())
                .contains(credential.path("device").asText());
    }

    /** The answer of a card that has no randomness of its own. */
    private String weak(UUID guid, KeyPair pair, BigInteger nonce) throws Exception {
        JsonNode given = json(open("/cards/challenges", ""), 201);
        Challenge challenge = new Challenge(Bytes.copyOf(
                Base64.getUrlDecoder().decode(given.path("challenge").asText())));
        Bytes certificate = Bytes.copyOf(ca.card(guid, pair.getPublic()).build().getEncoded());
        return JSON.createObjectNode()
                .put("challenge", given.path("id").asText())
                .put("profile", "piv")
                .put("slot", "card")
                .put("guid", guid.toString())
                .put("certificate", ReaderAnswer.encoded(certificate))
                .put("signature", ReaderAnswer.encoded(FixedNonce.sign(pair, challenge.message(), nonce)))
                .toString();
    }

    @Test
    void a_card_in_two_places_and_one_that_is_used_too_often_raise_an_alarm_and_are_not_locked_out() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        String device = active(card, "Patient/elena").path("device").asText();
        json(identify(card), 200);
        assertThat(elsewhere(answer(card, null))).startsWith("HTTP/1.1 200");
        assertThat(event("alarm", device, "\"two-places\"").toString()).contains("127.0.0.2");
        database()
                .sql("update card.credential_use set used_at = used_at - interval '30 seconds'")
                .update();
        json(identify(card), 200);

        SimulatedCard other = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        String often = active(other, "Patient/elena").path("device").asText();
        for (int i = 0; i < 22; i++) {
            json(identify(other), 200);
        }
        assertThat(event("alarm", often, "\"too-often\"").at("/type/code").asText())
                .isEqualTo("110113");
        bridge.context().getBean(AuditOutbox.class).send();
        assertThat(events("alarm", often)).as("once a minute").hasSize(1);
        assertThat(events("alarm", device))
                .as("half a minute is enough to go there")
                .hasSize(1);
    }

    /** Asks from another address of this machine. */
    private static String elsewhere(String answer) throws Exception {
        byte[] body = answer.getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket(
                "127.0.0.1", bridge.uri("/").getPort(), InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), 0)) {
            socket.getOutputStream()
                    .write(("POST /cards/identifications HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void no_event_is_lost_while_the_fhir_server_is_away() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        String device = active(card, "Patient/elena").path("device").asText();
        AuditOutbox outbox = bridge.context().getBean(AuditOutbox.class);
        fhir.down(true);
        for (int i = 0; i < 5; i++) {
            json(identify(card), 200);
        }
        outbox.send();
        assertThat(outbox.waiting()).isGreaterThanOrEqualTo(5);
        assertThat(events("identification", device)).isEmpty();

        fhir.down(false);
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        await().untilAsserted(() -> {
            database.sql("update card.audit_outbox set next_attempt_at = now()").update();
            outbox.send();
            assertThat(outbox.waiting()).isZero();
        });
        assertThat(events("identification", device).stream()
                        .map(event ->
                                event.at("/entity/2/what/identifier/value").asText())
                        .distinct())
                .hasSize(5);
    }
}
