package org.securemed.card.outbound;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A request whose whole answer, and not only its beginning, is bounded in size and time. */
public final class BoundedExchange {
    private BoundedExchange() {}

    /**
     * Sends a request and reads the whole answer.
     *
     * @param limit of the answer's body, in bytes
     * @param patience for all of it; afterwards the connection is broken off
     * @throws IOException if there is no such answer; whether the other side has got the request is then unknown
     */
    public static HttpResponse<byte[]> send(HttpClient client, HttpRequest request, int limit, Duration patience)
            throws IOException {
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(request, BoundedBody.upTo(limit));
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("no answer", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            // Whoever sends the body byte by byte would hold the connection for ever.
            answer.cancel(true);
        }
    }
}
