package org.securemed.card.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.card.problem.Problem;

/** The record as it is read with a caller's token, of a FHIR server that answers what it likes. */
class FhirRecordsIT {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private HttpServer stranger;
    private FhirRecords records;
    private volatile String next = "";
    private volatile int status = 200;
    private volatile String padding = "";

    @BeforeEach
    void start() throws IOException {
        server = serve("/fhir/");
        stranger = serve("/");
        records = new FhirRecords(URI.create(address(server) + "/fhir"), HttpClient.newHttpClient());
    }

    private HttpServer serve(String path) throws IOException {
        HttpServer started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        started.createContext(path, exchange -> {
            asked.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = """
                    {"resourceType":"Bundle","text":"%s","entry":[{"resource":{"resourceType":"Patient","id":"a"}},
                    {"resource":{"resourceType":"OperationOutcome"}}]%s}""".formatted(
                            padding,
                            next.isEmpty() ? "" : ",\"link\":[{\"relation\":\"next\",\"url\":\"" + next + "\"}]")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            try (exchange) {
                exchange.getResponseBody().write(body);
            }
        });
        started.start();
        return started;
    }

    private static String address(HttpServer server) {
        return "http://localhost:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        stranger.stop(0);
    }

    private int search() {
        return records.search("secret", "Patient", Map.of("identifier", "urn:x|1&_id=2"))
                .size();
    }

    @Test
    void a_search_takes_what_it_asked_for_and_what_is_asked_is_no_further_parameter() {
        assertThat(search()).isOne();
        assertThat(asked).containsExactly("/fhir/Patient?identifier=urn%3Ax%7C1%26_id%3D2 Bearer secret");
    }

    @Test
    void the_token_goes_to_no_other_server_whatever_the_next_page_is_said_to_be() {
        for (String page : List.of(
                address(stranger) + "/fhir/Patient?page=2",
                address(server) + "/other/Patient",
                address(server) + "/fhirs/Patient",
                address(server).replace("localhost", "127.0.0.1") + "/fhir/Patient")) {
            next = page;
            asked.clear();
            assertThatThrownBy(this::search)
                    .isInstanceOfSatisfying(
                            Problem.class, e -> assertThat(e.status()).isEqualTo(503));
            assertThat(asked).as(page).hasSize(1);
        }
    }

    @Test
    void a_record_without_end_is_not_taken_for_the_part_that_was_read() {
        next = address(server) + "/fhir/Patient?page=2";

        assertThatThrownBy(this::search)
                .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.code()).isEqualTo("record-unavailable"));
        assertThat(asked).hasSize(20);
    }

    @Test
    void more_than_a_record_holds_is_not_read() {
        padding = "x".repeat(8 << 20);

        assertThatThrownBy(this::search)
                .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.code()).isEqualTo("record-unavailable"));
    }

    @Test
    void what_the_fhir_server_refuses_is_refused_and_what_is_not_there_is_not_there() {
        for (int[] pair : new int[][] {{401, 401}, {403, 403}, {500, 503}, {302, 503}, {206, 503}}) {
            status = pair[0];
            assertThatThrownBy(() -> records.read("secret", "Patient/a"))
                    .isInstanceOfSatisfying(
                            Problem.class, e -> assertThat(e.status()).isEqualTo(pair[1]));
        }
        for (int gone : new int[] {404, 410}) {
            status = gone;
            assertThat(records.read("secret", "Patient/a")).isEmpty();
        }
    }

    @Test
    void only_references_are_read() {
        for (String wrong : List.of("Patient", "Patient/../metadata", "Patient/a?b", "http://x/Patient/a", "")) {
            assertThatThrownBy(() -> records.read("secret", wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> records.summary("secret", "a/$x")).isInstanceOf(IllegalArgumentException.class);
        assertThat(asked).isEmpty();
    }
}
