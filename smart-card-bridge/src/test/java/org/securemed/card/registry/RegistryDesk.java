package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Challenge;
import org.securemed.card.server.TestBridge;
import org.securemed.card.simulated.ReaderAnswer;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A registry with a card desk, members of staff, cards in a simulator, and a FHIR server that can fail. */
abstract class RegistryDesk {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String NONCE = "n".repeat(43);

    @TempDir
    static Path directory;

    static final TestCa ca = new TestCa("Hospital CA");
    static ECKey client;
    static TestFhirServer fhir;
    static TestBridge bridge;

    final CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
    String desk = "";
    String staff = "";

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
        fhir.untaken("none");
        desk = bridge.issuer().token("Practitioner/desk", "administrator");
        staff = bridge.issuer().token("Practitioner/amara", "physician");
        fhir.resources.put("Practitioner/amara", "{\"resourceType\":\"Practitioner\",\"id\":\"amara\"}");
        fhir.resources.put("Patient/elena", "{\"resourceType\":\"Patient\",\"id\":\"elena\"}");
    }

    JsonNode active(SimulatedCard card, String owner) throws Exception {
        JsonNode credential = json(enrol(card, owner), 201);
        json(status(credential, "active", desk), 200);
        return credential;
    }

    HttpResponse<String> enrol(SimulatedCard card, String owner) throws Exception {
        return bridge.post("/cards", desk, enrolment(card, owner));
    }

    /** Enrols what these answers prove; a null card replaces none. */
    HttpResponse<String> enrol(String owner, @Nullable JsonNode replaces, String... answers) {
        return bridge.post(
                "/cards",
                desk,
                "{\"owner\":\"%s\",\"replaces\":%s,\"answers\":[%s]}"
                        .formatted(owner, replaces == null ? "null" : replaces.path("id"), String.join(",", answers)));
    }

    /** The database of the bridge. */
    static JdbcClient database() {
        return bridge.context().getBean(JdbcClient.class);
    }

    String enrolment(SimulatedCard card, String owner) throws Exception {
        return "{\"owner\":\"%s\",\"answers\":[%s,%s]}"
                .formatted(owner, answer(card, null), answer(card, SimulatedCard.PIN));
    }

    HttpResponse<String> identify(SimulatedCard card) throws Exception {
        return bridge.post("/cards/identifications", staff, answer(card, null));
    }

    /** An event of a kind with all of these in it; it may be on its way. */
    static JsonNode event(String kind, String... parts) {
        return await().until(() -> events(kind, parts), events -> !events.isEmpty())
                .get(0);
    }

    static List<JsonNode> events(String kind, String... parts) {
        return fhir.events.stream()
                .filter(event -> Arrays.stream(parts).allMatch(event::contains))
                .map(RegistryDesk::parsed)
                .filter(event -> event.path("subtype").toString().contains("\"" + kind + "\""))
                .toList();
    }

    static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    String challengeId() throws Exception {
        return json(open("/cards/challenges", ""), 201).path("id").asText();
    }

    HttpResponse<String> open(String path, String json) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    HttpResponse<String> logIn(String answer) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri("/cards/log-ins"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"nonce\":\"%s\",\"answer\":%s}".formatted(NONCE, answer)))
                .build());
    }

    HttpResponse<String> status(JsonNode credential, String status, String token) {
        return bridge.send(HttpRequest.newBuilder(
                        bridge.uri("/cards/" + credential.path("id").asText() + "/status"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"status\":\"" + status + "\"}"))
                .build());
    }

    static java.security.cert.X509Certificate certificate(SimulatedCard card) throws Exception {
        Challenge challenge = Challenge.fresh();
        CardProof proof = new CardReading(CardProfiles.all(Clock.systemUTC())).read(card, challenge, null);
        return CardReading.parse(proof.certificate());
    }

    String answer(CardConnection card, @Nullable String pin) throws Exception {
        JsonNode given = json(
                bridge.send(HttpRequest.newBuilder(bridge.uri("/cards/challenges"))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build()),
                201);
        return ReaderAnswer.to(given, card, pin);
    }

    static JsonNode json(HttpResponse<String> answer, int status) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    static void assertProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.body()).contains("\"urn:securemed:problem:" + code + "\"");
        assertThat(answer.statusCode()).isEqualTo(status);
    }
}
