package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hl7.fhir.r4.model.Consent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.consent.WillHistory;
import org.securemed.fhir.consent.WillReaders;
import org.securemed.fhir.consent.WillRounds;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Two whole servers on one PostgreSQL: what ends at one has ended at the other for the very next request. */
class TwoInstancesIT {
    private static final TestServer ONE = TestServer.shared();
    private static final String FHIR_BASE = "http://localhost:8080/fhir";
    private static final String PATIENT = "mateusz-kowalczyk";
    private static final String OFFLINE = "launch/patient patient/*.rs offline_access";
    private static final int ROUNDS = 3;

    @SuppressWarnings("NullAway.Init")
    private static TestServer two;

    @BeforeAll
    static void start() {
        two = ONE.beside();
        Consents.form(ONE, PATIENT);
    }

    @AfterAll
    static void stop() {
        two.close();
    }

    private static SmartApp app(TestServer server) {
        return new SmartApp(server.base(), FHIR_BASE);
    }

    private static TestServer other(TestServer server) {
        return server == ONE ? two : ONE;
    }

    private static Answer get(TestServer server, String token, String path) {
        return server.send(server.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private static JsonNode tokens(SmartApp app) {
        app.logIn("patient2", "patient2");
        HttpResponse<String> back = app.allow(app.authorize(app.request(OFFLINE)));
        return SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
    }

    private static String access(JsonNode tokens) {
        return tokens.path("access_token").asText();
    }

    private static String refresh(JsonNode tokens) {
        return tokens.path("refresh_token").asText();
    }

    private static String error(HttpResponse<String> answer) {
        return SmartApp.json(answer).path("error").asText();
    }

    /** Works at both, so that both know the token. */
    private static void assertAlive(String token) {
        for (TestServer server : List.of(ONE, two)) {
            assertThat(get(server, token, "Patient/" + PATIENT).status()).isEqualTo(200);
        }
    }

    @Test
    void a_consent_that_is_revoked_at_one_ends_the_apps_tokens_at_the_other() {
        for (int round = 0; round < ROUNDS; round++) {
            for (TestServer here : List.of(ONE, two)) {
                JsonNode tokens = tokens(app(here));
                assertAlive(access(tokens));
                String consent = SmartApp.claims(access(tokens))
                        .at("/extensions/ihe_pcf/doc_id/0")
                        .asText()
                        .replaceFirst("^.*/Consent/", "");

                assertThat(other(here).delete("patient2", "Consent/" + consent).status())
                        .isLessThan(300);

                assertThat(get(here, access(tokens), "Patient/" + PATIENT).status())
                        .isEqualTo(401);
                assertThat(get(other(here), access(tokens), "Patient/" + PATIENT)
                                .status())
                        .isEqualTo(401);
                assertThat(error(app(here).refresh(refresh(tokens)))).isEqualTo("invalid_grant");
            }
        }
    }

    @Test
    void a_token_an_authorization_and_an_account_end_at_both() {
        for (TestServer here : List.of(ONE, two)) {
            SmartApp person = app(here);
            JsonNode given = tokens(person);
            assertAlive(access(given));
            app(other(here))
                    .browser
                    .post(
                            app(other(here)).at("/oauth2/revoke"),
                            Map.of("token", access(given), "client_id", DemoClients.APP));
            assertThat(get(here, access(given), "Patient/" + PATIENT).status()).isEqualTo(401);

            JsonNode ended = tokens(person);
            assertAlive(access(ended));
            SmartApp elsewhere = app(other(here));
            elsewhere.logIn("patient2", "patient2");
            String page = elsewhere.browser.get(elsewhere.at("/account/apps")).body();
            elsewhere.browser.post(
                    elsewhere.at("/account/apps"),
                    Map.of(
                            "authorization",
                            SmartApp.claims(access(ended)).path("sid").asText(),
                            "_csrf",
                            SmartApp.csrf(page)));
            assertThat(get(here, access(ended), "Patient/" + PATIENT).status()).isEqualTo(401);
            assertThat(error(app(here).refresh(refresh(ended)))).isEqualTo("invalid_grant");
        }
    }

    @Test
    void an_account_that_is_closed_at_one_is_over_at_the_other() {
        String name = "nurse-" + UUID.randomUUID().toString().substring(0, 8);
        SmartApp admin = app(ONE);
        admin.logIn("administrator", "administrator");
        String csrf =
                SmartApp.csrf(admin.browser.get(admin.at(AccountsPage.PATH)).body());
        Map<String, String> form =
                new HashMap<>(Map.of("username", name, "displayName", "Nurse", "roles", "compliance", "_csrf", csrf));
        assertThat(admin.browser.post(admin.at(AccountsPage.PATH), form).statusCode())
                .isEqualTo(200);
        String token = two.bean(TokenMint.class).forPerson(name, "user/*.rs");
        assertThat(get(two, token, "AuditEvent?_count=1").status()).isEqualTo(200);

        admin.browser.post(admin.at(AccountsPage.STATE), Map.of("account", name, "enabled", "false", "_csrf", csrf));

        assertThat(get(two, token, "AuditEvent?_count=1").status()).isEqualTo(401);
    }

    @Test
    void a_card_that_is_blocked_at_one_ends_what_it_opened_at_both() {
        for (TestServer here : List.of(ONE, two)) {
            String device = "card-" + UUID.randomUUID();
            card(other(here), device, "active");
            SmartApp person = app(here);
            TestCardBridge.logIn(person, "Patient/" + PATIENT, "Device/" + device);
            JsonNode tokens = SmartApp.json(person.exchange(
                    SmartApp.parameter(person.allow(person.authorize(person.request(OFFLINE))), "code")));
            assertAlive(access(tokens));
            String password = access(tokens(app(here)));

            card(other(here), device, "inactive");

            for (TestServer server : List.of(here, other(here))) {
                assertThat(get(server, access(tokens), "Patient/" + PATIENT).status())
                        .isEqualTo(401);
                assertThat(error(app(server).refresh(refresh(tokens)))).isEqualTo("invalid_grant");
            }
            assertThat(person.browser
                            .get(person.at(AppsPage.PATH))
                            .headers()
                            .firstValue("Location")
                            .orElse(""))
                    .as("the browser's session")
                    .endsWith("/login");
            assertThat(get(here, password, "Patient/" + PATIENT).status())
                    .as("what was opened without the card")
                    .isEqualTo(200);
        }
    }

    /** As the bridge stores a card of the patient. */
    private static void card(TestServer server, String id, String status) {
        String token = server.bean(TokenMint.class).forClient(TestCardBridge.CLIENT, "system/Device.cruds");
        Answer stored = server.send(server.anonymous("Device/" + id)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(
                        """
                        {"resourceType":"Device","id":"%s","status":"%s","patient":{"reference":"Patient/%s"},
                         "statusReason":[{"coding":[{"system":"https://securemed.org/fhir/CodeSystem/card-status","code":"%s"}]}]}
                        """.formatted(id, status, PATIENT, status.equals("active") ? "active" : "lost"))));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }

    @Test
    void a_consent_for_a_person_counts_at_the_other_instance_soon_and_its_end_at_once() {
        for (int round = 0; round < ROUNDS; round++) {
            for (TestServer here : List.of(ONE, two)) {
                Consent consent = Consents.permit(PATIENT, "Practitioner/jonas-lindqvist");
                Answer made = here.post("patient2", "Consent", consent);
                assertThat(made.status()).as(made.text()).isEqualTo(201);
                assertThat(soon(other(here))).isEqualTo(200);

                here.delete(
                        "patient2", "Consent/" + made.resource().getIdElement().getIdPart());

                // The block refuses what was decided on the state of before, and that is read anew.
                assertThat(other(here).get("physician2", "Patient/" + PATIENT).status())
                        .isIn(404, 503);
                assertThat(other(here).get("physician2", "Patient/" + PATIENT).status())
                        .isEqualTo(404);
                assertThat(here.get("physician2", "Patient/" + PATIENT).status())
                        .isEqualTo(404);
            }
        }
    }

    /** What the physician's request is answered with as soon as it is not 404, within a few seconds. */
    private static int soon(TestServer server) {
        Instant end = Instant.now().plusSeconds(10);
        int status = 404;
        while (status == 404 && Instant.now().isBefore(end)) {
            status = server.get("physician2", "Patient/" + PATIENT).status();
        }
        return status;
    }

    /** Readers at both, a patient who grants at one and ends at the other; a checker compares afterwards. */
    @Test
    void a_consent_that_was_ended_at_one_opens_nothing_at_either_for_whoever_asks_afterwards() throws Exception {
        for (TestServer here : List.of(ONE, two)) {
            WillHistory history = new WillHistory();
            try (WillRounds rounds = new WillRounds(ONE, here == ONE ? "changes-here" : "changes-there", history)) {
                // The other instance learns of a grant a little later.
                rounds.readAt(ONE, true);
                rounds.readAt(two, true);
                // Either of them may be the one that sends a notification.
                rounds.listen();
                rounds.change(7, here, other(here));
                rounds.awaitNotification();
            }
            assertThat(history.violations()).isEmpty();
            assertThat(history.count(true)).isPositive();
            assertThat(history.count(false)).isPositive();
        }
    }

    /** The app of a patient reads at both while its authorization ends at one of them. */
    @Test
    void an_authorization_that_was_ended_opens_nothing_for_whoever_asks_afterwards() throws Exception {
        for (TestServer here : List.of(ONE, two)) {
            JsonNode tokens = tokens(app(here));
            WillHistory history = new WillHistory();
            history.changed(Long.MIN_VALUE, Long.MIN_VALUE, true);
            try (WillReaders readers = new WillReaders(history)) {
                for (TestServer server : List.of(ONE, two)) {
                    for (String path :
                            List.of("Patient/" + PATIENT, "Observation?patient=" + PATIENT + "&_count=1", "Patient")) {
                        readers.ask(server, access(tokens), path, answer -> true, false);
                    }
                }
                readers.await(20);
                long begin = System.nanoTime();
                String consent = SmartApp.claims(access(tokens))
                        .at("/extensions/ihe_pcf/doc_id/0")
                        .asText()
                        .replaceFirst("^.*/Consent/", "");
                assertThat(other(here).delete("patient2", "Consent/" + consent).status())
                        .isLessThan(300);
                history.changed(begin, System.nanoTime(), false);
                readers.await(20);
                readers.end();
            }
            assertThat(history.violations()).isEmpty();
            assertThat(history.count(true)).isPositive();
            assertThat(history.count(false)).isPositive();
            assertThat(error(app(here).refresh(refresh(tokens)))).isEqualTo("invalid_grant");
        }
    }

    @Test
    void codes_refresh_tokens_and_assertions_count_once() throws Exception {
        SmartApp first = app(ONE);
        SmartApp second = app(two);
        first.logIn("patient2", "patient2");
        String code = SmartApp.parameter(first.allow(first.authorize(first.request(OFFLINE))), "code");
        JsonNode tokens = SmartApp.json(second.exchange(code));
        assertAlive(access(tokens));
        assertThat(error(first.exchange(code))).isEqualTo("invalid_grant");
        assertThat(get(two, access(tokens), "Patient/" + PATIENT).status()).isEqualTo(401);

        tokens = tokens(first);
        JsonNode fresh = SmartApp.json(second.refresh(refresh(tokens)));
        assertAlive(access(fresh));
        assertThat(error(first.refresh(refresh(tokens)))).isEqualTo("invalid_grant");
        assertThat(get(two, access(fresh), "Patient/" + PATIENT).status()).isEqualTo(401);
        assertThat(error(second.refresh(refresh(fresh)))).isEqualTo("invalid_grant");

        Map<String, String> assertion = assertion();
        assertThat(second.token(assertion).statusCode()).isEqualTo(200);
        assertThat(error(first.token(assertion))).isEqualTo("invalid_client");
    }

    /** A token request of a machine that was registered at the first instance. */
    private static Map<String, String> assertion() throws Exception {
        RSAKey key = new RSAKeyGenerator(2048).keyID("machine").generate();
        String id = ONE.bean(ClientRegistry.class)
                .register(
                        new ClientForm(
                                "Machine",
                                "",
                                "backend",
                                "",
                                "system/Observation.rs",
                                "",
                                new JWKSet(key.toPublicJWK()).toString(),
                                "researcher",
                                "HRESCH",
                                "",
                                "ResearchStudy/two-instances"),
                        registered -> {})
                .clientId();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(id)
                .subject(id)
                .audience("http://localhost:8080/oauth2/token")
                .expirationTime(Date.from(Instant.now().plusSeconds(240)))
                .jwtID("once")
                .build();
        return Map.of(
                "grant_type",
                "client_credentials",
                "scope",
                "system/Observation.rs",
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion",
                Forger.sign(
                        new JWSHeader.Builder(JWSAlgorithm.RS384)
                                .keyID("machine")
                                .build(),
                        claims,
                        key));
    }
}
