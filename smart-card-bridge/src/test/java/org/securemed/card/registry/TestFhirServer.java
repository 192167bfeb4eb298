package org.securemed.card.registry;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.securemed.card.server.TestIssuer;

/** A FHIR server's read and update, for one machine client that proves itself by a signed assertion. */
final class TestFhirServer {
    private static final String TOKEN = "a-token-of-the-bridge";

    /** What it holds, by relative reference. */
    final Map<String, String> resources = new ConcurrentHashMap<>();

    /** The AuditEvents that it was given. */
    final List<String> events = new CopyOnWriteArrayList<>();

    /** What it was told of cards that were taken out. */
    final List<String> removals = new CopyOnWriteArrayList<>();

    private final ECKey client;
    private volatile boolean down;
    private volatile String untaken = "none";

    TestFhirServer(TestIssuer issuer, ECKey client) {
        this.client = client;
        issuer.serve("/oauth2/token", this::token);
        issuer.serve("/fhir/", this::fhir);
        issuer.serve("/login/card/removals", this::removal);
    }

    private void removal(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        boolean bridge = ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
        if (!down && bridge) {
            removals.add(body);
        }
        try (exchange) {
            exchange.sendResponseHeaders(down ? 503 : bridge ? 204 : 401, -1);
        }
    }

    /** Whether it answers 503 to everything. */
    void down(boolean value) {
        down = value;
    }

    /** Changes of this are not taken. */
    void untaken(String reference) {
        untaken = reference;
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> form = Arrays.stream(
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII).split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
        boolean good;
        try {
            SignedJWT assertion = SignedJWT.parse(form.getOrDefault("client_assertion", ""));
            good = assertion.verify(new ECDSAVerifier(client.toPublicJWK()))
                    && "ES384".equals(assertion.getHeader().getAlgorithm().getName())
                    && assertion.getJWTClaimsSet().getSubject().equals("card-bridge")
                    && assertion.getJWTClaimsSet().getIssuer().equals("card-bridge")
                    && assertion.getJWTClaimsSet().getAudience().get(0).endsWith("/oauth2/token")
                    && "client_credentials".equals(form.get("grant_type"));
        } catch (ParseException | JOSEException e) {
            good = false;
        }
        answer(
                exchange,
                good ? 200 : 401,
                good ? "{\"access_token\":\"" + TOKEN + "\",\"expires_in\":300}" : "{\"error\":\"invalid_client\"}");
    }

    private void fhir(HttpExchange exchange) throws IOException {
        String reference = exchange.getRequestURI().getPath().substring("/fhir/".length());
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (down || exchange.getRequestMethod().equals("PUT") && reference.equals(untaken)) {
            answer(exchange, 503, "{}");
        } else if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 401, "{}");
        } else if (exchange.getRequestMethod().equals("POST")) {
            events.add(new String(body, StandardCharsets.UTF_8));
            answer(exchange, 201, "{}");
        } else if (exchange.getRequestMethod().equals("PUT")) {
            resources.put(reference, new String(body, StandardCharsets.UTF_8));
            answer(exchange, 200, resources.get(reference));
        } else {
            String found = resources.get(reference);
            answer(exchange, found == null ? 404 : 200, found == null ? "{}" : found);
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/fhir+json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
