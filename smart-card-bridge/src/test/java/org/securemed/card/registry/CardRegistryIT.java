package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.SignedJWT;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.identify.IdentifyCommand;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.Pin;
import org.securemed.card.reader.Readers;
import org.securemed.card.server.TestBridge;
import org.securemed.card.simulated.FixedNonce;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.TestObjects;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The registry over HTTP, with cards in a simulator and a FHIR server that can fail. */
class CardRegistryIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NONCE = "n".repeat(43);

    @TempDir
    private static Path directory;

    private static final TestCa ca = new TestCa("Hospital CA");
    private static ECKey client;
    private static TestFhirServer fhir;
    private static TestBridge bridge;

    private final CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
    private String desk = "";
    private String staff = "";

    @BeforeAll
    static void start() throws Exception {
        client = new ECKeyGenerator(Curve.P_384).keyID("card-bridge-1").generate();
        Path caFile = Files.write(directory.resolve("ca.der"), ca.certificate().getEncoded());
        Path list = Files.write(directory.resolve("crl.der"), ca.revoke().getEncoded());
        Path key = Files.writeString(directory.resolve("client.jwk"), client.toJSONString());
        bridge = new TestBridge(
                "--securemed.bridge.cards.ca=" + caFile,
                "--securemed.bridge.cards.revocation-list=" + list,
                "--securemed.bridge.cards.number-secret=" + Base64.getEncoder().encodeToString(new byte[32]),
                "--securemed.bridge.client.key=" + key);
        fhir = new TestFhirServer(bridge.issuer(), client);
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    @BeforeEach
    void people() {
        fhir.down(false);
        desk = bridge.issuer().token("Practitioner/desk", "administrator");
        staff = bridge.issuer().token("Practitioner/amara", "physician");
        fhir.resources.put("Practitioner/amara", "{\"resourceType\":\"Practitioner\",\"id\":\"amara\"}");
        fhir.resources.put("Patient/elena", "{\"resourceType\":\"Patient\",\"id\":\"elena\"}");
    }

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
    void a_log_in_says_who_and_how_strongly_for_one_nonce_and_page() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        JsonNode credential = active(card, "Practitioner/amara");

        for (String pin : new String[] {"", SimulatedCard.PIN}) {
            JsonNode answer = json(logIn(answer(card, pin.isEmpty() ? null : pin)), 200);
            SignedJWT statement = SignedJWT.parse(answer.path("statement").asText());
            assertThat(statement.verify(new ECDSAVerifier(client.toPublicJWK())))
                    .isTrue();
            assertThat(statement.getJWTClaimsSet().getSubject()).isEqualTo("Practitioner/amara");
            assertThat(statement.getJWTClaimsSet().getAudience())
                    .containsExactly(bridge.issuer().url() + "/login/card");
            assertThat(statement.getJWTClaimsSet().getStringClaim("nonce")).isEqualTo(NONCE);
            assertThat(statement.getJWTClaimsSet().getStringClaim("device"))
                    .isEqualTo(credential.path("device").asText());
            assertThat(statement.getJWTClaimsSet().getStringClaim("acr"))
                    .isEqualTo(pin.isEmpty() ? "urn:securemed:acr:card-without-pin" : "urn:securemed:acr:card");
        }
        json(status(credential, "lost", desk), 200);
        assertProblem(logIn(answer(card, null)), 403, "card-not-active");
    }

    @Test
    void the_authorization_server_hears_at_once_that_a_card_was_taken_out_and_again_until_it_has_heard()
            throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();
        assertThat(presence("", presence, null)).isEqualTo(204);
        fhir.down(true);

        assertThat(presence("/removal", presence, 250L)).isEqualTo(204);

        assertThat(removals(device)).isEmpty();
        assertThat(presence("", presence, null)).as("it is over").isEqualTo(404);
        fhir.down(false);
        bridge.context().getBean(Presences.class).tell();
        // Perhaps twice: the bridge does so by itself, too.
        assertThat(removals(device)).isNotEmpty().allSatisfy(removal -> {
            JsonNode told = JSON.readTree(removal);
            assertThat(told.path("device").asText()).isEqualTo(device);
            assertThat(told.path("ago").asLong()).isBetween(0L, 60_000L);
            assertThat(Instant.parse(told.path("at").asText())).isBefore(Instant.now());
        });
        assertThat(presence("/removal", presence, null)).isEqualTo(404);
    }

    private static List<String> removals(String device) {
        return fhir.removals.stream()
                .filter(removal -> removal.contains(device))
                .toList();
    }

    @Test
    void a_card_whose_reader_agent_falls_silent_counts_as_taken_out() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();
        bridge.context().getBean(Presences.class).tell();
        assertThat(removals(device)).isEmpty();

        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.presence set opened_at = opened_at - interval '61 seconds',"
                        + " seen_at = seen_at - interval '61 seconds' where device = :device")
                .param("device", device)
                .update();
        assertThat(presence("", presence, null)).as("too late").isEqualTo(404);
        bridge.context().getBean(Presences.class).tell();

        await().untilAsserted(() -> assertThat(removals(device)).isNotEmpty());
    }

    @Test
    void who_does_not_know_the_log_in_does_not_end_it() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        active(card, "Practitioner/amara");
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();

        assertThat(presence("/removal", "A".repeat(43), null)).isEqualTo(404);
        assertThat(presence("/removal", "", null)).isEqualTo(400);
        assertThat(presence("/removal", presence, -1L)).isEqualTo(400);

        assertThat(presence("", presence, null)).isEqualTo(204);
        assertThat(bridge.context()
                        .getBean(JdbcClient.class)
                        .sql("select row_to_json(p)::text from card.presence p")
                        .query(String.class)
                        .list())
                .isNotEmpty()
                .noneMatch(row -> row.contains(presence));
    }

    private int presence(String path, String token, @Nullable Long ago) {
        com.fasterxml.jackson.databind.node.ObjectNode body =
                JSON.createObjectNode().put("presence", token);
        if (ago != null) {
            body.put("ago", ago);
        }
        return open("/cards/presences" + path, body.toString()).statusCode();
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

        assertProblem(enrol(card, "Practitioner/amara"), 409, "card-enrolled");
        assertThat(event("enrolment", "\"card-enrolled\"").path("outcome").asText())
                .isEqualTo("4");
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
                .put("certificate", encoded(certificate))
                .put("signature", encoded(FixedNonce.sign(pair, challenge.message(), nonce)))
                .toString();
    }

    @Test
    void a_card_in_two_places_and_one_that_is_used_too_often_raise_an_alarm_and_are_not_locked_out() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        String device = active(card, "Patient/elena").path("device").asText();
        json(identify(card), 200);
        assertThat(elsewhere(answer(card, null))).startsWith("HTTP/1.1 200");
        assertThat(event("alarm", device, "\"two-places\"").toString()).contains("127.0.0.2");

        SimulatedCard other = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        String often = active(other, "Patient/elena").path("device").asText();
        for (int i = 0; i < 22; i++) {
            json(identify(other), 200);
        }
        assertThat(event("alarm", often, "\"too-often\"").at("/type/code").asText())
                .isEqualTo("110113");
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
    void the_command_asks_whose_the_card_is_and_says_why_not() throws Exception {
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        String refused = "{\"decision\":\"REFUSE\",\"guid\":null,\"reason\":\"%s\",\"reference\":null}%n 1";
        assertThat(command(card)).isEqualTo(refused.formatted("not-enrolled"));
        JsonNode credential = active(card, "Patient/elena");

        assertThat(command(card))
                .isEqualTo(
                        "{\"decision\":\"ACCEPT\",\"guid\":\"%s\",\"reason\":null,\"reference\":\"Patient/elena\"}%n 0"
                                .formatted(guid));

        json(status(credential, "suspended", desk), 200);
        assertThat(command(card)).isEqualTo(refused.formatted("not-active"));
        assertThat(command(SimulatedCard.foreign())).isEqualTo(refused.formatted("card-unknown"));
        assertThat(event("identification", "\"card-unknown\"").path("outcome").asText())
                .isEqualTo("4");
    }

    @Test
    void the_command_without_an_answering_registry_refuses() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        for (String registry : List.of(
                "http://127.0.0.1:1", bridge.issuer().url(), bridge.uri("/fhir").toString())) {
            assertThat(command(card, registry))
                    .contains("\"registry-unavailable\"")
                    .endsWith(" 1");
        }
    }

    private String command(SimulatedCard card) {
        return command(card, bridge.uri("").toString());
    }

    /** What it prints and, behind a space, its exit code. */
    private static String command(SimulatedCard card, String registry) {
        Readers readers = new Readers() {
            @Override
            public List<String> names() {
                return List.of("simulated");
            }

            @Override
            public boolean awaitRemoval(String reader, Duration patience) {
                return false;
            }

            @Override
            public boolean hasPinpad(String reader) {
                return false;
            }

            @Override
            public <T> T withCard(String reader, Duration patience, Work<T> work)
                    throws CardLostException, CardRefusedException {
                return work.with(card);
            }
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new IdentifyCommand(readers, Clock.systemUTC())
                .run(
                        List.of(
                                "--reader",
                                "simulated",
                                "--ca",
                                directory.resolve("ca.der").toString(),
                                "--crl",
                                directory.resolve("crl.der").toString(),
                                "--registry",
                                registry),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8) + " " + code;
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

    private JsonNode active(SimulatedCard card, String owner) throws Exception {
        JsonNode credential = json(enrol(card, owner), 201);
        json(status(credential, "active", desk), 200);
        return credential;
    }

    private HttpResponse<String> enrol(SimulatedCard card, String owner) throws Exception {
        return bridge.post("/cards", desk, enrolment(card, owner));
    }

    private String enrolment(SimulatedCard card, String owner) throws Exception {
        return "{\"owner\":\"%s\",\"answers\":[%s,%s]}"
                .formatted(owner, answer(card, null), answer(card, SimulatedCard.PIN));
    }

    private HttpResponse<String> identify(SimulatedCard card) throws Exception {
        return bridge.post("/cards/identifications", staff, answer(card, null));
    }

    /** An event of a kind with all of these in it; it may be on its way. */
    private static JsonNode event(String kind, String... parts) {
        return await().until(() -> events(kind, parts), events -> !events.isEmpty())
                .get(0);
    }

    private static List<JsonNode> events(String kind, String... parts) {
        return fhir.events.stream()
                .filter(event -> Arrays.stream(parts).allMatch(event::contains))
                .map(CardRegistryIT::parsed)
                .filter(event -> event.path("subtype").toString().contains("\"" + kind + "\""))
                .toList();
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String challengeId() throws Exception {
        return json(open("/cards/challenges", ""), 201).path("id").asText();
    }

    private HttpResponse<String> open(String path, String json) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private HttpResponse<String> logIn(String answer) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri("/cards/log-ins"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"nonce\":\"%s\",\"answer\":%s}".formatted(NONCE, answer)))
                .build());
    }

    private HttpResponse<String> status(JsonNode credential, String status, String token) {
        return bridge.send(HttpRequest.newBuilder(
                        bridge.uri("/cards/" + credential.path("id").asText() + "/status"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"status\":\"" + status + "\"}"))
                .build());
    }

    private static java.security.cert.X509Certificate certificate(SimulatedCard card) throws Exception {
        Challenge challenge = Challenge.fresh();
        CardProof proof = new CardReading(CardProfiles.all(Clock.systemUTC())).read(card, challenge, null);
        return CardReading.parse(proof.certificate());
    }

    private String answer(CardConnection card, @Nullable String pin) throws Exception {
        JsonNode given = json(
                bridge.send(HttpRequest.newBuilder(bridge.uri("/cards/challenges"))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build()),
                201);
        Challenge challenge = new Challenge(Bytes.copyOf(
                Base64.getUrlDecoder().decode(given.path("challenge").asText())));
        CardProof proof;
        if (pin == null) {
            proof = reading.read(card, challenge, null);
        } else {
            try (Pin entered = Pin.of(pin.toCharArray())) {
                proof = reading.read(card, challenge, entered);
            }
        }
        return JSON.createObjectNode()
                .put("challenge", given.path("id").asText())
                .put("profile", proof.profile())
                .put("slot", proof.slot().name().toLowerCase(Locale.ROOT))
                .put("guid", proof.guid().toString())
                .put("certificate", encoded(proof.certificate()))
                .put("signature", encoded(proof.signature()))
                .toString();
    }

    private static String encoded(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    private static JsonNode json(HttpResponse<String> answer, int status) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.body()).contains("\"urn:securemed:problem:" + code + "\"");
        assertThat(answer.statusCode()).isEqualTo(status);
    }
}
