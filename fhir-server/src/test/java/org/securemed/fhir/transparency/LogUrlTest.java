package org.securemed.fhir.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.files.LogUrl;

/** Servers that mean no good. */
class LogUrlTest {
    private final HttpServer server = start();
    private final CountDownLatch over = new CountDownLatch(1);
    private final LogUrl log = new LogUrl(
            URI.create("http://localhost:%d/log".formatted(server.getAddress().getPort())),
            "secret",
            Duration.ofSeconds(2));

    @BeforeEach
    void answers() {
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    @Test
    void a_file_is_read_with_the_token_and_one_that_is_not_there_is_not() throws Exception {
        serve("/log/checkpoint", exchange -> {
            boolean asked = "Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            answer(exchange, asked ? 200 : 500, bytes("text"));
        });
        assertThat(log.read("checkpoint", 100)).hasValue(bytes("text"));
        assertThat(log.read("tile/0/000", 100)).isEmpty();
    }

    @Test
    void a_body_without_end_is_read_to_the_limit_and_one_byte() throws Exception {
        serve("/log/tile/0/000", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (over.getCount() > 0) {
                    body.write(new byte[8_192]);
                }
            }
        });
        assertThat(log.read("tile/0/000", 8_192).orElseThrow()).hasSize(8_193);
    }

    @Test
    void a_packed_body_that_grows_without_end_is_unpacked_to_the_limit_and_one_byte() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(new byte[50_000_000]);
        }
        serve("/log/tile/entries/000", exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            answer(exchange, 200, packed.toByteArray());
        });
        assertThat(log.read("tile/entries/000", 100_000).orElseThrow()).hasSize(100_001);
    }

    @Test
    void a_body_that_comes_to_a_halt_is_not_waited_for() throws Exception {
        serve("/log/checkpoint", exchange -> {
            exchange.sendResponseHeaders(200, 1_000);
            exchange.getResponseBody().write(bytes("half"));
            exchange.getResponseBody().flush();
            await();
        });
        assertThatThrownBy(() -> log.read("checkpoint", 1_000))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no whole answer within 2 s");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 401, 403, 500})
    void neither_redirects_nor_refusals_are_taken_for_an_answer(int status) throws Exception {
        serve("/log/checkpoint", exchange -> {
            exchange.getResponseHeaders().set("Location", "/log/elsewhere");
            answer(exchange, status, bytes("no"));
        });
        serve("/log/elsewhere", exchange -> answer(exchange, 200, bytes("text")));
        assertThatThrownBy(() -> log.read("checkpoint", 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the server answers " + status);
    }

    @Test
    void a_busy_server_is_asked_again_a_few_times() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        serve("/log/checkpoint", exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "0");
            answer(exchange, asked.incrementAndGet() < 3 ? 503 : 200, bytes("text"));
        });
        assertThat(log.read("checkpoint", 100)).hasValue(bytes("text"));
        asked.set(-1_000);
        assertThatThrownBy(() -> log.read("checkpoint", 100)).hasMessageContaining("503");
        assertThat(asked.get()).isEqualTo(-995);
    }

    @Test
    void an_encoding_that_was_not_asked_for_is_refused() throws Exception {
        serve("/log/checkpoint", exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "br");
            answer(exchange, 200, bytes("text"));
        });
        assertThatThrownBy(() -> log.read("checkpoint", 100)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://log.example/",
                "file:///etc/passwd",
                "https:log",
                "https://user@log.example/",
                "https://log.example/?q",
                "https://log.example/#f",
                "log.example"
            })
    void what_is_no_address_of_a_log_is_refused(String url) {
        assertThatIllegalArgumentException().isThrownBy(() -> new LogUrl(URI.create(url), ""));
    }

    @Test
    void a_token_is_not_sent_in_the_clear_to_another_machine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LogUrl(URI.create("http://192.0.2.1/ledger"), "secret"));
        assertThatIllegalArgumentException().isThrownBy(() -> new LogUrl(URI.create("https://log.example/"), "a\r\nb"));
    }

    private void serve(String path, HttpHandler handler) {
        server.createContext(path, handler);
    }

    private void await() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static HttpServer start() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
