package org.securemed.card.registry;

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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.BoundedBody;
import org.securemed.card.outbound.StrictJson;

/**
 * The bridge as a machine client of the FHIR server: it proves itself by a signed assertion and gets access tokens of
 * its own. Thread-safe.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/backend-services.html">SMART App Launch 2.2, Backend Services</a>
 */
final class BackendClient {
    private static final String SCOPE =
            "system/Device.cruds system/Patient.rus system/Practitioner.rus" + " system/RelatedPerson.rus";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration ASSERTION = Duration.ofMinutes(2);
    /** A token is not used in its last moments. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    private static final int LARGEST = 1 << 20;

    private record Token(String value, Instant until) {}

    private final String clientId;
    private final ECKey key;
    private final String issuer;
    private final String base;
    private final Clock clock;
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private volatile @Nullable Token token;

    /**
     * @param key file with a private JWK, EC P-384, with {@code kid}
     * @throws IllegalArgumentException if it holds something else
     */
    BackendClient(String clientId, Path key, URI issuer, URI base, Clock clock) {
        this.clientId = clientId;
        this.key = read(key);
        this.issuer = issuer.toString();
        this.base = base.toString();
        this.clock = clock;
    }

    /** Signs claims of the bridge's own, for the authorization server. */
    String sign(JWTClaimsSet claims) {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES384).keyID(key.getKeyID()).build(), claims);
        try {
            jwt.sign(new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("the client's key does not sign", e);
        }
        return jwt.serialize();
    }

    /** Claims of an assertion of the bridge for an address of the authorization server. */
    JWTClaimsSet.Builder claims(String path, Duration lifetime) {
        Instant now = clock.instant();
        return new JWTClaimsSet.Builder()
                .issuer(clientId)
                .audience(issuer + path)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(lifetime)))
                .jwtID(UUID.randomUUID().toString());
    }

    /**
     * Reads a resource.
     *
     * @param reference relative
     * @return empty if it does not exist, or not any more
     * @throws IOException if the FHIR server does not answer, or not that
     */
    Optional<ObjectNode> read(String reference) throws IOException {
        HttpResponse<byte[]> answer = send(request(reference).GET().build());
        if (answer.statusCode() == 404 || answer.statusCode() == 410) {
            return Optional.empty();
        }
        require(answer, 200);
        return Optional.of(StrictJson.object(answer.body()));
    }

    /**
     * Writes a resource, which is made if it does not exist.
     *
     * @throws IOException if the FHIR server does not answer, or refuses
     */
    void write(String reference, ObjectNode resource) throws IOException {
        HttpRequest.Builder request = request(reference)
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(StrictJson.minified(resource)));
        String version = resource.path("meta").path("versionId").asText("");
        if (!version.isEmpty()) {
            request.header("If-Match", "W/\"" + version + "\"");
        }
        require(send(request.build()), 200, 201);
    }

    private HttpRequest.Builder request(String reference) throws IOException {
        return HttpRequest.newBuilder(URI.create(base + "/" + reference))
                .header("Authorization", "Bearer " + token())
                .header("Accept", "application/fhir+json")
                .timeout(PATIENCE);
    }

    private String token() throws IOException {
        Token known = token;
        if (known != null && clock.instant().isBefore(known.until())) {
            return known.value();
        }
        String form = Map.of(
                        "grant_type",
                        "client_credentials",
                        "scope",
                        SCOPE,
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        "client_assertion",
                        sign(claims("/oauth2/token", ASSERTION)
                                .subject(clientId)
                                .build()))
                .entrySet()
                .stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(URI.create(issuer + "/oauth2/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
        require(answer, 200);
        ObjectNode body = StrictJson.object(answer.body());
        Token fresh = new Token(
                body.path("access_token").asText(),
                clock.instant().plusSeconds(body.path("expires_in").asLong()).minus(MARGIN));
        token = fresh;
        return fresh.value();
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException {
        try {
            return http.sendAsync(request, BoundedBody.upTo(LARGEST)).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the FHIR server does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void require(HttpResponse<byte[]> answer, int... statuses) throws IOException {
        for (int status : statuses) {
            if (answer.statusCode() == status) {
                return;
            }
        }
        if (answer.statusCode() == 401) {
            token = null;
        }
        throw new IOException("the FHIR server answered " + answer.statusCode());
    }

    private static ECKey read(Path file) {
        try {
            ECKey key = ECKey.parse(Files.readString(file));
            if (key.isPrivate() && Curve.P_384.equals(key.getCurve()) && key.getKeyID() != null) {
                return key;
            }
        } catch (IOException | ParseException e) {
            // Said below, without what the file holds.
        }
        throw new IllegalArgumentException(
                "securemed.bridge.cards.client-key is a file with a private JWK, EC P-384, with kid");
    }
}
