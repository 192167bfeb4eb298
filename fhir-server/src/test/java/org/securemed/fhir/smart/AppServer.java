package org.securemed.fhir.smart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Where a SMART app lives: two pages on 127.0.0.1 with the SMART Health IT client library from npm. */
final class AppServer implements AutoCloseable {
    private static final String LIBRARY = "/fhirclient/fhir-client.pure.min.js";

    private final HttpServer server;
    private volatile String settings = "{}";

    AppServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/library.js", exchange -> answer(exchange, "text/javascript", library()));
        server.createContext("/launch", exchange -> page(exchange, "FHIR.oauth2.authorize(%s);".formatted(settings)));
        server.createContext("/callback", exchange -> page(exchange, """
                FHIR.oauth2.ready().then(client => {
                  window.client = client;
                  document.body.textContent = JSON.stringify(client.state.tokenResponse, null, 1);
                  document.title = 'ready';
                }).catch(reason => {
                  document.body.textContent = String(reason);
                  document.title = 'failed';
                });
                window.ask = async path => {
                  try {
                    const found = await window.client.request(path);
                    return 'total ' + found.total + ' ' + found.resourceType;
                  } catch (reason) {
                    return 'status ' + (reason.statusCode || reason.status || reason);
                  }
                };
                """));
        server.start();
    }

    private static byte[] library() {
        try (InputStream library = AppServer.class.getResourceAsStream(LIBRARY)) {
            return Objects.requireNonNull(library).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the app passes to {@code FHIR.oauth2.authorize}, as JavaScript. */
    void settings(String javascript) {
        settings = javascript;
    }

    String at(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private static void page(HttpExchange exchange, String script) throws IOException {
        String page = "<!DOCTYPE html><html><head><meta charset='utf-8'><title>app</title>"
                + "<script src='/library.js'></script></head><body><script>" + script + "</script></body></html>";
        answer(exchange, "text/html;charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
