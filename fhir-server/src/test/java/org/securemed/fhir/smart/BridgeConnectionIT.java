package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.TestTls;

/** Mutual TLS between the bridge and this server. */
class BridgeConnectionIT {
    @TempDir
    private static Path directory;

    private static final TestCa network = new TestCa("Network CA");
    private static TestTls bridge;
    private static SmartServer server;
    private static URI base;

    @BeforeAll
    static void start() {
        TestTls own = TestTls.server(network, directory, "server");
        bridge = TestTls.client(network, directory, "bridge");
        int port = SmartServer.freePort();
        base = URI.create("https://localhost:" + port);
        server = SmartServer.start(
                SmartServer.emptyDatabase(),
                Clock.systemUTC(),
                Map.of(
                        "securemed.smart.card-bridge.keys",
                                TestCardBridge.keys(directory).toString(),
                        "securemed.smart.card-bridge.certificates",
                                bridge.certificate().toString(),
                        "server.ssl.certificate", own.certificate().toString(),
                        "server.ssl.certificate-private-key", own.key().toString(),
                        "server.ssl.trust-certificate", own.trust().toString(),
                        "server.ssl.client-auth", "want"),
                port,
                base);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void the_bridges_token_counts_on_its_own_connections_only() throws Exception {
        String token = server.bean(TokenMint.class).forClient(TestCardBridge.CLIENT, "system/Device.cruds");
        TestTls other = TestTls.client(network, directory, "other");

        assertThat(status(bridge.certificate(), bridge.key(), token)).isEqualTo(200);
        assertThat(status(null, null, token)).isEqualTo(401);
        assertThat(status(other.certificate(), other.key(), token)).isEqualTo(401);
    }

    @Test
    void people_and_other_clients_need_no_certificate() throws Exception {
        TokenMint mint = server.bean(TokenMint.class);

        assertThat(status(null, null, mint.forPerson("physician", "user/*.rs"))).isEqualTo(200);
        assertThat(status(null, null, mint.forClient(DemoClients.BACKEND, "system/*.rs")))
                .isEqualTo(200);
    }

    @Test
    void a_file_without_certificates_stops_the_start() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        CardBridge settings = new CardBridge("card-bridge", null, URI.create("http://127.0.0.1:8095"), empty, false);

        assertThatThrownBy(() -> new BridgeConnection(settings, "http://localhost"))
                .hasMessageContaining("is a file with PEM certificates");
    }

    private static int status(
            @org.jspecify.annotations.Nullable Path certificate,
            @org.jspecify.annotations.Nullable Path key,
            String token)
            throws Exception {
        HttpClient client = new TlsFiles(certificate, key, bridge.trust()).client();
        return client.send(
                        HttpRequest.newBuilder(URI.create(base + "/fhir/Patient/1"))
                                .header("Authorization", "Bearer " + token)
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
