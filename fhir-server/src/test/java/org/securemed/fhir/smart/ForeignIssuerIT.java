package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Another organization's issuer says who somebody is; what they may do is said here. */
class ForeignIssuerIT {
    private final Issuer issuer = new Issuer();

    @AfterEach
    void close() {
        issuer.close();
    }

    /** A small OpenID Provider at which everybody is logged in already. */
    private static final class Issuer implements AutoCloseable {
        final RSAKey key;
        private final HttpServer server;
        final AtomicReference<String> subject = new AtomicReference<>("foreign-1");
        private final AtomicReference<String> nonce = new AtomicReference<>("");

        Issuer() {
            try {
                key = new RSAKeyGenerator(2048).keyID("issuer-key").generate();
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (JOSEException e) {
                throw new IllegalStateException(e);
            }
            server.createContext(
                    "/.well-known/openid-configuration", exchange -> json(exchange, """
                    {"issuer":"$","authorization_endpoint":"$/authorize","token_endpoint":"$/token","jwks_uri":"$/jwks",
                    "response_types_supported":["code"],"subject_types_supported":["public"],
                    "id_token_signing_alg_values_supported":["RS256"]}
                    """.replace("$", name())));
            server.createContext("/jwks", exchange -> json(exchange, new JWKSet(key.toPublicJWK()).toString()));
            server.createContext("/authorize", exchange -> {
                Map<String, String> asked = query(exchange.getRequestURI());
                assertThat(asked).containsEntry("code_challenge_method", "S256").containsKey("state");
                nonce.set(asked.get("nonce"));
                exchange.getResponseHeaders()
                        .set(
                                "Location",
                                asked.get("redirect_uri") + "?code=a-code&state="
                                        + Http.encode(asked.getOrDefault("state", "")));
                exchange.sendResponseHeaders(302, -1);
                exchange.close();
            });
            server.createContext(
                    "/token",
                    exchange -> json(
                            exchange,
                            "{\"access_token\":\"of-no-use\",\"token_type\":\"Bearer\",\"expires_in\":60,\"id_token\":\""
                                    + token(claims ->
                                            claims.audience("securemed").claim("nonce", nonce.get()))
                                    + "\"}"));
            server.createContext("/introspect", this::introspect);
            server.start();
        }

        final AtomicReference<String> introspection = new AtomicReference<>("{}");
        final AtomicInteger status = new AtomicInteger(200);
        final List<String> asked = new CopyOnWriteArrayList<>();

        private void introspect(HttpExchange exchange) throws IOException {
            asked.add(exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (status.get() == 302) {
                exchange.getResponseHeaders().set("Location", "/introspect");
            }
            byte[] bytes = String.valueOf(introspection.get()).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status.get(), bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }

        String name() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        String token(UnaryOperator<JWTClaimsSet.Builder> change) {
            return token(change, key);
        }

        String token(UnaryOperator<JWTClaimsSet.Builder> change, RSAKey by) {
            JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                    .issuer(name())
                    .subject(subject.get())
                    .issueTime(Date.from(Instant.now()))
                    .expirationTime(Date.from(Instant.now().plusSeconds(300)));
            return Forger.sign(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(by.getKeyID())
                            .build(),
                    change.apply(claims).build(),
                    by);
        }

        private static Map<String, String> query(URI address) {
            Map<String, String> fields = new LinkedHashMap<>();
            for (String pair : address.getRawQuery().split("&")) {
                int equals = pair.indexOf('=');
                fields.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
            return fields;
        }

        private static void json(HttpExchange exchange, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private SmartServer server() {
        return server(Clock.systemUTC());
    }

    private SmartServer server(Clock clock) {
        return server(clock, issuer.name() + "/introspect");
    }

    private SmartServer server(Clock clock, String introspection) {
        return SmartServer.start(
                SmartServer.emptyDatabase(),
                clock,
                Map.of(
                        "securemed.smart.log-in-issuer.issuer",
                        issuer.name(),
                        "securemed.smart.log-in-issuer.client-id",
                        "securemed",
                        "securemed.smart.log-in-issuer.client-secret",
                        "secret",
                        "securemed.smart.log-in-issuer.name",
                        "Hospital B",
                        "securemed.smart.trusted-server.issuer",
                        issuer.name(),
                        "securemed.smart.trusted-server.jwks-uri",
                        issuer.name() + "/jwks",
                        "securemed.smart.trusted-server.introspection-uri",
                        introspection,
                        "securemed.smart.trusted-server.client-id",
                        "secure:med",
                        "securemed.smart.trusted-server.client-secret",
                        "secret"));
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("none: " + answer.statusCode() + " " + answer.body());
    }

    private static HttpResponse<String> logIn(SmartServer server, Http browser) {
        HttpResponse<String> away = browser.get(server.at("/oauth2/authorization/issuer"));
        HttpResponse<String> back = browser.get(URI.create(location(away)));
        return browser.get(URI.create(location(back)));
    }

    @Test
    void a_person_logs_in_by_the_issuer_and_is_who_the_account_says() {
        try (SmartServer server = server()) {
            server.bean(Accounts.class).link(issuer.name(), "foreign-1", "physician");
            SmartApp app = new SmartApp(server);
            assertThat(app.browser.get(server.at("/login")).body()).contains("Hospital B");
            app.authorize(app.request("openid fhirUser user/*.rs"));

            HttpResponse<String> entered = logIn(server, app.browser);

            assertThat(location(entered)).contains("/oauth2/authorize");
            String code =
                    SmartApp.parameter(app.allow(app.authorize(app.request("openid fhirUser user/*.rs"))), "code");
            String token =
                    SmartApp.json(app.exchange(code)).path("access_token").asText();
            assertThat(SmartApp.claims(token).path("acr").asText()).isEqualTo("urn:securemed:acr:issuer");
            assertThat(app.fhir(token).body())
                    .contains("Practitioner/physician")
                    .contains("PHYSICIAN");
        }
    }

    @Test
    void whom_nobody_here_knows_is_not_let_in() {
        try (SmartServer server = server()) {
            SmartApp app = new SmartApp(server);
            assertThat(location(logIn(server, app.browser))).endsWith("/login?failed");
            assertThat(location(app.authorize(app.request("user/*.rs")))).endsWith("/login");
            assertThat(server.bean(SmartServer.Events.class).recorded)
                    .extracting(SecurityEvent::failure)
                    .contains("bad-credentials");
        }
    }

    @Test
    void a_token_of_the_trusted_server_counts_and_of_no_other() throws JOSEException {
        try (SmartServer server = server()) {
            server.bean(Accounts.class).link(issuer.name(), "foreign-1", "physician");
            UnaryOperator<JWTClaimsSet.Builder> good = claims -> claims.audience(server.fhirBase())
                    .claim("client_id", "their-app")
                    .claim("scope", "patient/Observation.rs launch/patient")
                    .claim("patient", "bob")
                    // Not believed: roles are said here.
                    .claim("extensions", Map.of("ihe_iua", Map.of("subject_role", List.of("system"))));
            SmartApp app = new SmartApp(server);

            HttpResponse<String> answer = app.fhir(issuer.token(good));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body())
                    .contains("their-app")
                    .contains("patient=bob")
                    .contains("roles=[PHYSICIAN]")
                    .contains("Practitioner/physician");

            RSAKey stranger = new RSAKeyGenerator(2048).keyID("issuer-key").generate();
            for (String bad : List.of(
                    issuer.token(good, stranger),
                    issuer.token(claims -> good.apply(claims).audience("https://other.example/fhir")),
                    issuer.token(claims -> good.apply(claims).audience("securemed")),
                    issuer.token(claims -> good.apply(claims)
                            .issueTime(Date.from(Instant.now().minusSeconds(600)))
                            .expirationTime(Date.from(Instant.now().minusSeconds(300)))),
                    issuer.token(claims -> good.apply(claims).issuer("https://other.example")),
                    issuer.token(claims -> good.apply(claims).claim("scope", "patient/Observation.sr")),
                    // As a machine here, and as this server's own pages.
                    issuer.token(claims -> good.apply(claims).claim("client_id", "physician")),
                    issuer.token(claims -> good.apply(claims).claim("client_id", Requester.OWN_PAGES)),
                    issuer.token(claims -> good.apply(claims).subject(null)))) {
                assertThat(app.fhir(bad).statusCode()).as(bad).isEqualTo(401);
            }
            assertThat(app.fhir(issuer.token(claims -> good.apply(claims).subject("foreign-2")))
                            .statusCode())
                    .isEqualTo(403);

            server.bean(Revocations.class).revoke(Revocations.Kind.SUBJECT, "physician");
            assertThat(app.fhir(issuer.token(claims -> good.apply(claims)
                                    .issueTime(Date.from(Instant.now().minusSeconds(5)))))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    private String answer(SmartServer server, Clock clock, String without, String... more) {
        Map<String, String> fields = new LinkedHashMap<>(Map.of(
                "active", "true",
                "sub", "\"foreign-1\"",
                "client_id", "\"their-app\"",
                "scope", "\"patient/Observation.rs launch/patient\"",
                "patient", "\"bob\"",
                "aud", "\"" + server.fhirBase() + "\"",
                "iat", Long.toString(clock.instant().getEpochSecond() - 5),
                "exp", Long.toString(clock.instant().getEpochSecond() + 300)));
        fields.remove(without);
        for (int i = 0; i < more.length; i += 2) {
            fields.put(more[i], more[i + 1]);
        }
        return fields.entrySet().stream()
                .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
                .collect(java.util.stream.Collectors.joining(",", "{", "}"));
    }

    @Test
    void an_opaque_token_of_the_trusted_server_is_asked_about_there_and_briefly_remembered() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = server(clock)) {
            server.bean(Accounts.class).link(issuer.name(), "foreign-1", "physician");
            SmartApp app = new SmartApp(server);
            issuer.introspection.set(answer(server, clock, ""));
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = app.fhir("opaque-1");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body())
                        .contains("their-app", "patient=bob", "roles=[PHYSICIAN]", "Practitioner/physician");
            }
            // RFC 6749 section 2.3.1: name and secret are encoded before they are joined.
            String basic = java.util.Base64.getEncoder()
                    .encodeToString("secure%3Amed:secret".getBytes(StandardCharsets.UTF_8));
            assertThat(issuer.asked).containsExactly("Basic " + basic + " token=opaque-1&token_type_hint=access_token");

            issuer.introspection.set("{\"active\":false}");
            clock.move(ForeignIntrospection.FRESH.plusSeconds(1));
            assertThat(app.fhir("opaque-1").statusCode()).as("revoked there").isEqualTo(401);
            issuer.introspection.set(answer(server, clock, ""));
            assertThat(app.fhir("opaque-1").statusCode())
                    .as("also briefly remembered")
                    .isEqualTo(401);

            assertThat(app.fhir("opaque-2").statusCode()).isEqualTo(200);
            server.bean(Revocations.class).revoke(Revocations.Kind.CLIENT, "their-app");
            assertThat(app.fhir("opaque-2").statusCode()).as("revoked here").isEqualTo(401);
        }
    }

    @Test
    void nobody_is_asked_over_http_but_on_this_machine() {
        MovableClock clock = new MovableClock();
        // Leads to the same server, by an address that is not of this machine alone.
        try (SmartServer server =
                server(clock, issuer.name().replaceFirst("://[^:/]+", "://0.0.0.0") + "/introspect")) {
            server.bean(Accounts.class).link(issuer.name(), "foreign-1", "physician");
            issuer.introspection.set(answer(server, clock, ""));

            assertThat(new SmartApp(server).fhir("opaque-1").statusCode()).isEqualTo(503);
            assertThat(issuer.asked).isEmpty();
        }
    }

    @Test
    void an_answer_about_an_opaque_token_that_says_too_little_or_too_much_lets_nobody_in() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = server(clock)) {
            server.bean(Accounts.class).link(issuer.name(), "foreign-1", "physician");
            SmartApp app = new SmartApp(server);
            String past = Long.toString(clock.instant().getEpochSecond() - 60);
            String future = Long.toString(clock.instant().getEpochSecond() + 60);
            List<String> refused = List.of(
                    answer(server, clock, "active"),
                    answer(server, clock, "", "active", "\"true\""),
                    answer(server, clock, "exp"),
                    answer(server, clock, "", "exp", past),
                    answer(server, clock, "", "exp", "99999999999999999"),
                    answer(server, clock, "", "nbf", future),
                    answer(server, clock, "sub"),
                    answer(server, clock, "aud"),
                    answer(server, clock, "", "aud", "\"https://other.example/fhir\""),
                    answer(server, clock, "", "iss", "\"https://other.example\""),
                    answer(server, clock, "client_id"),
                    answer(server, clock, "", "scope", "\"patient/Observation.sr\""));
            for (int i = 0; i < refused.size(); i++) {
                issuer.introspection.set(refused.get(i));
                assertThat(app.fhir("refused-" + i).statusCode())
                        .as(refused.get(i))
                        .isEqualTo(401);
            }
            issuer.introspection.set(answer(server, clock, "", "sub", "\"nobody-here\""));
            assertThat(app.fhir("unknown").statusCode()).isEqualTo(403);

            issuer.introspection.set("null");
            assertThat(app.fhir("null").statusCode()).isEqualTo(503);
            issuer.introspection.set("rubbish");
            assertThat(app.fhir("rubbish").statusCode()).isEqualTo(503);
            issuer.introspection.set("[" + answer(server, clock, "") + "]");
            assertThat(app.fhir("list").statusCode()).isEqualTo(503);
            issuer.introspection.set(answer(server, clock, "", "more", "\"" + "x".repeat(70_000) + "\""));
            assertThat(app.fhir("large").statusCode()).isEqualTo(503);
            issuer.introspection.set(answer(server, clock, ""));
            for (int status : new int[] {302, 401, 500}) {
                issuer.status.set(status);
                assertThat(app.fhir("failed").statusCode()).as("%d", status).isEqualTo(503);
            }
            issuer.status.set(200);
            assertThat(app.fhir("failed").statusCode())
                    .as("a failure is not remembered")
                    .isEqualTo(200);
        }
    }
}
