package org.securemed.card.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.PlainHeader;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.AbstractDataSource;

class ServeIT {
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        bridge = new TestBridge("--securemed.bridge.max-body=64KB");
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    @Test
    void it_is_healthy_when_its_database_is() {
        assertThat(bridge.get("/health").body()).isEqualTo("{\"status\":\"UP\"}");
    }

    @Test
    void an_address_that_is_not_open_asks_for_a_token_whether_it_exists_or_not() {
        HttpResponse<String> answer = bridge.get("/no-such-thing");

        assertProblem(answer, 401, "token-missing");
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
    }

    @Test
    void a_genuine_token_is_let_in() {
        assertProblem(
                bridge.get("/no-such-thing", bridge.issuer().token("Practitioner/1", "physician")), 404, "not-found");
    }

    @Test
    void a_token_of_another_issuer_audience_type_or_time_is_refused() {
        try (TestIssuer other = new TestIssuer()) {
            Instant past = Instant.now().minusSeconds(60);
            Stream<UnaryOperator<JWTClaimsSet.Builder>> changes = Stream.of(
                    claims -> claims.issuer("http://localhost:1"),
                    claims -> claims.audience("http://localhost:1/fhir"),
                    claims -> claims.issueTime(Date.from(past.minusSeconds(60)))
                            .notBeforeTime(Date.from(past.minusSeconds(60)))
                            .expirationTime(Date.from(past)),
                    claims -> claims.notBeforeTime(Date.from(Instant.now().plusSeconds(60))),
                    claims -> claims.claim("client_id", null),
                    claims -> claims.subject(null));
            List<String> bad = Stream.concat(
                            changes.map(change -> bridge.issuer().token("Practitioner/1", "physician", change)),
                            Stream.of(
                                    bridge.issuer()
                                            .sign(
                                                    "JWT",
                                                    new JWTClaimsSet.Builder()
                                                            .issuer(bridge.issuer()
                                                                    .url())
                                                            .audience(bridge.issuer()
                                                                            .url() + "/fhir")
                                                            .subject("id-token")
                                                            .claim("client_id", "test-app")
                                                            .expirationTime(Date.from(Instant.now()
                                                                    .plusSeconds(60)))
                                                            .build()),
                                    other.token(
                                            "Practitioner/1",
                                            "physician",
                                            claims -> claims.issuer(
                                                            bridge.issuer().url())
                                                    .audience(bridge.issuer().url() + "/fhir")),
                                    "no.token.atall"))
                    .toList();

            assertThat(bad)
                    .allSatisfy(token -> assertProblem(bridge.get("/no-such-thing", token), 401, "token-invalid"));
        }
    }

    /** Whoever has the public key can make the second one, and anybody the third. */
    @Test
    void a_token_under_another_algorithm_is_refused() throws Exception {
        String genuine = bridge.issuer().token("Practitioner/1", "physician");
        JWTClaimsSet claims = SignedJWT.parse(genuine).getJWTClaimsSet();

        assertProblem(bridge.get("/no-such-thing", genuine), 404, "not-found");
        for (String other : List.of(
                bridge.issuer().sign(JWSAlgorithm.PS256, claims),
                bridge.issuer().sign(JWSAlgorithm.RS384, claims),
                bridge.issuer().sign(JWSAlgorithm.HS256, claims),
                new PlainJWT(
                                new PlainHeader.Builder()
                                        .type(new JOSEObjectType("at+jwt"))
                                        .build(),
                                claims)
                        .serialize())) {
            assertProblem(bridge.get("/no-such-thing", other), 401, "token-invalid");
        }
    }

    @Test
    void a_browser_that_shows_an_answer_runs_nothing_in_it_and_tells_nobody_where_it_was() {
        HttpResponse<String> answer = bridge.get("/health");
        assertThat(answer.headers().firstValue("Content-Security-Policy"))
                .hasValue("default-src 'none'; frame-ancestors 'none'");
        assertThat(answer.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void it_is_not_healthy_when_its_database_is_away() {
        HealthController health = new HealthController(new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                throw new SQLException("away");
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
                throw new SQLException("away");
            }
        });
        assertThat(health.health().getStatusCode().value()).isEqualTo(503);
    }

    @Test
    void a_body_that_is_too_large_or_of_unknown_length_is_refused() {
        HttpRequest.Builder request = HttpRequest.newBuilder(bridge.uri("/health"));

        assertProblem(
                bridge.send(request.POST(HttpRequest.BodyPublishers.ofByteArray(new byte[64 * 1024 + 1]))
                        .build()),
                413,
                "too-large");
        assertProblem(
                bridge.send(request.POST(
                                HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1])))
                        .build()),
                411,
                "length-required");
    }

    @Test
    void what_the_framework_refuses_is_a_problem_too() {
        assertProblem(
                bridge.send(
                        HttpRequest.newBuilder(bridge.uri("/health")).DELETE().build()),
                405,
                "method-not-allowed");
    }

    @Test
    void an_unknown_setting_stops_the_start() {
        assertThatThrownBy(() -> new TestBridge("--securemed.bridge.bse-url=http://localhost"))
                .hasMessageContaining("unknown settings: securemed.bridge.bse-url");
    }

    @Test
    void a_setting_that_makes_no_sense_stops_the_start() {
        assertThatThrownBy(() -> ServeCommand.start("--server.port=0", "--securemed.bridge.issuer=ftp://x"))
                .hasStackTraceContaining("securemed.bridge.issuer is an absolute http(s) address");
    }

    @Test
    void production_starts_no_database_of_its_own() {
        assertThatThrownBy(() -> ServeCommand.start("--server.port=0", "--spring.profiles.active=production"))
                .hasStackTraceContaining("DataSource");
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json;charset=UTF-8");
        assertThat(answer.body()).contains("\"type\":\"urn:securemed:problem:" + code + "\"");
    }
}
