package org.securemed.fhir.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Clients of every kind at work until their server is gone, and what it had answered by then. */
final class MixedLoad {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(12);

    private static final String ELENA = "elena-rossi";
    private static final String MATEUSZ = "mateusz-kowalczyk";
    private static final String AMARA = "Practitioner/amara-okafor";
    private static final String JONAS = "Practitioner/jonas-lindqvist";

    private final ChildServer server;
    private final CountDownLatch answersUntilKill;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final List<Future<?>> working = new ArrayList<>();

    /** @param answers after how many answers {@link #awaitMiddle} returns */
    MixedLoad(ChildServer server, int answers) {
        this.server = server;
        this.answersUntilKill = new CountDownLatch(answers);
    }

    /** The server is gone, or answers that it can't. */
    private static final class Over extends Exception {
        private static final long serialVersionUID = 1L;

        Over(String reason) {
            super(reason);
        }
    }

    /** What one client does over and over. */
    private interface Round {
        void run(int number) throws IOException, InterruptedException, Over;
    }

    /** Lets the physician in, then starts the clients. */
    void start() throws IOException, InterruptedException {
        try {
            write("patient", "POST", "Consent", consent(ELENA, AMARA, null, "active"), "create");
        } catch (Over e) {
            throw new IOException(e);
        }
        begin(this::readAndChart);
        begin(this::readAndChart);
        begin(this::backEnd);
        begin(this::grantAndRevoke);
    }

    /** Returns when the clients have had some answers. */
    void awaitMiddle() throws InterruptedException {
        if (!answersUntilKill.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("only %d answers in a minute".formatted(acknowledged.size()));
        }
    }

    /** Everything that was answered, when the last client has found the server gone. */
    List<Acknowledged> awaitEnd() throws Exception {
        for (Future<?> client : working) {
            client.get(60, TimeUnit.SECONDS);
        }
        workers.shutdown();
        return List.copyOf(acknowledged);
    }

    private void begin(Round round) {
        working.add(workers.submit(() -> {
            try {
                for (int number = 0; true; number++) {
                    round.run(number);
                }
            } catch (IOException | Over e) {
                return null;
            }
        }));
    }

    private void readAndChart(int number) throws IOException, InterruptedException, Over {
        read("physician", "Patient/" + ELENA, "read", 200);
        read("physician", "Observation?patient=" + ELENA + "&_count=3", "search", 200);
        JsonNode made = write("physician", "POST", "Observation", observation(null, number), "create");
        String id = made.get("id").asText();
        write("physician", "PUT", "Observation/" + id, observation(id, number + 1), "update");
        read("physician", "Observation/" + id, "read", 200);
    }

    private void backEnd(int number) throws IOException, InterruptedException, Over {
        String entry = """
                {"resource": %s, "request": {"method": "POST", "url": "Observation"}}""";
        String bundle =
                """
                {"resourceType": "Bundle", "type": "transaction", "entry": [%s, %s]}""".formatted(entry.formatted(observation(null, number)), entry.formatted(observation(null, number)));
        JsonNode made = write("backend", "POST", "", bundle, "create");
        String first = made.at("/entry/0/response/location").asText().split("/_history/", 2)[0];
        write("backend", "DELETE", first, "", "delete");
        read("backend", first, "read", 410);
    }

    private void grantAndRevoke(int number) throws IOException, InterruptedException, Over {
        JsonNode made = write("patient2", "POST", "Consent", consent(MATEUSZ, JONAS, null, "active"), "create");
        String id = made.get("id").asText();
        read("physician2", "Patient/" + MATEUSZ, "read", 200);
        write("patient2", "PUT", "Consent/" + id, consent(MATEUSZ, JONAS, id, "inactive"), "update");
        read("physician2", "Patient/" + MATEUSZ, "read", 404);
    }

    private void read(String user, String path, String op, int expected)
            throws IOException, InterruptedException, Over {
        String requestId = UUID.randomUUID().toString();
        HttpResponse<String> response = send(user, "GET", path, "", requestId);
        if (response.statusCode() != expected) {
            throw new IllegalStateException("GET %s answered %d: %s".formatted(path, response.statusCode(), response));
        }
        acknowledge(new Acknowledged(requestId, op, expected, List.of()));
    }

    private JsonNode write(String user, String method, String path, String body, String op)
            throws IOException, InterruptedException, Over {
        String requestId = UUID.randomUUID().toString();
        HttpResponse<String> response = send(user, method, path, body, requestId);
        if (response.statusCode() / 100 != 2) {
            throw new IllegalStateException(
                    "%s %s answered %d: %s".formatted(method, path, response.statusCode(), response.body()));
        }
        JsonNode answer = JSON.readTree(response.body());
        acknowledge(new Acknowledged(requestId, op, response.statusCode(), written(method, path, answer)));
        return answer;
    }

    private static List<String> written(String method, String path, JsonNode answer) {
        if (method.equals("DELETE")) {
            // The answer does not tell the version, but here each is deleted right after its creation.
            return List.of(path + "/_history/2");
        }
        if (path.isEmpty()) {
            return answer.findValuesAsText("location");
        }
        return List.of("%s/%s/_history/%s"
                .formatted(
                        answer.get("resourceType").asText(),
                        answer.get("id").asText(),
                        answer.at("/meta/versionId").asText()));
    }

    private void acknowledge(Acknowledged answer) {
        acknowledged.add(answer);
        answersUntilKill.countDown();
    }

    private HttpResponse<String> send(String user, String method, String path, String body, String requestId)
            throws IOException, InterruptedException, Over {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.fhir() + (path.isEmpty() ? "" : "/" + path)))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + server.token(user))
                .header("Content-Type", "application/fhir+json")
                .header("Prefer", "return=representation")
                .header("X-Request-ID", requestId)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 500) {
            String type = JSON.readTree(response.body()).path("resourceType").asText();
            if (!type.equals("OperationOutcome")) {
                throw new IllegalStateException("a failure came with " + response.body());
            }
            throw new Over("status " + response.statusCode());
        }
        return response;
    }

    private static String observation(@Nullable String id, int value) {
        return """
                {"resourceType": "Observation", %s "status": "final",
                 "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
                 "subject": {"reference": "Patient/%s"},
                 "valueQuantity": {"value": %d, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}}""".formatted(id == null ? "" : "\"id\": \"" + id + "\",", ELENA, 60 + value % 60);
    }

    private static String consent(String patient, String grantee, @Nullable String id, String status) {
        return """
                {"resourceType": "Consent", %s "status": "%s",
                 "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                                       "code": "patient-privacy"}]},
                 "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
                 "patient": {"reference": "Patient/%s"},
                 "performer": [{"reference": "Patient/%s"}],
                 "policy": [{"uri": "https://securemed.org/policy/basic-consent"}],
                 "provision": {"type": "permit",
                   "actor": [{"role": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                                                   "code": "IRCP"}]},
                              "reference": {"reference": "%s"}}],
                   "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]}}""".formatted(id == null ? "" : "\"id\": \"" + id + "\",", status, patient, patient, grantee);
    }
}
