package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Log-in by card: what the authorization server makes of the bridge's statements. */
class CardLogInIT {
    private static final String OWNER = "Practitioner/physician";

    @TempDir
    private static Path directory;

    private static final DataSource DATABASE = SmartServer.emptyDatabase();
    private static SmartServer server;
    private static SmartServer other;
    private static String atOther;

    private final String device = "Device/" + UUID.randomUUID();
    private SmartApp app;

    @BeforeEach
    void openBrowser() {
        app = new SmartApp(server);
    }

    @BeforeAll
    static void start() {
        int port = SmartServer.freePort();
        server = server(Map.of(), port, port);
        int otherPort = SmartServer.freePort();
        other = server(Map.of("securemed.smart.card-bridge.without-pin", "true"), otherPort, port);
        atOther = "http://127.0.0.1:" + otherPort;
    }

    private static SmartServer server(Map<String, String> more, int port, int publicPort) {
        URI base = URI.create("http://127.0.0.1:" + publicPort);
        Map<String, String> settings = new HashMap<>(Map.of(
                "securemed.smart.card-bridge.keys",
                        TestCardBridge.keys(directory).toString(),
                "securemed.smart.strong-log-ins", "passkey,card",
                "securemed.smart.step-up-age", "10m"));
        settings.putAll(more);
        return SmartServer.start(DATABASE, Clock.systemUTC(), settings, port, base);
    }

    @AfterAll
    static void stop() {
        server.close();
        other.close();
    }

    @Test
    void the_log_in_page_leads_to_the_reader_agent_with_a_nonce_of_the_session() {
        assertThat(app.browser.get(server.at("/login")).body()).contains("Use a card");

        HttpResponse<String> away = app.browser.get(server.at("/login/card"));

        assertThat(away.statusCode()).isEqualTo(303);
        assertThat(location(away)).startsWith("http://127.0.0.1:8095/sign-in?nonce=");
        assertThat(URLDecoder.decode(SmartApp.parameter(away, "return"), StandardCharsets.UTF_8))
                .isEqualTo(server.at("/login/card").toString());
        assertThat(SmartApp.parameter(away, "nonce")).hasSize(43);
        assertThat(SmartApp.parameter(new SmartApp(server).browser.get(server.at("/login/card")), "nonce"))
                .isNotEqualTo(SmartApp.parameter(away, "nonce"));
    }

