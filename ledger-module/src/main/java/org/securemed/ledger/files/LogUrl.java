package org.securemed.ledger.files;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * The files of a live log over HTTP. Follows no redirect, reads no more than it is told to, and waits no longer than
 * half a minute for an answer; a busy server is asked again a few times.
 */
public final class LogUrl implements LogFiles {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int ATTEMPTS = 5;
    private static final long LONGEST_PAUSE_SECONDS = 10;

    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final String prefix;
    private final String token;

    /**
     * @param prefix the log's URL prefix; https, or http on this machine only when a token is sent
     * @param token an access token for entries; empty for none
     * @throws IllegalArgumentException if the URL is not one to ask
     */
    public LogUrl(URI prefix, String token) {
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
    }

    @Override
    public Optional<byte[]> read(String path, int limit) throws IOException {
        for (int attempt = 1; ; attempt++) {
            HttpResponse<InputStream> response = send(path);
            try (InputStream body = response.body()) {
                int status = response.statusCode();
                if (status == 200) {
                    return Optional.of(content(response, body, limit));
                }
                if (status == 404 || status == 410) {
                    return Optional.empty();
                }
                if ((status != 429 && status != 503) || attempt == ATTEMPTS) {
                    throw new IOException(path + ": the server answers " + status + hint(status));
                }
            }
            pause(response, attempt);
        }
    }

    @Override
    public boolean hasBlocks() {
        return false;
    }

    @Override
    public int parallelism() {
        return Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
    }

    private HttpResponse<InputStream> send(String path) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(prefix + path))
                .timeout(ANSWER)
                .header("Accept-Encoding", "gzip, identity")
                .header("User-Agent", "ledger-verify");
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            return client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(path + ": interrupted", e);
        }
    }

    private static byte[] content(HttpResponse<InputStream> response, InputStream body, int limit) throws IOException {
        String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
        if (encoding.equals("identity")) {
            return body.readNBytes(limit + 1);
        }
        if (!encoding.equals("gzip")) {
            throw new IOException("the server answers in an encoding that was not asked for");
        }
        try (InputStream unpacked = new GZIPInputStream(body)) {
            return unpacked.readNBytes(limit + 1);
        }
    }

    private static void pause(HttpResponse<InputStream> response, int attempt) throws IOException {
        String wanted = response.headers().firstValue("Retry-After").orElse("");
        long seconds = wanted.matches("[0-9]{1,3}") ? Long.parseLong(wanted) : attempt;
        try {
            Thread.sleep(1_000 * Math.min(LONGEST_PAUSE_SECONDS, Math.max(1, seconds)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String hint(int status) {
        if (status == 401 || status == 403) {
            return ": entries need an auditor's token; without one check tiles only";
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
