package org.securemed.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.http.protocol.HttpProcessor;
import org.apache.hc.core5.net.URIAuthority;

/**
 * One keep-alive connection that one thread uses. Blocking I/O without pool, redirects or decompression: the driver
 * shares the machine with the servers, so it has to be cheap.
 */
final class Connection implements AutoCloseable {
    private static final HttpProcessor HEADERS = HttpProcessors.client("securemed-bench");
    private static final HttpRequestExecutor EXECUTOR = new HttpRequestExecutor();
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Target target;
    private final URIAuthority authority;
    private final byte[] discarded = new byte[16 * 1024];
    private DefaultBHttpClientConnection connection;

    /** An answer that was read to its end. */
    record Answer(int status, String body) {}

    private Connection(Target target, DefaultBHttpClientConnection connection) {
        this.target = target;
        this.authority = new URIAuthority("127.0.0.1", target.port());
        this.connection = connection;
    }

    static Connection open(Target target) throws IOException {
        return new Connection(target, connect(target));
    }

    private static DefaultBHttpClientConnection connect(Target target) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), target.port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.toIntExact(TIMEOUT.toMillis()));
        DefaultBHttpClientConnection connection = new DefaultBHttpClientConnection(Http1Config.DEFAULT);
        connection.bind(socket);
        return connection;
    }

    /**
     * Sends a request and reads the answer to its end without keeping it.
     *
     * @return the status
     */
    int exchange(Request request) throws IOException {
        try (ClassicHttpResponse response = execute(request)) {
            HttpEntity entity = response.getEntity();
            if (entity != null) {
                try (InputStream body = entity.getContent()) {
                    while (body.read(discarded) >= 0) {
                        // Only its end matters.
                    }
                }
            }
            closeIfAsked(response);
            return response.getCode();
        }
    }

    /** Sends a request and keeps the answer. */
    Answer ask(Request request) throws IOException {
        try (ClassicHttpResponse response = execute(request)) {
            HttpEntity entity = response.getEntity();
            String body = entity == null ? "" : new String(entity.getContent().readAllBytes(), StandardCharsets.UTF_8);
            closeIfAsked(response);
            return new Answer(response.getCode(), body);
        }
    }

    private ClassicHttpResponse execute(Request request) throws IOException {
        if (!connection.isOpen()) {
            connection = connect(target);
        }
        ClassicHttpRequest message = request.to(target);
        message.setAuthority(authority);
        message.setScheme("http");
        HttpCoreContext context = HttpCoreContext.create();
        try {
            EXECUTOR.preProcess(message, HEADERS, context);
            return EXECUTOR.execute(message, connection, context);
        } catch (HttpException e) {
            throw new IOException("%s %s: the answer is not HTTP".formatted(request.method(), request.path()), e);
        }
    }

    private void closeIfAsked(ClassicHttpResponse response) throws IOException {
        Header header = response.getFirstHeader("Connection");
        if (header != null && header.getValue().equalsIgnoreCase("close")) {
            connection.close();
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
