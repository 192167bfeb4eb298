package org.securemed.card.backend;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.BoundedBody;
import org.securemed.card.outbound.StrictJson;

/** Access tokens for the bridge itself, each used until shortly before its end. Thread-safe. */
public final class BackendClient {
    private static final Duration ASSERTION_LIFETIME = Duration.ofMinutes(2);
    private static final Duration MARGIN = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST_ANSWER = 64 * 1024;

    private record Token(String value, Instant until) {}

    private final String clientId;
    private final ECKey key;
    private final URI tokenEndpoint;
    private final String scope;
    private final Clock clock;
    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    // Guarded by this.
    private @Nullable Token token;

    /**
     * A client that asks for tokens when they are needed.
     *
     * @param keyFile private JWK, P-384
     * @param scope SMART scopes, separated by spaces
     * @throws IllegalStateException if the file holds no such key
     */
    public BackendClient(String clientId, Path keyFile, URI issuer, String scope, Clock clock) {
        this.clientId = clientId;
        this.key = read(keyFile);
        this.tokenEndpoint = URI.create(issuer + "/oauth2/token");
        this.scope = scope;
        this.clock = clock;
    }

    private static ECKey read(Path file) {
        try {
            ECKey key = ECKey.parse(Files.readString(file));
            if (key.isPrivate() && Curve.P_384.equals(key.getCurve())) {
                return key;
            }
        } catch (IOException | ParseException | IllegalArgumentException e) {
            // The message may quote the key.
        }
        throw new IllegalStateException("securemed.bridge.client.key names no file with a private P-384 JWK");
    }

    /**
     * A token that lives for some seconds at least.
     *
     * @throws IOException if the authorization server gives none
     */
    public synchronized String token() throws IOException {
        Token held = token;
        if (held == null || !held.until().minus(MARGIN).isAfter(clock.instant())) {
            held = ask();
            token = held;
        }
        return held.value();
    }

    /** Forgets a token that was refused: it may have been revoked. */
    public synchronized void forget(String refused) {
        if (token != null && token.value().equals(refused)) {
            token = null;
        }
    }

    private Token ask() throws IOException {
        String form = Map.of(
                        "grant_type",
                        "client_credentials",
                        "scope",
                        scope,
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        "client_assertion",
                        assertion())
                .entrySet()
                .stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpRequest request = HttpRequest.newBuilder(tokenEndpoint)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        HttpResponse<byte[]> answer = send(request);
        if (answer.statusCode() != 200) {
            throw new IOException("the authorization server answered " + answer.statusCode());
        }
        ObjectNode body = StrictJson.object(answer.body());
        long seconds = body.path("expires_in").asLong(0);
        String value = body.path("access_token").asText("");
        if (value.isEmpty()) {
            throw new IOException("the authorization server gave no token");
        }
        return new Token(value, clock.instant().plusSeconds(seconds));
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException {
        try {
            return client.sendAsync(request, BoundedBody.upTo(LARGEST_ANSWER))
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the authorization server did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private String assertion() {
        Instant now = clock.instant();
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES384).keyID(key.getKeyID()).build(),
                new JWTClaimsSet.Builder()
                        .issuer(clientId)
                        .subject(clientId)
                        .audience(tokenEndpoint.toString())
                        .jwtID(UUID.randomUUID().toString())
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plus(ASSERTION_LIFETIME)))
                        .build());
        try {
            jwt.sign(new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("a client assertion cannot be signed", e);
        }
        return jwt.serialize();
    }

    @Override
    public String toString() {
        return "BackendClient[" + clientId + "]";
    }
}
