package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.PlainJWT;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenCheckIT {
    private static final SmartServer server = SmartServer.shared();
    private static final Forger forger = new Forger(server);
    private final Http http = new Http();

    static Stream<Arguments> bad_tokens() throws JOSEException {
        RSAKey stranger = new RSAKeyGenerator(2048).keyID("stranger").generate();
        RSAKey impostor =
                new RSAKeyGenerator(2048).keyID(forger.serverKey().getKeyID()).generate();
        String good = forger.token(claims -> claims);
        String[] parts = good.split("\\.");
        byte[] publicKey = forger.serverKey().toRSAPublicKey().getEncoded();
        return Stream.of(
                Arguments.of("no JWT", "rubbish"),
                Arguments.of("of three empty parts", ".."),
                Arguments.of("cut short", good.substring(0, good.length() - 10)),
                Arguments.of(
                        "another payload under the same signature",
                        parts[0] + "."
                                + forger.token(claims -> claims.subject("administrator"))
                                        .split("\\.")[1] + "." + parts[2]),
                Arguments.of("without a signature", parts[0] + "." + parts[1] + "."),
                Arguments.of("alg none", new PlainJWT(forger.claims().build()).serialize()),
                Arguments.of(
                        "HS256 with our public key as secret",
                        Forger.sign(
                                new JWSHeader.Builder(JWSAlgorithm.HS256)
                                        .type(new JOSEObjectType("at+jwt"))
                                        .keyID(forger.serverKey().getKeyID())
                                        .build(),
                                forger.claims().build(),
                                new MACSigner(publicKey))),
                Arguments.of(
                        "RS512",
                        Forger.sign(
                                new JWSHeader.Builder(JWSAlgorithm.RS512)
                                        .type(new JOSEObjectType("at+jwt"))
                                        .keyID(forger.serverKey().getKeyID())
                                        .build(),
                                forger.claims().build(),
                                forger.serverKey())),
                Arguments.of(
                        "by a key nobody knows",
                        Forger.sign(
                                forger.header().keyID("stranger").build(),
                                forger.claims().build(),
                                stranger)),
                Arguments.of(
                        "by another key under our key's name",
                        Forger.sign(forger.header().build(), forger.claims().build(), impostor)),
                Arguments.of(
                        "by a key that it brings along",
                        Forger.sign(
                                forger.header()
                                        .keyID(null)
                                        .jwk(stranger.toPublicJWK())
                                        .build(),
                                forger.claims().build(),
                                stranger)),
                Arguments.of(
                        "with a critical header that nobody understands",
                        Forger.sign(
                                forger.header()
                                        .criticalParams(java.util.Set.of("more"))
                                        .customParam("more", "x")
                                        .build(),
                                forger.claims().build(),
                                forger.serverKey())),
                Arguments.of(
                        "of a type that is no access token",
                        Forger.sign(
                                forger.header().type(JOSEObjectType.JWT).build(),
                                forger.claims().build(),
                                forger.serverKey())),
                Arguments.of(
                        "for another audience", forger.token(claims -> claims.audience("https://other.example/fhir"))),
                Arguments.of("for the client", forger.token(claims -> claims.audience("demo-app"))),
                Arguments.of("for nobody", forger.token(claims -> claims.audience((String) null))),
                Arguments.of("of another issuer", forger.token(claims -> claims.issuer("https://other.example"))),
                Arguments.of("of no issuer", forger.token(claims -> claims.issuer(null))),
                Arguments.of(
                        "expired",
                        forger.token(claims -> claims.issueTime(ago(600)).expirationTime(ago(60)))),
                Arguments.of("without an end", forger.token(claims -> claims.expirationTime(null))),
                Arguments.of("not yet valid", forger.token(claims -> claims.notBeforeTime(ago(-600)))),
                Arguments.of("without a subject", forger.token(claims -> claims.subject(null))),
                Arguments.of("without an id", forger.token(claims -> claims.jwtID(null))),
                Arguments.of("without a client", forger.token(claims -> claims.claim("client_id", null))),
                Arguments.of("with a client that is a number", forger.token(claims -> claims.claim("client_id", 7))),
                Arguments.of("with a malformed scope", forger.token(claims -> claims.claim("scope", "user/*.sr"))),
                Arguments.of(
                        "with a user who is no reference",
                        forger.token(claims -> claims.claim("fhirUser", "Practitioner/../Patient/1"))),
                Arguments.of(
                        "with a user of another server",
                        forger.token(claims -> claims.claim("fhirUser", "https://other.example/fhir/Practitioner/1"))),
                Arguments.of("with a patient that is no id", forger.token(claims -> claims.claim("patient", "a b"))),
                Arguments.of(
                        "with a role that is an object without a code",
                        forger.token(claims -> claims.claim(
                                "extensions", Map.of("ihe_iua", Map.of("subject_role", List.of(Map.of("x", "y"))))))));
    }

    private static Date ago(long seconds) {
        return Date.from(Instant.now().minusSeconds(seconds));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad_tokens")
    void a_bad_token_is_refused_recorded_and_told_nothing(String what, String token) {
        int before = server.recorder().refused.size();

        HttpResponse<String> answer = http.get(server.at("/fhir/Patient/1"), "Authorization", Http.bearer(token));

        assertThat(answer.statusCode()).as(what).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer error=\"invalid_token\"");
        assertThat(answer.body())
                .contains("\"resourceType\":\"OperationOutcome\"")
                .doesNotContain("stranger");
        assertThat(server.recorder().refused).hasSize(before + 1);
    }

    @Test
    void the_same_token_unchanged_is_accepted() {
        HttpResponse<String> answer =
                http.get(server.at("/fhir/Patient/1"), "Authorization", Http.bearer(forger.token(claims -> claims)));

        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void claims_may_also_stand_flat() {
        String token = forger.token(claims -> claims.claim("extensions", null)
                .claim("subject_role", "nurse")
                .claim("subject_organization_id", "Organization/ward")
                .claim("purpose_of_use", List.of("TREAT", "HPAYMT")));

        assertThat(http.get(server.at("/fhir/x"), "Authorization", Http.bearer(token))
                        .body())
                .contains("roles=[NURSE]")
                .contains("organizations=[Organization/ward]");
    }

    @Test
    void a_genuine_token_without_a_role_is_forbidden() {
        String token = forger.token(claims -> claims.claim("extensions", null).claim("subject_role", "gardener"));

        HttpResponse<String> answer = http.get(server.at("/fhir/x"), "Authorization", Http.bearer(token));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("role-missing");
    }

    @Test
    void a_token_in_the_address_or_in_the_body_is_not_looked_at() {
        String token = forger.token(claims -> claims);

        assertThat(http.get(server.at("/fhir/Patient?access_token=" + token)).statusCode())
                .isEqualTo(401);
        assertThat(http.post(server.at("/fhir/Patient/_search"), Map.of("access_token", token))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void xml_is_answered_with_xml() {
        for (HttpResponse<String> answer : List.of(
                http.get(server.at("/fhir/Patient"), "Accept", "application/fhir+xml"),
                http.get(server.at("/fhir/Patient?_format=xml")))) {
            assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/fhir+xml");
            assertThat(answer.body()).startsWith("<OperationOutcome xmlns=\"http://hl7.org/fhir\">");
        }
    }

    @Test
    void an_oversize_header_is_refused_by_the_container() {
        HttpResponse<String> answer =
                http.get(server.at("/fhir/Patient"), "Authorization", Http.bearer("a".repeat(20_000)));

        assertThat(answer.statusCode()).isBetween(400, 499);
        assertThat(answer.body()).doesNotContain("Exception").doesNotContain("Tomcat");
    }

    @Test
    void a_malformed_address_is_refused_and_recorded() {
        int before = server.recorder().refused.size();

        HttpResponse<String> answer = http.get(server.at("/fhir/Patient/..%2f..%2fadmin"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).doesNotContain("admin").doesNotContain("Exception");
        assertThat(server.recorder().refused.size()).isBetween(before, before + 1);
    }

    @Test
    void only_get_and_head_of_metadata_are_open() {
        assertThat(http.get(server.at("/fhir/metadata")).statusCode()).isEqualTo(200);
        assertThat(http.send(HttpRequest.newBuilder(server.at("/fhir/metadata"))
                                .POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(401);
        assertThat(http.get(server.at("/fhir/metadata/x")).statusCode()).isEqualTo(401);
        assertThat(http.get(server.at("/fhir")).statusCode()).isEqualTo(401);
        assertThat(http.get(server.at("/fhir/")).statusCode()).isEqualTo(401);
    }

    @Test
    void what_nobody_mapped_is_denied_with_a_problem_document() {
        for (String path : List.of("/admin", "/actuator/env", "/h2-console", "/api", "/smart/other.js", "/error")) {
            HttpResponse<String> answer = http.get(server.at(path));
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        }
    }

    @Test
    void discovery_is_json_whatever_is_asked_and_open_to_every_origin() {
        HttpResponse<String> answer = http.get(
                server.at("/fhir/.well-known/smart-configuration"),
                "Accept",
                "text/turtle",
                "Origin",
                "https://anywhere.example");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
        assertThat(SmartApp.json(answer).path("token_endpoint").asText())
                .isEqualTo(server.at("/oauth2/token").toString());
    }

    @Test
    void a_page_of_an_unregistered_origin_may_not_call_the_api() {
        assertThat(preflight("https://evil.example").headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
        assertThat(preflight("http://127.0.0.1").headers().firstValue("Access-Control-Allow-Origin"))
                .hasValue("http://127.0.0.1");
    }

    private HttpResponse<String> preflight(String origin) {
        return http.send(
                HttpRequest.newBuilder(server.at("/fhir/Patient"))
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody()),
                "Origin",
                origin,
                "Access-Control-Request-Method",
                "GET",
                "Access-Control-Request-Headers",
                "authorization");
    }

    @Test
    void every_answer_carries_the_security_headers() {
        HttpResponse<String> answer = http.get(server.at("/fhir/Patient"));

        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(answer.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");
        assertThat(answer.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    }
}
