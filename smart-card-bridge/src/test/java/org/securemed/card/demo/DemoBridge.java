package org.securemed.card.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Pin;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.reader.agent.TestAgent;
import org.securemed.card.server.ServeCommand;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;

/**
 * Bridge, reader agent, a hospital's CA and two people's cards beside the FHIR server that {@code ./dev run} has
 * started. The bridge and the agent are what runs in production; the cards and the reader are simulated. Cards of an
 * earlier run are reported lost.
 */
public final class DemoBridge {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SERVER = "http://localhost:8080";
    private static final String BRIDGE = "http://localhost:8090";
    private static final int AGENT = 8095;
    private static final int READER = 8096;

    private final HttpClient http = HttpClient.newHttpClient();
    private final CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
    private final BridgeClient bridge = new BridgeClient(URI.create(BRIDGE));
    private final DemoReader reader;
    private final Path tokens;

    private DemoBridge(DemoReader reader, Path tokens) {
        this.reader = reader;
        this.tokens = tokens;
    }

    /**
     * Runs until it is stopped.
     *
     * @param args the directory with the demonstration's tokens, and one for the bridge's own data
     */
    public static void main(String[] args) throws Exception {
        Path tokens = Path.of(args[0]);
        Path data = Files.createDirectories(Path.of(args[1]));
        if (!Files.isReadable(tokens.resolve("administrator.token"))) {
            System.err.println("There is no demonstration: start ./dev run first, in another terminal.");
            System.exit(1);
        }
        TestCa ca = new TestCa("Demonstration Hospital CA");
        Files.write(data.resolve("ca.der"), ca.certificate().getEncoded());
        Files.write(data.resolve("crl.der"), ca.revoke().getEncoded());
        ServeCommand.start(
                "--securemed.bridge.base-url=" + BRIDGE,
                "--securemed.bridge.issuer=" + SERVER,
                "--securemed.bridge.client.key=" + tokens.resolve("card-bridge.jwk"),
                "--securemed.bridge.cards.ca=" + data.resolve("ca.der"),
                "--securemed.bridge.cards.revocation-list=" + data.resolve("crl.der"),
                "--securemed.bridge.cards.number-secret=" + secret(data.resolve("number-secret")),
                "--securemed.bridge.cards.removal-grace=30s",
                "--securemed.development.data-directory=" + data.resolve("postgres"));
        Map<String, SimulatedCard> cards = new LinkedHashMap<>();
        cards.put("physician", SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256));
        cards.put("patient", SimulatedCard.secureMed(ca, UUID.randomUUID()));
        cards.put("copy", copyOf(cards.get("physician")));
        DemoReader reader = new DemoReader(cards);
        DemoBridge demo = new DemoBridge(reader, tokens);
        demo.enrol(cards.get("physician"), person(tokens, "physician"));
        String patientsCard = demo.enrol(cards.get("patient"), person(tokens, "patient"));
        reader.insert(null);
        reader.open(READER);
        TestAgent agent = new TestAgent(URI.create(BRIDGE), SERVER, AGENT, DemoReader.NAME, reader);
        Runtime.getRuntime().addShutdownHook(new Thread(agent::close));
        System.out.println(guide(tokens, patientsCard));
    }

    /** All that can be read of a card, on another one. */
    private static SimulatedCard copyOf(SimulatedCard original) {
        SimulatedCard copy = SimulatedCard.blankPiv();
        copy.generatePiv(0x9E, CardKey.P256);
        copy.generatePiv(0x9A, CardKey.P256);
        for (int tag : new int[] {0x5FC102, 0x5FC101, 0x5FC105}) {
            copy.putPiv(tag, original.readPiv(tag));
        }
        return copy;
    }

    private static String secret(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] random = new byte[32];
            new SecureRandom().nextBytes(random);
            Files.writeString(file, Base64.getEncoder().encodeToString(random));
        }
        return Files.readString(file);
    }

    private static String token(Path tokens, String user) throws IOException {
        return Files.readString(tokens.resolve(user + ".token")).strip();
    }

    /** Relative reference of whoever a token is for. */
    private static String person(Path tokens, String user) throws IOException {
        String claims = token(tokens, user).split("\\.")[1];
        String absolute = JSON.readTree(Base64.getUrlDecoder().decode(claims))
                .path("fhirUser")
                .asText();
        return absolute.substring((SERVER + "/fhir/").length());
    }

    private String enrol(SimulatedCard card, String owner) throws Exception {
        for (JsonNode old : JSON.readTree(send("GET", "/cards?owner=" + owner, null))) {
            if (old.path("status").asText().matches("issued|active|suspended")) {
                send("PUT", "/cards/" + old.path("id").asText() + "/status", "{\"status\":\"lost\"}");
            }
        }
        reader.insert(card);
        ObjectNode body = JSON.createObjectNode().put("owner", owner);
        ArrayNode answers = body.putArray("answers");
        for (@Nullable String pin : new @Nullable String[] {null, SimulatedCard.PIN}) {
            try (Pin typed = pin == null ? null : Pin.of(pin.toCharArray())) {
                BridgeClient.Given given = bridge.challenge();
                answers.add(BridgeClient.answer(
                        given.id(),
                        reader.withCard(
                                DemoReader.NAME,
                                Duration.ofSeconds(1),
                                inserted -> reading.read(inserted, given.challenge(), typed))));
            }
        }
        JsonNode issued = JSON.readTree(send("POST", "/cards", body.toString()));
        send("PUT", "/cards/" + issued.path("id").asText() + "/status", "{\"status\":\"active\"}");
        return issued.path("device").asText();
    }

    private String send(String method, String path, @Nullable String json) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create(BRIDGE + path))
                        .header("Authorization", "Bearer " + token(tokens, "administrator"))
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                json == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static String guide(Path tokens, String patientsCard) {
        return """

                The smart card bridge is running: %1$s
                The reader agent: http://127.0.0.1:%3$d, its reader's slot: http://127.0.0.1:%4$d/reader
                Cards: physician, patient (Elena Rossi, %6$s), and copy, which has all that can be read of the
                physician's. Every PIN is %5$s.

                Log in by card:

                  curl -X PUT http://127.0.0.1:%4$d/reader/physician
                  # in a browser: http://localhost:8080/login, Use a card. Then the same with the copy:
                  curl -X PUT http://127.0.0.1:%4$d/reader/copy
                  # Whoever pulls their card is logged out after 30 seconds:
                  curl -X DELETE http://127.0.0.1:%4$d/reader

                Codes, health cards and links, in another terminal:

                  # Elena checks in at the hospital: a code for one reading, 60 seconds long.
                  code=$(curl -s -H "Authorization: Bearer $(cat %2$s/patient.token)" -H 'Content-Type: application/json' -d '{"audience":"Organization/riverside-hospital"}' %1$s/check-in-codes | sed 's/.*"code":"\\([^"]*\\)".*/\\1/')
                  curl -s -H "Authorization: Bearer $(cat %2$s/nurse.token)" -H 'Content-Type: application/json' -d "{\\"code\\":\\"$code\\"}" %1$s/check-in
                  # The same again: a photograph of the code.
                  curl -s -H "Authorization: Bearer $(cat %2$s/nurse.token)" -H 'Content-Type: application/json' -d "{\\"code\\":\\"$code\\"}" %1$s/check-in

                  # A SMART Health Card, and a SMART Health Link with a passcode.
                  curl -s -H "Authorization: Bearer $(cat %2$s/patient.token)" -H 'Content-Type: application/json' -d '{"content":"emergency"}' %1$s/health-cards
                  curl -s -H "Authorization: Bearer $(cat %2$s/patient.token)" -H 'Content-Type: application/json' -d '{"summary":true,"passcode":"correct horse"}' %1$s/health-links

                Stop with Ctrl-C.
                """.formatted(BRIDGE, tokens, AGENT, READER, SimulatedCard.PIN, patientsCard);
    }
}
