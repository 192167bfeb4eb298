package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.profile.CardKey;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.fhir.consent.AnswerTimes;
import org.securemed.fhir.server.TestServer;

/**
 * What the bridge answers about somebody's card or wristband, to whoever may not know of it, takes as long and says the
 * same as about one that nobody has.
 *
 * <p>More pairs: {@code -Dsecuremed.test.pairs=5000}.
 */
class BridgeTimesIT {
    private static final int PAIRS = Integer.getInteger("securemed.test.pairs", 300);
    private static final long SEED = 20261123L;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TestServer server = TestServer.shared();

    @TempDir
    private static Path directory;

    private static RunningBridge bridge;

    @BeforeAll
    static void start() throws Exception {
        bridge = new RunningBridge(server, directory);
    }

    @AfterAll
    static void stop() {
        if (bridge != null) {
            bridge.close();
        }
    }

    /** Whoever has copied a card learns from the copy's refusal not whether the card is enrolled here. */
    @Test
    void a_copy_of_an_enrolled_card_is_refused_as_fast_as_a_copy_of_any_card() throws Exception {
        SimulatedCard enrolled = SimulatedCard.piv(bridge.ca(), UUID.randomUUID(), CardKey.P256);
        JsonNode credential = RunningBridge.json(
                bridge.post(
                        "/cards",
                        server.token("administrator"),
                        "{\"owner\":\"Patient/elena-rossi\",\"answers\":[%s]}"
                                .formatted(bridge.answer(enrolled, null))),
                201);
        RunningBridge.json(
                bridge.put(
                        "/cards/" + credential.path("id").asText() + "/status",
                        server.token("administrator"),
                        "{\"status\":\"active\"}"),
                200);
        SimulatedCard known = RunningBridge.clone(enrolled);
        SimulatedCard unknown = RunningBridge.clone(SimulatedCard.piv(bridge.ca(), UUID.randomUUID(), CardKey.P256));
        String token = server.token("physician2");

        String one = bridge.answer(known, null);
        String other = bridge.answer(unknown, null);
        for (String path : List.of("/cards/identifications", "/cards/log-ins")) {
            assertThat(bridge.post(path, token, fresh(path, one)).body())
                    .contains("card-signature-invalid")
                    .isEqualTo(bridge.post(path, token, fresh(path, other)).body());
            AnswerTimes times =
                    AnswerTimes.of(PAIRS / 2, SEED, () -> time(path, one, token), () -> time(path, other, token));
            System.out.printf("%s: t %.2f, without the slowest %.2f%n", path, times.all(), times.cropped());
            assertThat(times).as(path).matches(AnswerTimes::equal);
        }
    }

    /** The same answer to another challenge: the signature of a copy is wrong for each. */
    private static String fresh(String path, String answer) throws Exception {
        ObjectNode given = (ObjectNode) JSON.readTree(answer);
        given.set(
                "challenge",
                RunningBridge.json(bridge.post("/cards/challenges", null, ""), 201)
                        .path("id"));
        return path.endsWith("log-ins")
                ? "{\"nonce\":\"%s\",\"answer\":%s}".formatted("n".repeat(43), given)
                : given.toString();
    }

    private static long time(String path, String answer, String token) {
        try {
            String body = fresh(path, answer);
            long begin = System.nanoTime();
            int status = bridge.post(path, token, body).statusCode();
            long took = System.nanoTime() - begin;
            assertThat(status).isEqualTo(403);
            return took;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A wristband is looked up with the reader's own token. */
    @Test
    void a_wristband_of_a_hidden_patient_selects_as_fast_as_nobody_s() throws Exception {
        Patient elena = (Patient) server.get("patient", "Patient/elena-rossi").resource();
        String number = elena.getIdentifier().stream()
                .filter(identifier -> "https://securemed.example/mrn".equals(identifier.getSystem()))
                .map(Identifier::getValue)
                .findFirst()
                .orElseThrow();
        String nobodys = "SM-" + new StringBuilder(number.substring(3)).reverse();
        String token = server.token("physician2");
        assertThat(wristband(number, token).body())
                .isEqualTo(wristband(nobodys, token).body());

        AnswerTimes times = AnswerTimes.of(
                PAIRS / 3, SEED, () -> wristbandTime(number, token), () -> wristbandTime(nobodys, token));

        System.out.printf("wristband: t %.2f, without the slowest %.2f%n", times.all(), times.cropped());
        assertThat(times).matches(AnswerTimes::equal);
    }

    private static HttpResponse<String> wristband(String number, String token) throws Exception {
        return bridge.post("/wristband", token, "{\"text\":\"" + number + "\"}");
    }

    private static long wristbandTime(String number, String token) {
        try {
            long begin = System.nanoTime();
            int status = wristband(number, token).statusCode();
            long took = System.nanoTime() - begin;
            assertThat(status).isEqualTo(404);
            return took;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
