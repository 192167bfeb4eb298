package org.securemed.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadDriverIT {
    private static final Population ONE = new Population(List.of(new Population.Member(
            "1",
            "s%7Cv",
            List.of("2"),
            Template.of("{\"resourceType\":\"Patient\",\"id\":\"9876543\"}"),
            Template.of("{\"resourceType\":\"Observation\",\"id\":\"9876543\"}"))));

    private final AtomicLong requests = new AtomicLong();
    private final AtomicInteger status = new AtomicInteger(200);
    private final Set<Integer> clientPorts = ConcurrentHashMap.newKeySet();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private HttpServer server;
    private Target target;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/fhir", exchange -> {
            requests.incrementAndGet();
            clientPorts.add(exchange.getRemoteAddress().getPort());
            exchange.getRequestBody().readAllBytes();
            seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = "{\"resourceType\":\"Patient\"}".getBytes(StandardCharsets.UTF_8);
            // Length 0 means chunked here.
            exchange.sendResponseHeaders(status.get(), requests.get() % 2 == 0 ? body.length : 0);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        target = new Target("test", server.getAddress().getPort(), "/fhir", null);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void every_answer_is_counted_and_each_client_has_a_connection_of_its_own() throws Exception {
        Round round = run(target, Operation.READ_PATIENT, 3);
        assertThat(round.requests()).isEqualTo(requests.get()).isPositive();
        assertThat(round.errors()).isZero();
        assertThat(round.latencies().percentileMillis(50)).isPositive();
        assertThat(clientPorts).hasSize(3);
    }

    @Test
    void a_connection_is_kept_over_answers_with_a_length_and_in_chunks() throws Exception {
        try (Connection connection = Connection.open(target)) {
            for (int i = 0; i < 6; i++) {
                assertThat(connection.exchange(Request.get("/Patient/1"))).isEqualTo(200);
            }
        }
        assertThat(clientPorts).hasSize(1);
    }

    @Test
    void an_answer_that_is_no_success_is_an_error_and_has_no_latency() throws Exception {
        status.set(503);
        Round round = run(target, Operation.READ_PATIENT, 1);
        assertThat(round.requests()).isZero();
        assertThat(round.errors()).isEqualTo(requests.get()).isPositive();
        assertThat(round.firstError()).isEqualTo("GET /Patient/1 was answered 503");
    }

    @Test
    void each_operation_asks_what_its_name_says_with_the_token_of_who_does_it() throws Exception {
        for (Operation operation : Operation.values()) {
            run(target.withToken("t"), operation, 1);
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "GET /fhir/Patient/1 Bearer t",
                        "GET /fhir/Observation/2 Bearer t",
                        "GET /fhir/Observation?patient=1 Bearer t",
                        "GET /fhir/Observation?code=http%3A%2F%2Floinc.org%7C8867-4 Bearer t",
                        "GET /fhir/Patient?identifier=s%7Cv Bearer t",
                        "POST /fhir/Observation Bearer t",
                        "PUT /fhir/Patient/1 Bearer system");
    }

    @Test
    void a_server_that_is_not_there_fails_the_round() {
        server.stop(0);
        assertThatIOException().isThrownBy(() -> run(target, Operation.READ_PATIENT, 2));
    }

    private static Round run(Target target, Operation operation, int clients) throws Exception {
        long self = ProcessHandle.current().pid();
        try (LoadDriver driver = new LoadDriver()) {
            return driver.run(
                    new LoadDriver.Subject(target.withToken("system"), target, ONE, self, self),
                    operation,
                    clients,
                    Duration.ofMillis(50));
        }
    }
}
