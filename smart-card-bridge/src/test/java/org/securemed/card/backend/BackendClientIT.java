package org.securemed.card.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.simulated.SettableClock;

/** The machine client, its key and its tokens, with servers that answer what they like. */
class BackendClientIT {
    @TempDir
    private Path directory;

    private final SettableClock clock = new SettableClock(Instant.parse("2026-11-22T12:00:00Z"));
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private ECKey key;
    private volatile int issued;
    private volatile String token = "{\"access_token\":\"token-%d\",\"expires_in\":300}";
    private volatile int status = 200;
    private volatile int size = 2;
    private volatile String refused = "none";

    @BeforeEach
    void start() throws Exception {
        key = new ECKeyGenerator(Curve.P_384).keyID("1").generate();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/oauth2/token", exchange -> answer(exchange, 200, token.formatted(++issued)));
        server.createContext("/elsewhere", exchange -> {
            asked.add("elsewhere");
            answer(exchange, 200, "{}");
        });
        server.createContext("/fhir/", exchange -> {
            String bearer = exchange.getRequestHeaders().getFirst("Authorization");
            String match = exchange.getRequestHeaders().getFirst("If-Match");
            asked.add(exchange.getRequestMethod() + " " + bearer + (match == null ? "" : " " + match));
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            answer(exchange, bearer.equals("Bearer " + refused) ? 401 : status, "{" + " ".repeat(size - 2) + "}");
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            // Whoever has read enough hangs up.
        }
    }

    private BackendClient client() throws IOException {
        return client(key.toJSONString());
    }

    private BackendClient client(String jwk) throws IOException {
        Path file = Files.writeString(directory.resolve("client.jwk"), jwk);
        URI issuer = URI.create("http://localhost:" + server.getAddress().getPort());
        return new BackendClient(
                new ClientProperties("card-bridge", file, null),
                issuer,
                URI.create(issuer + "/fhir"),
                "system/Device.cruds",
                clock);
    }

    @Test
    void only_a_private_p_384_key_with_a_name_is_a_key_and_no_message_quotes_it() throws Exception {
        ECKey small = new ECKeyGenerator(Curve.P_256).keyID("1").generate();
        ECKey nameless = new ECKey.Builder(key).keyID(null).build();
        for (String wrong : List.of(
                small.toJSONString(), nameless.toJSONString(), key.toPublicJWK().toJSONString(), "{}", "no JWK", "")) {
            assertThatThrownBy(() -> client(wrong))
                    .hasMessageContaining("client.key")
                    .hasMessageNotContaining(small.getD().toString())
                    .hasNoCause();
        }
        assertThat(client()).hasToString("BackendClient[card-bridge]");
    }

    @Test
    void a_token_is_kept_until_shortly_before_it_ends() throws Exception {
        BackendClient client = client();

        client.read("Patient/1");
        clock.pass(Duration.ofSeconds(279));
        client.read("Patient/1");
        clock.pass(Duration.ofSeconds(1));
        client.read("Patient/1");

        assertThat(asked).containsExactly("GET Bearer token-1", "GET Bearer token-1", "GET Bearer token-2");
    }

    @Test
    void a_token_that_is_refused_is_exchanged_once() throws Exception {
        BackendClient client = client();
        client.read("Patient/1");
        refused = "token-1";

        client.read("Patient/1");
        client.read("Patient/1");

        assertThat(asked)
                .containsExactly(
                        "GET Bearer token-1", "GET Bearer token-1", "GET Bearer token-2", "GET Bearer token-2");
        status = 401;
        assertThatThrownBy(() -> client.read("Patient/1")).isInstanceOf(IOException.class);
        assertThat(asked).hasSize(6);
    }

    @Test
    void a_resource_that_was_read_is_written_over_that_version_only() throws Exception {
        BackendClient client = client();

        client.write(
                "Patient/1", StrictJson.object("{\"meta\":{\"versionId\":\"7\"}}".getBytes(StandardCharsets.UTF_8)));
        client.write("Device/1", StrictJson.newObject());

        assertThat(asked).containsExactly("PUT Bearer token-1 W/\"7\"", "PUT Bearer token-1");
        status = 412;
        assertThatThrownBy(() -> client.write("Patient/1", StrictJson.newObject()))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(RefusedWriteException.class);
    }

    @Test
    void nothing_but_what_was_expected_is_an_answer() throws Exception {
        BackendClient client = client();
        for (int other : new int[] {200, 204, 302, 307, 403, 404, 500, 503}) {
            status = other;
            assertThatThrownBy(() -> client.create(StrictJson.newObject().put("resourceType", "AuditEvent")))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(RefusedWriteException.class);
        }
        for (int refusal : new int[] {400, 413, 422}) {
            status = refusal;
            assertThatThrownBy(() -> client.create(StrictJson.newObject().put("resourceType", "AuditEvent")))
                    .isInstanceOf(RefusedWriteException.class);
        }
        assertThat(asked).as("no redirect is followed").doesNotContain("elsewhere");
        status = 200;
        size = 2 << 20;
        assertThatThrownBy(() -> client.read("Patient/1")).isInstanceOf(IOException.class);
        status = 404;
        size = 2;
        assertThat(client.read("Patient/1")).isEmpty();
    }

    @Test
    void an_authorization_server_that_gives_no_token_is_none() throws Exception {
        for (String wrong : List.of("{}", "{\"access_token\":\"\"}", "[]", "<p>Welcome")) {
            token = wrong;
            assertThatThrownBy(() -> client().read("Patient/1")).isInstanceOf(IOException.class);
        }
        assertThat(asked).isEmpty();
    }
}
