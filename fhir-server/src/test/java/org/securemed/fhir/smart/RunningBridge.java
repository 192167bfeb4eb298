package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.ECKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.card.profile.CardKey;
import org.securemed.card.server.ServeCommand;
import org.securemed.card.simulated.ReaderAnswer;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.fhir.server.TestServer;
import org.springframework.context.ConfigurableApplicationContext;

/** The smart card bridge, running, with the shared test server behind it. */
final class RunningBridge implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** By which the server calls itself, wherever it listens. */
    private static final int NAMED_PORT = 8080;

    private final HttpClient http = HttpClient.newHttpClient();
    private final TestCa ca = new TestCa("Hospital CA");
    private final ProxySelector before = ProxySelector.getDefault();
    private final ConfigurableApplicationContext bridge;

    RunningBridge(TestServer server, Path directory) throws Exception {
        ProxySelector.setDefault(new ByName(before, URI.create(server.base()).getPort()));
        ECKey key = TestCardBridge.key();
        bridge = ServeCommand.start(
                "--server.port=0",
                "--securemed.development.data-directory=" + directory.resolve("bridge"),
                "--securemed.bridge.client.key="
                        + Files.writeString(directory.resolve("client.jwk"), key.toJSONString()),
                "--securemed.bridge.cards.ca="
                        + Files.write(
                                directory.resolve("ca.der"), ca.certificate().getEncoded()),
                "--securemed.bridge.cards.revocation-list="
                        + Files.write(directory.resolve("crl.der"), ca.revoke().getEncoded()),
                "--securemed.bridge.cards.number-secret=" + Base64.getEncoder().encodeToString(new byte[32]),
                "--securemed.bridge.cards.requests-per-minute=100000",
                "--securemed.bridge.check-in.printed-system=https://securemed.example/mrn");
    }

    /** The CA that it believes. */
    TestCa ca() {
        return ca;
    }

    @Override
    public void close() {
        bridge.close();
        ProxySelector.setDefault(before);
    }

    /** All that can be read from a card, on another. */
    static SimulatedCard clone(SimulatedCard original) {
        SimulatedCard clone = SimulatedCard.blankPiv();
        clone.generatePiv(0x9E, CardKey.P256);
        for (int tag : List.of(0x5FC102, 0x5FC101)) {
            clone.putPiv(tag, original.readPiv(tag));
        }
        return clone;
    }

    /** What a reader sends of a card. */
    String answer(SimulatedCard card, @Nullable String pin) throws Exception {
        return ReaderAnswer.to(json(post("/cards/challenges", null, ""), 201), card, pin);
    }

    HttpResponse<String> post(String path, @Nullable String token, String json) throws Exception {
        return send("POST", path, token, json);
    }

    HttpResponse<String> put(String path, String token, String json) throws Exception {
        return send("PUT", path, token, json);
    }

    private HttpResponse<String> send(String method, String path, @Nullable String token, String json)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(
                        "http://localhost:" + bridge.getEnvironment().getProperty("local.server.port") + path))
                .timeout(Duration.ofMinutes(2))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The answer, which must have this status. */
    static JsonNode json(HttpResponse<String> answer, int status) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    /** Leads to the server where it listens, under the address by which it calls itself. */
    private static final class ByName extends ProxySelector {
        private final ProxySelector others;
        private final int port;

        ByName(ProxySelector others, int port) {
            this.others = others;
            this.port = port;
        }

        @Override
        public List<Proxy> select(URI uri) {
            return "localhost".equals(uri.getHost()) && uri.getPort() == NAMED_PORT
                    ? List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("localhost", port)))
                    : others.select(uri);
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {
            // Whoever connects says so.
        }
    }
}