    @Test
    void without_a_bridge_there_is_no_log_in_by_card() {
        Http browser = new Http();
        assertThat(browser.get(SmartServer.shared().at("/login")).body()).doesNotContain("Use a card");
        assertThat(browser.get(SmartServer.shared().at("/login/card?statement=a.b.c"))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void a_card_and_its_pin_give_the_strong_acr_and_every_token_and_record_names_the_card() {
        int before = events().size();

        JsonNode tokens = logInAndExchange("openid user/*.rs");

        JsonNode claims = SmartApp.claims(tokens.path("access_token").asText());
        assertThat(claims.path("sub").asText()).isEqualTo("physician");
        assertThat(claims.path("acr").asText()).isEqualTo("urn:securemed:acr:card");
        assertThat(Instant.ofEpochSecond(claims.path("auth_time").asLong()))
                .isBetween(Instant.now().minusSeconds(60), Instant.now());
        assertThat(claims.path("extensions").path("securemed").path("device").asText())
                .isEqualTo(device);
        assertThat(app.fhir(tokens.path("access_token").asText()).body()).contains("device=" + device);
        assertThat(events().subList(before, events().size()))
                .filteredOn(event -> List.of(SecurityEvent.Kind.LOGIN, SecurityEvent.Kind.TOKEN_ISSUED)
                        .contains(event.kind()))
                .hasSize(2)
                .allSatisfy(event -> {
                    assertThat(event.succeeded()).isTrue();
                    assertThat(event.device()).isEqualTo(device);
                    assertThat(event.fhirUser()).isEqualTo(OWNER);
                });
    }

    @Test
    void a_patients_card_lets_the_patient_consent() {
        logIn(app, claims -> claims.subject("Patient/patient"));

        assertThat(location(app.authorize(app.request("launch/patient patient/*.rs"))))
                .contains("/oauth2/consent");
    }

    static Stream<Arguments> bad_statements() {
        return Stream.of(
                bad("card-statement-invalid", "of another issuer", claims -> claims.issuer("demo-backend")),
                bad(
                        "card-statement-invalid",
                        "for the token endpoint",
                        claims -> claims.audience(server.at("/oauth2/token").toString())),
                bad(
                        "card-statement-invalid",
                        "for several",
                        claims ->
                                claims.audience(List.of(server.at("/login/card").toString(), "https://evil.example"))),
                bad("card-statement-invalid", "about a signature", claims -> claims.audience(server.fhirBase())),
                bad("card-statement-invalid", "about nobody", claims -> claims.subject(null)),
                bad("card-statement-invalid", "about no person", claims -> claims.subject("Device/1")),
                bad("card-statement-invalid", "about no card", claims -> claims.claim("device", null)),
                bad("card-statement-invalid", "about another thing", claims -> claims.claim("device", "Patient/1")),
                bad("card-statement-invalid", "without an id", claims -> claims.jwtID(null)),
                bad("card-statement-invalid", "with an id that can be guessed", claims -> claims.jwtID("1")),
                bad("card-statement-invalid", "larger than any", claims -> claims.claim("more", "x".repeat(5000))),
                bad("card-statement-expired", "for ever", claims -> claims.expirationTime(null)),
                bad("card-statement-invalid", "without a time", claims -> claims.issueTime(null)),
                bad("card-statement-expired", "expired", claims -> claims.expirationTime(in(-10))),
                bad("card-statement-expired", "too long", claims -> claims.expirationTime(in(300))),
                bad("card-statement-expired", "from the future", claims -> claims.issueTime(in(60))),
                bad(
                        "card-statement-of-another-session",
                        "of another session",
                        claims -> claims.claim("nonce", "n".repeat(43))),
                bad("card-statement-of-another-session", "of no session", claims -> claims.claim("nonce", null)),
                bad("card-without-account", "about a stranger", claims -> claims.subject("Practitioner/x")),
                bad(
                        "card-without-pin",
                        "without its PIN",
                        claims -> claims.claim("acr", "urn:securemed:acr:card-without-pin")));
    }

    private static Arguments bad(String code, String what, UnaryOperator<JWTClaimsSet.Builder> change) {
        return Arguments.of(code, what, change);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("bad_statements")
    void a_statement_that_proves_nothing_is_refused_and_recorded(
            String code, String what, UnaryOperator<JWTClaimsSet.Builder> change) {
        refused(code, TestCardBridge.sign(change.apply(good(begin(app))).build()));
    }

    @Test
    void a_log_in_page_is_answered_once_whatever_comes_of_it() {
        String nonce = begin(app);
        refused(
                "card-statement-expired",
                TestCardBridge.sign(good(nonce).expirationTime(in(-10)).build()));
        refused(
                "card-statement-of-another-session",
                TestCardBridge.sign(good(nonce).build()));
    }

    @Test
    void whoever_logs_in_by_card_gets_another_session_than_the_page_had() {
        HttpResponse<String> in = end(app, TestCardBridge.sign(good(begin(app)).build()));

        assertThat(in.headers().firstValue("Set-Cookie").orElse("")).contains("session=");
    }

    @Test
    void a_forged_statement_is_refused_and_names_no_card() {
        JWTClaimsSet claims = good(begin(app)).build();
        for (String forged : List.of(
                "rubbish",
                "x".repeat(5000),
                TestCardBridge.sign(claims, TestCardBridge.generate()),
                assertion(),
                new com.nimbusds.jwt.PlainJWT(claims).serialize())) {
            refused("card-statement-invalid", forged);
            assertThat(events().get(events().size() - 1).device()).isNull();
        }
        // And the bridge's statement proves no client.
        String statement = TestCardBridge.sign(good(begin(app)).build());
        assertThat(app.token(Map.of(
                                "grant_type", "client_credentials",
                                "scope", "system/Device.cruds",
                                "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                                "client_assertion", statement))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void a_statement_counts_once_and_in_one_session() {
        String statement = TestCardBridge.sign(good(begin(app)).build());
        // Somebody who sees the address in the victim's history, or lures the victim into their own log-in.
        SmartApp thief = new SmartApp(server);
        begin(thief);
        assertThat(location(end(thief, statement))).endsWith("/login?card-failed");
        assertThat(location(end(app, statement))).endsWith("/login?card-failed");
        assertThat(events().get(events().size() - 1).failure()).isEqualTo("card-statement-used");

        String second = TestCardBridge.sign(good(begin(app)).build());
        assertThat(location(end(app, second))).doesNotContain("failed");
        assertThat(location(end(app, second))).endsWith("/login?card-failed");
    }

    @Test
    void where_it_is_allowed_a_card_alone_logs_in_but_not_strongly() {
        SmartApp tap = new SmartApp(atOther, server.fhirBase());
        HttpResponse<String> away = tap.browser.get(tap.at("/login/card"));
        String statement = TestCardBridge.sign(good(SmartApp.parameter(away, "nonce"))
                .subject("Patient/patient")
                .claim("acr", "urn:securemed:acr:card-without-pin")
                .build());

        assertThat(location(end(tap, statement))).doesNotContain("failed");

        assertThat(location(tap.authorize(tap.request("launch/patient patient/*.rs"))))
                .endsWith("/login?strong");
        assertThat(events(other).get(events(other).size() - 1).note()).isEqualTo("urn:securemed:acr:card-without-pin");
        assertThatThrownBy(() ->
                        server(Map.of("securemed.smart.strong-log-ins", "card-without-pin"), SmartServer.freePort(), 1))
                .hasStackTraceContaining("a card without its PIN is none");
    }

    @Test
    void blocking_the_card_ends_all_that_it_opened_on_every_instance() {
        JsonNode tokens = logInAndExchange("openid offline_access user/*.rs");
        String access = tokens.path("access_token").asText();
        assertThat(app.fhir(access).statusCode()).isEqualTo(200);
        assertThat(new SmartApp(atOther, server.fhirBase()).fhir(access).statusCode())
                .isEqualTo(200);
        String unused = TestCardBridge.sign(good(begin(new SmartApp(server))).build());

        other.bean(CardLogIns.class).block(device);

        assertThat(app.fhir(access).statusCode()).isEqualTo(401);
        assertThat(new SmartApp(atOther, server.fhirBase()).fhir(access).statusCode())
                .isEqualTo(401);
        assertThat(app.refresh(tokens.path("refresh_token").asText()).statusCode())
                .isEqualTo(400);
        assertThat(location(app.authorize(app.request("user/*.rs")))).endsWith("/login");
        refused("card-blocked", unused);
        refused("card-blocked", TestCardBridge.sign(good(begin(app)).build()));

        other.bean(CardLogIns.class).unblock(device);

        assertThat(app.fhir(access).statusCode()).as("what ended stays so").isEqualTo(401);
        assertThat(app.refresh(tokens.path("refresh_token").asText()).statusCode())
                .isEqualTo(400);
        // Of the second in which it was blocked, nothing counts.
        String later = TestCardBridge.sign(good(begin(app)).issueTime(in(2)).build());
        assertThat(location(end(app, later))).doesNotContain("failed");
    }

    @Test
    void a_card_logs_in_within_the_second_in_which_it_was_new_and_not_in_which_it_was_blocked() {
        CardLogIns cards = server.bean(CardLogIns.class);
        String fresh = "Device/" + UUID.randomUUID();
        Instant second = Instant.now().truncatedTo(ChronoUnit.SECONDS);

        cards.add(fresh);
        assertThat(cards.isBlocked(fresh, second)).isTrue();
        cards.unblock(fresh);
        assertThat(cards.isBlocked(fresh, second)).isFalse();

        // A Device of the same id that comes back.
        cards.add(fresh);
        cards.unblock(fresh);
        assertThat(cards.isBlocked(fresh, second)).isTrue();
    }

    @Test
    void taking_the_card_out_of_the_reader_ends_what_it_opened_and_nothing_that_it_opens_later() {
        JsonNode tokens = logInAndExchange("openid offline_access user/*.rs");
        String access = tokens.path("access_token").asText();
        String unused = TestCardBridge.sign(good(begin(new SmartApp(server))).build());
        int before = events().size();

        assertThat(removed(bridgeToken(), device, 0, Instant.now().toString())).isEqualTo(204);

        assertThat(events().subList(before, events().size()))
                .filteredOn(event -> event.kind() == SecurityEvent.Kind.LOGOUT)
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.device()).isEqualTo(device);
                    assertThat(event.note()).isEqualTo("card removed");
                });
        assertThat(app.fhir(access).statusCode()).isEqualTo(401);
        assertThat(new SmartApp(atOther, server.fhirBase()).fhir(access).statusCode())
                .isEqualTo(401);
        assertThat(app.refresh(tokens.path("refresh_token").asText()).statusCode())
                .isEqualTo(400);
        assertThat(location(app.authorize(app.request("user/*.rs")))).endsWith("/login");
        // Pulled between the card's signature and the browser's arrival.
        refused("card-removed", unused);

        // Back in the reader. That it was out is told again, a minute late, and ends nothing that is newer.
        String later = TestCardBridge.sign(good(begin(app)).issueTime(in(2)).build());
        update("update smart.card set removed_at = removed_at - interval '2 seconds'");
        assertThat(location(end(app, later))).doesNotContain("failed");
        assertThat(removed(
                        bridgeToken(),
                        device,
                        60_000,
                        Instant.now().minusSeconds(60).toString()))
                .isEqualTo(204);
        assertThat(location(app.authorize(app.request("user/*.rs")))).doesNotEndWith("/login");
    }

    @Test
    void only_the_bridge_tells_that_a_card_was_removed() {
        String access =
                logInAndExchange("openid user/*.rs").path("access_token").asText();
        String now = Instant.now().toString();
        String backend = server.bean(TokenMint.class).forClient(DemoClients.BACKEND, "system/*.rs");

        assertThat(removed(access, device, 0, now)).isEqualTo(403);
        assertThat(removed(backend, device, 0, now)).isIn(401, 403);
        assertThat(removed("x", device, 0, now)).isEqualTo(401);
        assertThat(removed(bridgeToken(), "Device/1?x", 0, now)).isEqualTo(400);
        assertThat(removed(bridgeToken(), device, -1, now)).isEqualTo(400);
        assertThat(removed(bridgeToken(), device, Long.MAX_VALUE, now)).isEqualTo(400);
        assertThat(removed(bridgeToken(), device, 0, "yesterday")).isEqualTo(400);

        assertThat(app.fhir(access).statusCode()).isEqualTo(200);
    }

    private String bridgeToken() {
        HttpResponse<String> answer = app.token(Map.of(
                "grant_type", "client_credentials",
                "scope", "system/Device.cruds",
                "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion", assertion(List.of(server.at("/oauth2/token").toString()))));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return SmartApp.json(answer).path("access_token").asText();
    }

    private static int removed(String token, String device, long ago, String at) {
        return new Http()
                .send(
                        HttpRequest.newBuilder(server.at("/login/card/removals"))
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "{\"device\":\"%s\",\"ago\":%d,\"at\":\"%s\"}".formatted(device, ago, at))),
                        "Content-Type",
                        "application/json",
                        "Authorization",
                        "Bearer " + token)
                .statusCode();
    }

    @Test
    void a_closed_account_is_not_opened_and_without_a_record_nobody_is() {
        update("update smart.account set enabled = false where username = 'nurse'");
        refused(
                "account-closed",
                TestCardBridge.sign(
                        good(begin(app)).subject("Practitioner/nurse").build()));

        server.bean(SmartServer.Events.class).broken = true;
        try {
            HttpResponse<String> answer =
                    end(app, TestCardBridge.sign(good(begin(app)).build()));
            assertThat(answer.statusCode()).isEqualTo(503);
        } finally {
            server.bean(SmartServer.Events.class).broken = false;
        }
        assertThat(location(app.authorize(app.request("user/*.rs")))).endsWith("/login");
    }

    @Test
    void a_file_with_a_private_key_or_without_keys_stops_the_start() throws Exception {
        Path secret = Files.writeString(
                directory.resolve("secret.jwks"),
                new com.nimbusds.jose.jwk.JWKSet(TestCardBridge.key()).toString(false));
        for (Path file : List.of(secret, directory.resolve("absent.jwks"))) {
            assertThatThrownBy(() -> server(
                            Map.of("securemed.smart.card-bridge.keys", file.toString()), SmartServer.freePort(), 1))
                    .hasStackTraceContaining("securemed.smart.card-bridge.keys is a file with a JWK Set");
        }
    }

    /** By which the bridge proves itself as a client. */
    private static String assertion() {
        return assertion(List.of(
                server.at("/oauth2/token").toString(), server.at("/login/card").toString()));
    }

    private static String assertion(List<String> audience) {
        return TestCardBridge.sign(new JWTClaimsSet.Builder()
                .issuer(TestCardBridge.CLIENT)
                .subject(TestCardBridge.CLIENT)
                .audience(audience)
                .issueTime(in(0))
                .expirationTime(in(60))
                .jwtID(UUID.randomUUID().toString())
                .build());
    }

    private static void update(String sql) {
        new org.springframework.jdbc.core.JdbcTemplate(DATABASE).update(sql);
    }

    private JsonNode logInAndExchange(String scope) {
        logIn(app, claims -> claims);
        String code = SmartApp.parameter(app.allow(app.authorize(app.request(scope))), "code");
        HttpResponse<String> tokens = app.exchange(code);
        assertThat(tokens.statusCode()).as(tokens.body()).isEqualTo(200);
        return SmartApp.json(tokens);
    }

    private void logIn(SmartApp browser, UnaryOperator<JWTClaimsSet.Builder> change) {
        HttpResponse<String> in = end(
                browser, TestCardBridge.sign(change.apply(good(begin(browser))).build()));
        assertThat(location(in)).doesNotContain("failed");
    }

    private void refused(String code, String statement) {
        int before = events().size();
        assertThat(location(end(app, statement))).endsWith("/login?card-failed");
        assertThat(events().subList(before, events().size())).singleElement().satisfies(event -> {
            assertThat(event.kind()).isEqualTo(SecurityEvent.Kind.LOGIN);
            assertThat(event.failure()).isEqualTo(code);
        });
        assertThat(location(app.authorize(app.request("user/*.rs")))).endsWith("/login");
    }

    /** The nonce that the reader agent would get. */
    private static String begin(SmartApp browser) {
        return SmartApp.parameter(browser.browser.get(browser.at("/login/card")), "nonce");
    }

    private static HttpResponse<String> end(SmartApp browser, String statement) {
        return browser.browser.get(browser.at("/login/card?statement=" + Http.encode(statement)));
    }

    private JWTClaimsSet.Builder good(String nonce) {
        return TestCardBridge.claims(server.at("/login/card").toString(), OWNER, device)
                .claim("nonce", nonce);
    }

    private static Date in(long seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    private static List<SecurityEvent> events() {
        return events(server);
    }

    private static List<SecurityEvent> events(SmartServer of) {
        return of.bean(SmartServer.Events.class).recorded;
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("none: " + answer.statusCode() + answer.body());
    }
}
