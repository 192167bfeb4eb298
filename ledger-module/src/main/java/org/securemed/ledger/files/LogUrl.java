package org.securemed.ledger.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;

/**
 * The files of a live log over HTTP. Follows no redirect, reads no more than it is told to, and waits no longer than
 * half a minute for a whole answer; a busy server is asked again a few times.
 */
public final class LogUrl implements LogFiles {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int ATTEMPTS = 5;
    private static final long SHORTEST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_SECONDS = 10;

    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final String prefix;
    private final String token;
    private final Duration patience;

    /**
     * @param prefix the log's URL prefix; https, or http on this machine only when a token is sent
     * @param token an access token for entries; empty for none
     * @throws IllegalArgumentException if the URL is not one to ask
     */
    public LogUrl(URI prefix, String token) {
        this(prefix, token, ANSWER);
    }

    /**
     * The same, with another limit of time.
     *
     * @param patience how long one whole answer may take
     */
    public LogUrl(URI prefix, String token, Duration patience) {
        String scheme = String.valueOf(prefix.getScheme());
        boolean plain = scheme.equals("http");
        if (!(plain || scheme.equals("https"))
                || prefix.getHost() == null
                || prefix.getRawUserInfo() != null
                || prefix.getRawQuery() != null
                || prefix.getRawFragment() != null) {
            throw new IllegalArgumentException("a log's URL is http or https, a host and a path");
        }
        if (plain && !token.isEmpty() && !isLoopback(prefix.getHost())) {
            throw new IllegalArgumentException("a token is sent over https only");
        }
        if (token.chars().anyMatch(c -> c <= 0x20 || c >= 0x7f)) {
            throw new IllegalArgumentException("the token has characters that none has");
        }
        String text = prefix.toString();
        this.prefix = text.endsWith("/") ? text : text + "/";
        this.token = token;
        this.patience = patience;
    }

    @Override
    public Optional<byte[]> read(String path, int limit) throws IOException {
        for (int attempt = 1; ; attempt++) {
            HttpResponse<byte[]> response = send(path, limit);
            int status = response.statusCode();
            if (status == 200) {
                return Optional.of(content(response, limit));
            }
            if (status == 404 || status == 410) {
                return Optional.empty();
            }
            if ((status != 429 && status != 503) || attempt == ATTEMPTS) {
                throw new IOException(path + ": the server answers " + status + hint(status));
            }
            pause(response, attempt);
        }
    }

    @Override
    public int parallelism() {
        return Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
    }

    private HttpResponse<byte[]> send(String path, int limit) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(prefix + path))
                .timeout(patience)
                .header("Accept-Encoding", "gzip, identity")
                .header("User-Agent", "ledger-verify");
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.sendAsync(request.build(), head -> new FirstBytes(limit + 1));
        try {
            // The request's own time limit ends with the answer's head.
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException(path + ": no whole answer within %d s".formatted(patience.toSeconds()), e);
        } catch (ExecutionException e) {
            throw new IOException(path + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new IOException(path + ": interrupted", e);
        }
    }

    private static byte[] content(HttpResponse<byte[]> response, int limit) throws IOException {
        String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
        if (encoding.equals("identity")) {
            return response.body();
        }
        if (!encoding.equals("gzip")) {
            throw new IOException("the server answers in an encoding that was not asked for");
        }
        try (InputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
            return unpacked.readNBytes(limit + 1);
        }
    }

    private static void pause(HttpResponse<byte[]> response, int attempt) throws IOException {
        String wanted = response.headers().firstValue("Retry-After").orElse("");
        long seconds = wanted.matches("[0-9]{1,3}") ? Long.parseLong(wanted) : attempt;
        try {
            Thread.sleep(Math.max(SHORTEST_PAUSE_MILLIS, 1_000 * Math.min(LONGEST_PAUSE_SECONDS, seconds)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String hint(int status) {
        if (status == 401 || status == 403) {
            return ": entries and blocks need an auditor's token; without one check tiles only";
        }
        return status / 100 == 3 ? ": redirects are not followed" : "";
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (IOException e) {
            return false;
        }
    }
}
