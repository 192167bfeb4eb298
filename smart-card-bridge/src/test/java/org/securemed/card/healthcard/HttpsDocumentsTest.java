package org.securemed.card.healthcard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpsDocumentsTest {
    private static final CountDownLatch END = new CountDownLatch(1);
    private static final AtomicInteger REDIRECTED = new AtomicInteger();

    @TempDir
    static Path directory;

    private static SSLContext tls;
    private static HttpsServer server;

    @BeforeAll
    static void start() throws Exception {
        Path store = directory.resolve("tls.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "tls",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit")
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory ours = KeyManagerFactory.getInstance("PKIX");
        ours.init(keys, "changeit".toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        anchors.setCertificateEntry("tls", keys.getCertificate("tls"));
        trusted.init(anchors);
        tls = SSLContext.getInstance("TLS");
        tls.init(ours.getKeyManagers(), trusted.getTrustManagers(), null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/good", exchange -> answer(exchange, 200, new byte[] {'{', '}'}));
        server.createContext("/huge", exchange -> answer(exchange, 200, new byte[600 * 1024]));
        server.createContext("/missing", exchange -> answer(exchange, 404, new byte[1]));
        server.createContext("/elsewhere", exchange -> {
            exchange.getResponseHeaders().add("Location", address("/inside"));
            answer(exchange, 302, new byte[1]);
        });
        server.createContext("/inside", exchange -> {
            REDIRECTED.incrementAndGet();
            answer(exchange, 200, new byte[1]);
        });
        server.createContext("/slow", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
            try {
                END.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }

    @AfterAll
    static void stop() {
        END.countDown();
        server.stop(0);
    }

    private static String address(String path) {
        return "https://localhost:" + server.getAddress().getPort() + path;
    }

    private static HttpsDocuments documents(boolean privateAddresses) {
        return new HttpsDocuments(privateAddresses, Duration.ofSeconds(3), tls);
    }

    @Test
    void a_document_is_fetched() throws Exception {
        assertThat(documents(true).fetch(address("/good"))).isEqualTo(new byte[] {'{', '}'});
    }

    @Test
    void a_redirect_is_not_followed() {
        assertThatThrownBy(() -> documents(true).fetch(address("/elsewhere"))).hasMessage("answered 302");
        assertThat(REDIRECTED).hasValue(0);
    }

    @Test
    void what_is_too_large_too_slow_or_not_there_is_refused() {
        assertThatThrownBy(() -> documents(true).fetch(address("/huge"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> documents(true).fetch(address("/slow"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> documents(true).fetch(address("/missing"))).hasMessage("answered 404");
    }

    @Test
    void an_address_that_is_not_public_is_not_asked() {
        assertThatThrownBy(() -> documents(false).fetch(address("/good"))).hasMessage("not a public address");
    }

    @Test
    void only_https_is_asked() {
        for (String url : new String[] {"http://localhost/x", "file:///etc/passwd", "ftp://localhost/x"}) {
            assertThatThrownBy(() -> documents(true).fetch(url)).hasMessage("not an https address");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "0.0.0.0",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "198.18.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "::1",
                "::",
                "fe80::1",
                "fc00::1",
                "fd12::1",
                "ff02::1",
                "::ffff:10.0.0.1",
                "64:ff9b::a00:1",
                "2002:a00:1::"
            })
    void addresses_that_are_not_public_are_known(String address) throws Exception {
        assertThat(HttpsDocuments.isPublic(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"93.184.216.34", "1.1.1.1", "2606:4700::1111"})
    void public_addresses_are_known(String address) throws Exception {
        assertThat(HttpsDocuments.isPublic(InetAddress.getByName(address))).isTrue();
    }
}
