package org.securemed.card.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole application on a free port, with an embedded PostgreSQL and an issuer of its own. */
public final class TestBridge implements AutoCloseable {
    private final TestIssuer issuer;
    private final ConfigurableApplicationContext context;
    private final HttpClient client = HttpClient.newHttpClient();

    /** @param settings more of Spring Boot's properties, {@code --key=value}, or others for those that a test has */
    public TestBridge(String... settings) {
        this(new TestIssuer(), settings);
    }

    /** The same with an issuer that is there already; it is closed with the bridge. */
    public TestBridge(TestIssuer issuer, String... settings) {
        this.issuer = issuer;
        List<String> all = new ArrayList<>(List.of(
                "--server.port=0",
                "--securemed.bridge.base-url=http://localhost",
                "--securemed.bridge.issuer=" + issuer.url(),
                "--securemed.development.data-directory=target/card-postgres"));
        for (String setting : settings) {
            String key = setting.substring(0, setting.indexOf('=') + 1);
            all.removeIf(other -> other.startsWith(key));
            all.add(setting);
        }
        try {
            context = ServeCommand.start(all.toArray(String[]::new));
        } catch (RuntimeException e) {
            issuer.close();
            throw e;
        }
    }

    /** Its issuer. */
    public TestIssuer issuer() {
        return issuer;
    }

    /** Its parts. */
    public ConfigurableApplicationContext context() {
        return context;
    }

    /** An address of it. */
    public URI uri(String path) {
        return URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
    }

    /** Sends a request as it is. */
    public HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** {@code GET} with a token. */
    public HttpResponse<String> get(String path, String token) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Bearer " + token)
                .build());
    }

    /** {@code GET} without one. */
    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    /** {@code POST} of JSON with a token. */
    public HttpResponse<String> post(String path, String token, String json) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    @Override
    public void close() {
        context.close();
        issuer.close();
    }
}
