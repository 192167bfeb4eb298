package org.securemed.fhir.smart;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * The public keys of machine clients: registered inline, or at an https address that is asked rarely (no redirect, at
 * most 64 KiB, at most five seconds) and remembered for five minutes. Thread-safe.
 */
final class ClientKeys {
    /** Key of the inline JWKS in a client's settings. */
    static final String INLINE = "securemed.jwks";

    private static final Logger log = LoggerFactory.getLogger(ClientKeys.class);
    private static final Duration FRESH = Duration.ofMinutes(5);
    // A key that is not among the remembered ones asks again, no more often than this.
    private static final Duration PAUSE = Duration.ofSeconds(30);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int LARGEST = 64 * 1024;

    private record Fetched(@Nullable JWKSet keys, Instant at) {}

    private final Cache<String, Fetched> fetched =
            Caffeine.newBuilder().maximumSize(1000).build();
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(TIMEOUT)
            .build();
    private final boolean production;
    private final Duration timeout;
    private final Clock clock;

    ClientKeys(boolean production, Clock clock) {
        this(production, TIMEOUT, clock);
    }

    /** @param timeout how long one answer may take, with its body */
    ClientKeys(boolean production, Duration timeout, Clock clock) {
        this.production = production;
        this.timeout = timeout;
        this.clock = clock;
    }

    /**
     * The client's keys, or null if there are none to be had.
     *
     * @param again whether the remembered ones lacked the key that is looked for
     */
    @Nullable
    JWKSet of(RegisteredClient client, boolean again) {
        String url = client.getClientSettings().getJwkSetUrl();
        if (url == null) {
            String inline = Clients.setting(client, INLINE);
            return inline == null ? null : parse(inline);
        }
        return at(url, again);
    }

    /** The keys at an address, or null if there are none to be had; {@code again} as above. */
    @Nullable
    JWKSet at(String url, boolean again) {
        Instant now = clock.instant();
        Fetched known = fetched.getIfPresent(url);
        Duration patience = again || (known != null && known.keys() == null) ? PAUSE : FRESH;
        if (known == null || known.at().plus(patience).isBefore(now)) {
            known = new Fetched(fetch(url), now);
            fetched.put(url, known);
        }
        return known.keys();
    }

    private @Nullable JWKSet fetch(String url) {
        URI address = URI.create(url);
        if (!allowed(address)) {
            log.atWarn().addKeyValue("address", url).log("the address of a JWKS is not https");
            return null;
        }
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(timeout)
                .header("Accept", "application/jwk-set+json, application/json")
                .build();
        try {
            // The request's own timeout ends with the headers; this one covers the body.
            String body = http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                    .thenApplyAsync(ClientKeys::body)
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return body == null ? null : parse(body);
        } catch (ExecutionException | TimeoutException e) {
            log.atWarn().addKeyValue("address", url).log("a JWKS could not be fetched");
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static @Nullable String body(HttpResponse<InputStream> response) {
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            return response.statusCode() == 200 && bytes.length <= LARGEST
                    ? new String(bytes, StandardCharsets.UTF_8)
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether an address may be asked: https, or in development this machine. */
    boolean allowed(URI address) {
        if ("https".equals(address.getScheme())) {
            return true;
        }
        try {
            return !production
                    && "http".equals(address.getScheme())
                    && address.getHost() != null
                    && InetAddress.getByName(address.getHost()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static @Nullable JWKSet parse(String text) {
        try {
            return JWKSet.parse(text).toPublicJWKSet();
        } catch (ParseException e) {
            return null;
        }
    }
}
