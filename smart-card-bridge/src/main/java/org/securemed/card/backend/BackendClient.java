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
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.BoundedExchange;
import org.securemed.card.outbound.StrictJson;

/**
 * The bridge as a machine client of the FHIR server: it proves itself by a signed assertion and gets access tokens of
 * its own, each used until shortly before its end. Thread-safe.
 */
public final class BackendClient {
    /** Where the authorization server gives tokens. */
    private static final String TOKEN = "/oauth2/token";

    private static final Duration ASSERTION_LIFETIME = Duration.ofMinutes(2);
    private static final Duration MARGIN = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int LARGEST_ANSWER = 1 << 20;
    private static final String JSON = "application/fhir+json";

    private record Token(String value, Instant until) {}

    private final String id;
    private final ECKey key;
    private final String issuer;
    private final String base;
    private final String scope;
    private final Clock clock;
    private final HttpClient http;

    // Guarded by this.
    private @Nullable Token token;

    /**
     * A client that asks for tokens when they are needed.
     *
     * @param issuer the authorization server, without a trailing slash
     * @param base the FHIR server's, without a trailing slash
     * @param scope SMART scopes, separated by spaces
     * @throws IllegalStateException if the properties name no file with a private JWK, P-384, with {@code kid}
     */
    BackendClient(ClientProperties client, URI issuer, URI base, String scope, Clock clock) {
        this.id = client.id();
        this.key = read(client.key());
        this.issuer = issuer.toString();
        this.base = base.toString();
        this.scope = scope;
        this.http = client.connection().client();
        this.clock = clock;
    }

    private static ECKey read(@Nullable Path file) {
        try {
            ECKey key = file == null ? null : ECKey.parse(Files.readString(file));
            if (key != null && key.isPrivate() && Curve.P_384.equals(key.getCurve()) && key.getKeyID() != null) {
                return key;
            }
        } catch (IOException | ParseException | IllegalArgumentException e) {
            // The message may quote the key.
        }
        throw new IllegalStateException("securemed.bridge.client.key names no file with a private P-384 JWK with kid");
    }

    /** Its name at the authorization server. */
    public String id() {
        return id;
    }

    /** Claims of a statement of the bridge for an address of the authorization server. */
    public JWTClaimsSet.Builder claims(String path, Duration lifetime) {
        Instant now = clock.instant();
        return new JWTClaimsSet.Builder()
                .issuer(id)
                .audience(issuer + path)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(lifetime)))
                .jwtID(UUID.randomUUID().toString());
    }

    /** Signs a statement of the bridge, for the authorization server. */
    public String sign(JWTClaimsSet claims) {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES384).keyID(key.getKeyID()).build(), claims);
        try {
            jwt.sign(new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("the client's key does not sign", e);
        }
        return jwt.serialize();
    }

    /**
     * Reads a resource.
     *
     * @param reference relative
     * @return empty if it does not exist, or not any more
     * @throws IOException if the FHIR server does not answer, or not that
     */
    public Optional<ObjectNode> read(String reference) throws IOException {
        HttpResponse<byte[]> answer = authorized(request(reference).GET());
        if (answer.statusCode() == 404 || answer.statusCode() == 410) {
            return Optional.empty();
        }
        require(answer, 200);
        return Optional.of(StrictJson.object(answer.body()));
    }

    /**
     * Writes a resource, which is made if it does not exist, and is not overwritten if it is of another version.
     *
     * @param reference relative
     * @throws RefusedWriteException if the FHIR server will not take it
     * @throws IOException if the FHIR server does not answer, or cannot take it now
     */
    public void write(String reference, ObjectNode resource) throws IOException {
        HttpRequest.Builder request = request(reference)
                .header("Content-Type", JSON)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(StrictJson.minified(resource)));
        String version = resource.path("meta").path("versionId").asText("");
        if (!version.isEmpty()) {
            request.header("If-Match", "W/\"" + version + "\"");
        }
        require(authorized(request), 200, 201);
    }

    /**
     * Gives the FHIR server a new resource; returns when it has been taken.
     *
     * @throws RefusedWriteException if the FHIR server will not take it
     * @throws IOException if the FHIR server does not answer, or cannot take it now
     */
    public void create(ObjectNode resource) throws IOException {
        require(
                authorized(request(resource.path("resourceType").asText())
                        .header("Content-Type", JSON)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(StrictJson.minified(resource)))),
                201);
    }

    /**
     * Tells the authorization server something; returns when it has taken it.
     *
     * @param path of the address, beginning with a slash
     * @throws RefusedWriteException if it will not take it
     * @throws IOException if it does not answer, or cannot take it now
     */
    public void tell(String path, ObjectNode body) throws IOException {
        require(
                authorized(HttpRequest.newBuilder(URI.create(issuer + path))
                        .header("Content-Type", "application/json")
                        .timeout(PATIENCE)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(StrictJson.minified(body)))),
                204);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + "/" + path))
                .header("Accept", JSON)
                .timeout(PATIENCE);
    }

    /** With a token; with another one, if the first was refused: it may have been revoked. */
    private HttpResponse<byte[]> authorized(HttpRequest.Builder request) throws IOException {
        String first = token();
        HttpResponse<byte[]> answer =
                send(request.setHeader("Authorization", "Bearer " + first).build());
        if (answer.statusCode() != 401) {
            return answer;
        }
        forget(first);
        return send(request.setHeader("Authorization", "Bearer " + token()).build());
    }

    private synchronized String token() throws IOException {
        Token held = token;
        if (held == null || !held.until().minus(MARGIN).isAfter(clock.instant())) {
            held = ask();
            token = held;
        }
        return held.value();
    }

    private synchronized void forget(String refused) {
        if (token != null && token.value().equals(refused)) {
            token = null;
        }
    }

    private Token ask() throws IOException {
        String assertion = sign(claims(TOKEN, ASSERTION_LIFETIME).subject(id).build());
        String form = Map.of(
                        "grant_type",
                        "client_credentials",
                        "scope",
                        scope,
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        "client_assertion",
                        assertion)
                .entrySet()
                .stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(URI.create(issuer + TOKEN))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
        if (answer.statusCode() != 200) {
            throw new IOException("the authorization server answered " + answer.statusCode());
        }
        ObjectNode body = StrictJson.object(answer.body());
        String value = body.path("access_token").asText("");
        if (value.isEmpty()) {
            throw new IOException("the authorization server gave no token");
        }
        return new Token(
                value, clock.instant().plusSeconds(body.path("expires_in").asLong(0)));
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException {
        try {
            return BoundedExchange.send(http, request, LARGEST_ANSWER, PATIENCE);
        } catch (IOException e) {
            throw new IOException("the FHIR server did not answer", e);
        }
    }

    private static void require(HttpResponse<byte[]> answer, int... wanted) throws IOException {
        int status = answer.statusCode();
        for (int good : wanted) {
            if (status == good) {
                return;
            }
        }
        boolean forGood = status == 400 || status == 413 || status == 422;
        throw forGood ? new RefusedWriteException(status) : new IOException("the FHIR server answered " + status);
    }

    @Override
    public String toString() {
        return "BackendClient[" + id + "]";
    }
}
