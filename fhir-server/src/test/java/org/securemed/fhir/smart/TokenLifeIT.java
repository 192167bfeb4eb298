package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

class TokenLifeIT {
    private static final String OFFLINE = "launch/patient offline_access patient/*.rs";

    @Test
    void a_remembered_token_ends_when_its_time_is_over() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = SmartServer.start(SmartServer.emptyDatabase(), clock, Map.of())) {
            SmartApp app = new SmartApp(server);
            String token = server.bean(TokenMint.class).forPerson("physician", "user/*.rs");
            assertThat(app.fhir(token).statusCode()).isEqualTo(200);

            clock.move(Duration.ofHours(12).plusSeconds(10));

            assertThat(app.fhir(token).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void a_public_app_refreshes_and_each_refresh_token_works_once() {
        SmartApp app = new SmartApp(SmartServer.shared());
        JsonNode first = SmartApp.json(app.exchange(app.code("patient", app.request(OFFLINE))));

        HttpResponse<String> refreshed = app.refresh(first.path("refresh_token").asText());
        assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(200);
        JsonNode second = SmartApp.json(refreshed);
        assertThat(second.path("patient").asText()).isEqualTo("patient");
        assertThat(app.fhir(second.path("access_token").asText()).statusCode()).isEqualTo(200);

        // The thief comes second, or the app does: the family ends for both.
        HttpResponse<String> again = app.refresh(first.path("refresh_token").asText());
        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(SmartApp.json(again).path("error").asText()).isEqualTo("invalid_grant");
        assertThat(app.fhir(second.path("access_token").asText()).statusCode()).isEqualTo(401);
        assertThat(app.fhir(first.path("access_token").asText()).statusCode()).isEqualTo(401);
        assertThat(app.refresh(second.path("refresh_token").asText()).statusCode())
                .isEqualTo(400);
    }

    @Test
    void of_many_refreshes_at_once_at_most_one_succeeds() throws Exception {
        SmartServer server = SmartServer.shared();
        SmartApp app = new SmartApp(server);
        String refresh = SmartApp.json(app.exchange(app.code("patient", app.request(OFFLINE))))
                .path("refresh_token")
                .asText();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<HttpResponse<String>>> answers =
                    pool.invokeAll(java.util.Collections.nCopies(8, () -> new SmartApp(server).refresh(refresh)));
            int granted = 0;
            for (Future<HttpResponse<String>> answer : answers) {
                if (answer.get().statusCode() == 200) {
                    granted++;
                    String token =
                            SmartApp.json(answer.get()).path("access_token").asText();
                    assertThat(app.fhir(token).statusCode())
                            .as("the family has ended")
                            .isEqualTo(401);
                } else {
                    assertThat(answer.get().statusCode())
                            .as(answer.get().body())
                            .isEqualTo(400);
                }
            }
            assertThat(granted).isLessThanOrEqualTo(1);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void a_code_works_once_and_its_second_use_ends_what_the_first_gave() {
        SmartApp app = new SmartApp(SmartServer.shared());
        String code = app.code("patient", app.request(OFFLINE));
        JsonNode tokens = SmartApp.json(app.exchange(code));

        assertThat(SmartApp.json(app.exchange(code)).path("error").asText()).isEqualTo("invalid_grant");

        assertThat(app.fhir(tokens.path("access_token").asText()).statusCode()).isEqualTo(401);
        assertThat(app.refresh(tokens.path("refresh_token").asText()).statusCode())
                .isEqualTo(400);
    }

    @Test
    void without_offline_access_there_is_no_refresh_token() {
        SmartApp app = new SmartApp(SmartServer.shared());

        assertThat(SmartApp.json(app.exchange(app.code("patient", app.request("patient/*.rs"))))
                        .has("refresh_token"))
                .isFalse();
    }

    @Test
    void a_refresh_token_tells_which_public_app_it_was_given_to() {
        SmartApp app = new SmartApp(SmartServer.shared());
        JsonNode tokens = SmartApp.json(
                app.exchange(app.code("patient", app.request("launch/patient patient/*.rs offline_access"))));
        String refresh = tokens.path("refresh_token").asText();

        JsonNode fresh = SmartApp.json(app.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh)));
        assertThat(fresh.path("access_token").asText()).isNotBlank();
        assertThat(SmartApp.json(app.token(Map.of("grant_type", "refresh_token", "refresh_token", "made-up")))
                        .path("error")
                        .asText())
                .isEqualTo("invalid_grant");
        assertThat(SmartApp.json(app.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh)))
                        .path("error")
                        .asText())
                .as("its second use")
                .isEqualTo("invalid_grant");
        assertThat(app.fhir(fresh.path("access_token").asText()).statusCode()).isEqualTo(401);
    }

    @Test
    void online_access_ends_when_the_person_logs_out() {
        SmartApp app = new SmartApp(SmartServer.shared());
        JsonNode tokens = SmartApp.json(
                app.exchange(app.code("patient", app.request("launch/patient patient/*.rs online_access"))));
        JsonNode fresh = SmartApp.json(app.refresh(tokens.path("refresh_token").asText()));
        assertThat(fresh.path("access_token").asText()).isNotBlank();

        String page = app.browser.get(app.at("/login")).body();
        app.browser.post(app.at("/logout"), Map.of("_csrf", SmartApp.csrf(page)));

        HttpResponse<String> late = app.refresh(fresh.path("refresh_token").asText());
        assertThat(SmartApp.json(late).path("error").asText()).isEqualTo("invalid_grant");
    }

    @Test
    void a_refresh_may_ask_for_less_and_not_for_more() {
        SmartApp app = new SmartApp(SmartServer.shared());
        String refresh = SmartApp.json(app.exchange(app.code("patient", app.request(OFFLINE))))
                .path("refresh_token")
                .asText();

        HttpResponse<String> more = app.token(Map.of(
                "grant_type",
                "refresh_token",
                "refresh_token",
                refresh,
                "client_id",
                DemoClients.APP,
                "scope",
                "patient/*.cruds"));
        assertThat(SmartApp.json(more).path("error").asText()).isEqualTo("invalid_scope");
        HttpResponse<String> less = app.token(Map.of(
                "grant_type",
                "refresh_token",
                "refresh_token",
                refresh,
                "client_id",
                DemoClients.APP,
                "scope",
                "patient/*.rs"));
        assertThat(SmartApp.json(less).path("scope").asText()).isEqualTo("patient/*.rs");
        assertThat(SmartApp.json(less).has("refresh_token")).isTrue();
    }

    @Test
    void a_revoked_token_is_refused_by_the_next_request_on_every_instance() {
        DataSource database = SmartServer.emptyDatabase();
        URI base = URI.create("http://127.0.0.1:" + SmartServer.freePort());
        try (SmartServer one = SmartServer.start(database, Clock.systemUTC(), Map.of(), base.getPort(), base)) {
            int otherPort = SmartServer.freePort();
            try (SmartServer two = SmartServer.start(database, Clock.systemUTC(), Map.of(), otherPort, base)) {
                SmartApp app = new SmartApp(one);
                JsonNode tokens = SmartApp.json(app.exchange(app.code("patient", app.request(OFFLINE))));
                String access = tokens.path("access_token").asText();
                URI onTwo = URI.create("http://127.0.0.1:" + otherPort + "/fhir/Patient/1");
                assertThat(app.browser
                                .get(onTwo, "Authorization", Http.bearer(access))
                                .statusCode())
                        .isEqualTo(200);

                assertThat(app.browser
                                .post(one.at("/oauth2/revoke"), Map.of("token", access, "client_id", DemoClients.APP))
                                .statusCode())
                        .isEqualTo(200);

                assertThat(app.browser
                                .get(onTwo, "Authorization", Http.bearer(access))
                                .statusCode())
                        .isEqualTo(401);
                assertThat(app.fhir(access).statusCode()).isEqualTo(401);
                // The refresh token was not revoked, and gives a living access token.
                String next = SmartApp.json(
                                app.refresh(tokens.path("refresh_token").asText()))
                        .path("access_token")
                        .asText();
                assertThat(app.fhir(next).statusCode()).isEqualTo(200);

                // The session that was opened at one is known at two.
                HttpResponse<String> atTwo = app.browser.get(
                        URI.create("http://127.0.0.1:" + otherPort + "/oauth2/authorize?"
                                + Http.form(app.request(OFFLINE))),
                        "Accept",
                        "text/html");
                assertThat(atTwo.headers().firstValue("Location").orElse("")).contains("/oauth2/consent");

                two.bean(Revocations.class).revoke(Revocations.Kind.SUBJECT, "patient");
                assertThat(app.fhir(next).statusCode()).isEqualTo(401);
            }
        }
    }

    /** A token request of a machine that was registered at this instance. */
    private static Map<String, String> assertion(SmartServer server) {
        RSAKey key;
        try {
            key = new RSAKeyGenerator(2048).keyID("machine").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        String id = server.bean(ClientRegistry.class)
                .register(
                        new ClientForm(
                                "Machine",
                                "",
                                "backend",
                                "",
                                "system/Observation.rs",
                                "",
                                new JWKSet(key.toPublicJWK()).toString(),
                                "system",
                                "HOPERAT",
                                "",
                                ""),
                        registered -> {})
                .clientId();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(id)
                .subject(id)
                .audience(server.at("/oauth2/token").toString())
                .expirationTime(java.util.Date.from(java.time.Instant.now().plusSeconds(240)))
                .jwtID("once")
                .build();
        return Map.of(
                "grant_type", "client_credentials",
                "scope", "system/Observation.rs",
                "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion",
                        Forger.sign(
                                new JWSHeader.Builder(JWSAlgorithm.RS384)
                                        .keyID("machine")
                                        .build(),
                                claims,
                                key));
    }

    @Test
    void codes_refresh_tokens_and_assertions_count_once_across_instances() {
        DataSource database = SmartServer.emptyDatabase();
        URI base = URI.create("http://127.0.0.1:" + SmartServer.freePort());
        int otherPort = SmartServer.freePort();
        try (SmartServer one = SmartServer.start(database, Clock.systemUTC(), Map.of(), base.getPort(), base);
                SmartServer two = SmartServer.start(database, Clock.systemUTC(), Map.of(), otherPort, base)) {
            SmartApp first = new SmartApp(one);
            SmartApp second = new SmartApp("http://127.0.0.1:" + otherPort, one.fhirBase());
            String code = first.code("patient", first.request(OFFLINE));
            JsonNode tokens = SmartApp.json(second.exchange(code));
            String access = tokens.path("access_token").asText();
            assertThat(first.fhir(access).statusCode()).isEqualTo(200);
            assertThat(second.fhir(access).statusCode()).isEqualTo(200);
            // The code once more, at the other instance: all that came of it ends at both.
            assertThat(SmartApp.json(first.exchange(code)).path("error").asText())
                    .isEqualTo("invalid_grant");
            assertThat(first.fhir(access).statusCode()).isEqualTo(401);
            assertThat(second.fhir(access).statusCode()).isEqualTo(401);

            tokens = SmartApp.json(first.exchange(first.code("patient", first.request(OFFLINE))));
            String refresh = tokens.path("refresh_token").asText();
            JsonNode fresh = SmartApp.json(second.refresh(refresh));
            assertThat(first.fhir(fresh.path("access_token").asText()).statusCode())
                    .isEqualTo(200);
            assertThat(SmartApp.json(first.refresh(refresh)).path("error").asText())
                    .isEqualTo("invalid_grant");
            assertThat(second.fhir(fresh.path("access_token").asText()).statusCode())
                    .isEqualTo(401);
            assertThat(SmartApp.json(second.refresh(fresh.path("refresh_token").asText()))
                            .path("error")
                            .asText())
                    .isEqualTo("invalid_grant");

            String launch = one.bean(LaunchContexts.class)
                    .open(
                            DemoClients.APP,
                            "physician",
                            new LaunchContext("bob", null, java.util.List.of(), null, null));
            Map<String, String> request = first.request("launch patient/*.rs");
            request.put("launch", launch);
            second.logIn(two, "physician", "physician-password");
            assertThat(second.authorize(request)
                            .headers()
                            .firstValue("Location")
                            .orElse(""))
                    .contains("/oauth2/consent");
            SmartApp again = new SmartApp(one);
            again.logIn("physician", "physician-password");
            assertThat(SmartApp.parameter(again.authorize(request), "error")).isEqualTo("invalid_request");

            Map<String, String> assertion = assertion(one);
            assertThat(second.token(assertion).statusCode()).isEqualTo(200);
            assertThat(SmartApp.json(first.token(assertion)).path("error").asText())
                    .isEqualTo("invalid_client");
        }
    }

    @Test
    void keys_and_tokens_survive_a_restart_and_a_retired_key_ends_its_tokens() {
        DataSource database = SmartServer.emptyDatabase();
        int port = SmartServer.freePort();
        URI base = URI.create("http://127.0.0.1:" + port);
        MovableClock clock = new MovableClock();
        String token;
        try (SmartServer first = SmartServer.start(database, clock, Map.of(), port, base)) {
            token = first.bean(TokenMint.class).forPerson("physician", "user/*.rs");
        }
        try (SmartServer second = SmartServer.start(database, clock, Map.of(), port, base)) {
            SmartApp app = new SmartApp(second);
            assertThat(app.fhir(token).statusCode()).isEqualTo(200);
            SigningKeys keys = second.bean(SigningKeys.class);
            String old = keys.signingKeyId();

            keys.rotate();
            assertThat(keys.signingKeyId()).as("published first").isEqualTo(old);
            assertThat(SmartApp.json(app.browser.get(second.at("/oauth2/jwks"))).path("keys"))
                    .hasSize(2);
            clock.move(SigningKeys.LEAD.plusSeconds(1));
            assertThat(keys.signingKeyId()).isNotEqualTo(old);
            assertThat(app.fhir(token).statusCode()).isEqualTo(200);

            assertThat(keys.retire(old)).isTrue();
            assertThat(app.fhir(token).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void the_database_holds_no_token_and_no_readable_key() {
        DataSource database = SmartServer.emptyDatabase();
        try (SmartServer server = SmartServer.start(database)) {
            SmartApp app = new SmartApp(server);
            String code = app.code("patient", app.request("openid " + OFFLINE));
            JsonNode tokens = SmartApp.json(app.exchange(code));
            String dump = new JdbcTemplate(database)
                    .queryForList("select a::text || k::text from smart.oauth2_authorization a, smart.signing_key k")
                    .toString();

            assertThat(dump)
                    .contains("patient")
                    .doesNotContain(code)
                    .doesNotContain(tokens.path("access_token").asText())
                    .doesNotContain(tokens.path("refresh_token").asText())
                    .doesNotContain(tokens.path("id_token").asText())
                    .doesNotContain("\"d\"");
        }
    }

    @Test
    void the_sweep_takes_what_has_ended_and_leaves_what_lives() {
        MovableClock clock = new MovableClock();
        DataSource database = SmartServer.emptyDatabase();
        try (SmartServer server = SmartServer.start(database, clock, Map.of())) {
            SmartApp app = new SmartApp(server);
            JsonNode tokens = SmartApp.json(app.exchange(app.code("patient", app.request(OFFLINE))));
            app.authorize(app.request(OFFLINE));
            app.allow(app.authorize(app.request("launch/patient patient/Goal.rs")));
            SmartServer.Consents consents = server.bean(SmartServer.Consents.class);
            int ended = consents.ended.size();
            server.bean(Revocations.class).revoke(Revocations.Kind.TOKEN, "x");
            app.logIn("nobody", "guess");

            assertThat(server.bean(SmartSweep.class).run()).isZero();
            clock.move(Duration.ofDays(3));
            assertThat(server.bean(SmartSweep.class).run())
                    .as("abandoned, revocation, failures")
                    .isGreaterThan(3);
            assertThat(consents.ended)
                    .as("the consent of an app that never came for its token")
                    .hasSize(ended + 1)
                    .endsWith("consent-"
                            + consents.granted.get(consents.granted.size() - 1).authorization());

            assertThat(app.refresh(tokens.path("refresh_token").asText()).statusCode())
                    .isEqualTo(200);
            clock.move(Duration.ofDays(400));
            server.bean(SmartSweep.class).run();
            assertThat(new JdbcTemplate(database)
                            .queryForObject("select count(*) from smart.oauth2_authorization", Integer.class))
                    .isZero();
        }
    }

    @Test
    void a_refusal_that_cannot_be_recorded_is_answered_with_503() {
        try (SmartServer server = SmartServer.start(SmartServer.emptyDatabase())) {
            server.recorder().broken = true;

            HttpResponse<String> answer = new Http().get(server.at("/fhir/Patient/1"));

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("record-unavailable").doesNotContain("ledger");
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        }
    }

    @Test
    void production_refuses_the_demo_the_development_secret_and_what_they_left_behind() {
        String secret = java.util.Base64.getEncoder().encodeToString(new byte[32]);
        DataSource database = SmartServer.emptyDatabase();
        Map<String, String> production = Map.of("spring.profiles.active", "production");
        assertThatThrownBy(() -> SmartServer.start(database, Clock.systemUTC(), production))
                .hasStackTraceContaining("key-encryption-secret");
        Map<String, String> withSecret =
                Map.of("spring.profiles.active", "production", "securemed.smart.key-encryption-secret", secret);
        assertThatThrownBy(() -> SmartServer.start(database, Clock.systemUTC(), withSecret))
                .hasStackTraceContaining("securemed.demo.enabled is refused");
        Map<String, String> withoutDemo = Map.of(
                "spring.profiles.active", "production",
                "securemed.smart.key-encryption-secret", secret,
                "securemed.demo.enabled", "false");
        SmartServer.start(database, Clock.systemUTC(), withoutDemo).close();
        Map<String, String> weak = new java.util.HashMap<>(withoutDemo);
        weak.put("securemed.smart.strong-log-ins", "password,passkey");
        assertThatThrownBy(() -> SmartServer.start(database, Clock.systemUTC(), weak))
                .hasStackTraceContaining("securemed.smart.strong-log-ins");

        DataSource used = SmartServer.emptyDatabase();
        SmartServer.start(used, Clock.systemUTC(), Map.of("securemed.smart.key-encryption-secret", secret))
                .close();
        assertThatThrownBy(() -> SmartServer.start(used, Clock.systemUTC(), withoutDemo))
                .hasStackTraceContaining("accounts or clients of the demo");
        DataSource development = SmartServer.emptyDatabase();
        SmartServer.start(development, Clock.systemUTC(), Map.of("securemed.demo.enabled", "false"))
                .close();
        assertThatThrownBy(() -> SmartServer.start(development, Clock.systemUTC(), withoutDemo))
                .hasStackTraceContaining("another securemed.smart.key-encryption-secret");
    }
}
