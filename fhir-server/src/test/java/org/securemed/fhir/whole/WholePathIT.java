package org.securemed.fhir.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Pin;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.reader.agent.TestAgent;
import org.securemed.card.server.ServeCommand;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.VirtualReader;
import org.securemed.fhir.server.ServerConfiguration;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.TokenMint;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A clinician's card and a patient's card: card, PC/SC, reader agent, bridge, log-in, access token, read under consent,
 * and the AuditEvent that names the card. FHIR server and bridge run as they are, each on a PostgreSQL of its own.
 */
class WholePathIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789";
    private static final String REDIRECT = "http://127.0.0.1:4711/callback";

    private static final TestCa CA = new TestCa("Hospital CA");
    private static final CardReading READING = new CardReading(CardProfiles.all(Clock.systemUTC()));

    private static final int SERVER_PORT = freePort();
    private static final int BRIDGE_PORT = freePort();
    private static final int AGENT_PORT = freePort();
    private static final String SERVER = "http://localhost:" + SERVER_PORT;
    private static final String FHIR = SERVER + "/fhir";
    private static final String BRIDGE = "http://localhost:" + BRIDGE_PORT;
    private static final String AGENT = "http://127.0.0.1:" + AGENT_PORT;

    private static ConfigurableApplicationContext server;
    private static ConfigurableApplicationContext bridge;
    private static TestAgent agent;
    private static Workstation workstation;

    private final Browser browser = new Browser();

    @BeforeAll
    static void start() throws Exception {
        Path directory = Files.createTempDirectory(Files.createDirectories(Path.of("target", "servers")), "whole");
        ECKey key = new ECKeyGenerator(Curve.P_384).keyID("card-bridge-1").generate();
        Path secret = Files.writeString(directory.resolve("bridge.jwk"), key.toJSONString());
        Path open = Files.writeString(directory.resolve("bridge.jwks"), new JWKSet(key.toPublicJWK()).toString());
        Path ca = Files.write(directory.resolve("ca.der"), CA.certificate().getEncoded());
        Path revoked = Files.write(directory.resolve("crl.der"), CA.revoke().getEncoded());
        SpringApplication application = new SpringApplication(ServerConfiguration.class);
        application.setAllowCircularReferences(true);
        application.setAdditionalProfiles("demo");
        server = application.run(
                "--server.port=" + SERVER_PORT,
                "--securemed.smart.base-url=" + SERVER,
                "--securemed.smart.strong-log-ins=passkey,card",
                "--securemed.smart.step-up-age=10m",
                "--securemed.smart.card-bridge.keys=" + open,
                "--securemed.smart.card-bridge.reader=" + AGENT,
                "--securemed.development.data-directory=" + directory.resolve("postgres"),
                "--securemed.ledger.directory=" + directory.resolve("ledger"),
                "--securemed.demo.directory=" + directory.resolve("demo"),
                "--securemed.demo.patients=2");
        bridge = ServeCommand.start(
                "--server.port=" + BRIDGE_PORT,
                "--securemed.bridge.base-url=" + BRIDGE,
                "--securemed.bridge.issuer=" + SERVER,
                "--securemed.bridge.client.key=" + secret,
                "--securemed.bridge.cards.ca=" + ca,
                "--securemed.bridge.cards.revocation-list=" + revoked,
                "--securemed.bridge.cards.removal-grace=15s",
                "--securemed.bridge.cards.number-secret=" + Base64.getEncoder().encodeToString(new byte[32]),
                "--securemed.development.data-directory=" + directory.resolve("card-postgres"));
        workstation = new Workstation();
        agent = new TestAgent(URI.create(BRIDGE), SERVER, AGENT_PORT, VirtualReader.NAME, workstation.readers());
    }

    @AfterAll
    static void stop() throws IOException {
        if (agent != null) {
            agent.close();
            workstation.close();
        }
        if (bridge != null) {
            bridge.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Test
    void from_a_card_to_the_audit_event_that_names_it() throws Exception {
        String clinician = reference(mint().forPerson("physician2", "user/*.rs"));
        SimulatedCard badge = SimulatedCard.piv(CA, UUID.randomUUID(), CardKey.P256);
        String badgeDevice = enrol(badge, clinician);
        String patient = patient();
        SimulatedCard patientCard = SimulatedCard.secureMed(CA, UUID.randomUUID());
        String patientDevice = enrol(patientCard, patient);

        // The clinician logs in by card and PIN, and an app gets a token.
        workstation.insert(badge);
        String token = token(logIn());
        JsonNode claims = claims(token);
        assertThat(claims.path("acr").asText()).isEqualTo("urn:securemed:acr:card");
        assertThat(claims.path("extensions").path("securemed").path("device").asText())
                .isEqualTo(badgeDevice);
        assertThat(read(token, patient).statusCode()).as("no consent yet").isEqualTo(404);

        // The patient is here: whose card is it, and may the clinician look?
        workstation.insert(patientCard);
        assertThat(identified(token)).isEqualTo(patient);
        JsonNode asked = parameters(operation(token, patient + "/$request-access", """
                {"resourceType":"Parameters","parameter":[{"name":"card","valueReference":{"reference":"%s"}}]}""".formatted(patientDevice)));
        assertThat(read(token, patient).statusCode()).as("asking opens nothing").isEqualTo(404);
        HttpResponse<String> signed = sign(token, asked);
        assertThat(signed.statusCode()).as(signed.body()).isEqualTo(200);
        // The clinician's badge goes back into the reader.
        workstation.insert(badge);

        assertThat(read(token, patient).statusCode()).isEqualTo(200);
        List<JsonNode> reads = events("AuditEvent?entity=" + badgeDevice + "&patient=" + patient + "&subtype=read");
        assertThat(reads).anySatisfy(event -> {
            assertThat(event.path("outcome").asText()).isEqualTo("0");
            assertThat(event.toString())
                    .contains(clinician)
                    .contains(badgeDevice)
                    .contains(patient);
        });
        assertThat(events("AuditEvent?entity=" + patientDevice + "&subtype=card"))
                .isNotEmpty();
        assertThat(events("AuditEvent?entity=" + badgeDevice + "&subtype=110122"))
                .isNotEmpty();

        // The badge is lost: all that it opened ends.
        status(badgeDevice, "lost");
        assertThat(read(token, patient).statusCode()).isEqualTo(401);
        workstation.insert(badge);
        assertThat(agentAnswer(begin()).body()).contains("The card is enrolled and not active");
    }

    @Test
    void a_copy_of_a_card_logs_nobody_in_and_signs_nothing() throws Exception {
        SimulatedCard original = SimulatedCard.secureMed(CA, UUID.randomUUID());
        String device = enrol(original, reference(mint().forPerson("nurse", "user/*.rs")));
        SimulatedCard copy = SimulatedCard.blankSecureMed();
        for (int tag : new int[] {0x5F20, 0x5F21, 0x5F22}) {
            copy.putSecureMed(tag, original.readSecureMed(tag));
        }
        copy.generateSecureMed(1);
        copy.generateSecureMed(2);
        copy.activate();

        workstation.insert(copy);
        assertThat(agentAnswer(begin()).body()).contains("it is a copy, or the answer was recorded earlier");

        workstation.insert(original);
        assertThat(Browser.location(agentAnswer(begin()))).contains("statement=");
        // The bridge tells the ledger of it at its own pace.
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(events("AuditEvent?entity=" + device + "&_count=50"))
                        .anySatisfy(event ->
                                assertThat(event.path("outcomeDesc").asText()).contains("signature-invalid")));
    }

    @Test
    void who_pulls_their_card_is_logged_out() throws Exception {
        SimulatedCard badge = SimulatedCard.piv(CA, UUID.randomUUID(), CardKey.P256);
        String device = enrol(badge, reference(mint().forPerson("compliance", "user/*.rs")));
        // So that whoever logs in within the second in which the card was new is let in.
        assertThat(new JdbcTemplate(server.getBean(DataSource.class))
                        .queryForList("select blocked_at from smart.card where device = ?", Object.class, device))
                .containsExactly((Object) null);
        workstation.insert(badge);
        String token = token(logIn());
        assertThat(read(token, "AuditEvent?_count=1").statusCode()).isEqualTo(200);

        workstation.remove();

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(read(token, "AuditEvent?_count=1").statusCode())
                                .isEqualTo(401));
        assertThat(events("AuditEvent?entity=" + device + "&subtype=110123")).isNotEmpty();
        // What the bridge says has whole seconds: of the one in which the card was pulled, nothing counts any more.
        Instant pulled = Instant.now();
        await().until(() -> Instant.now().getEpochSecond() > pulled.getEpochSecond());
        workstation.insert(badge);
        String again = token(logIn());
        assertThat(read(again, "AuditEvent?_count=1").statusCode()).isEqualTo(200);
        assertThat(read(token, "AuditEvent?_count=1").statusCode()).isEqualTo(401);
    }

    @Test
    void a_suspended_patients_card_signs_nothing() throws Exception {
        String token = mint().forPerson("physician", "user/*.cruds");
        String patient = patient();
        SimulatedCard card = SimulatedCard.secureMed(CA, UUID.randomUUID());
        String device = enrol(card, patient);
        JsonNode asked = parameters(operation(token, patient + "/$request-access", """
                {"resourceType":"Parameters","parameter":[{"name":"card","valueReference":{"reference":"%s"}}]}""".formatted(device)));
        status(device, "suspended");
        workstation.insert(card);

        assertThat(consentPage(asked, SimulatedCard.PIN).body()).contains("The card is enrolled and not active");

        assertThat(read(token, patient).statusCode()).isEqualTo(404);
    }

    /** Card, PIN, bridge: back at the authorization server, signed in, on the way to the app. */
    private String logIn() {
        Map<String, String> request = new LinkedHashMap<>();
        request.put("response_type", "code");
        request.put("client_id", DemoClients.APP);
        request.put("redirect_uri", REDIRECT);
        request.put("scope", "openid fhirUser user/*.rs");
        request.put("state", "state");
        request.put("aud", FHIR);
        request.put("code_challenge", sha256(VERIFIER));
        request.put("code_challenge_method", "S256");
        String authorize = SERVER + "/oauth2/authorize?" + Browser.encoded(request);
        assertThat(Browser.location(browser.get(authorize, "Accept", "text/html")))
                .endsWith("/login");
        String statement = Browser.location(agentAnswer(begin()));
        assertThat(statement).startsWith(SERVER + "/login/card?statement=");
        String back = Browser.location(browser.get(statement));
        assertThat(back).contains("/oauth2/authorize?");
        return Browser.location(browser.get(back, "Accept", "text/html"));
    }

    /** The agent's page, to which the log-in page leads. */
    private HttpResponse<String> begin() {
        String away = Browser.location(browser.get(SERVER + "/login/card"));
        assertThat(away).startsWith(AGENT + "/sign-in?nonce=");
        return browser.get(away);
    }

    private HttpResponse<String> agentAnswer(HttpResponse<String> page) {
        Map<String, String> form = Browser.form(page, "/sign-in");
        form.put("pin", SimulatedCard.PIN);
        return browser.submit(AGENT + "/sign-in", form, "Origin", "null");
    }

    private String token(String consentPage) throws IOException {
        HttpResponse<String> page = browser.get(consentPage, "Accept", "text/html");
        Map<String, String> form = Browser.form(page, "/oauth2/authorize");
        form.put("decision", "allow");
        String code = Browser.parameter(
                Browser.location(browser.submit(SERVER + "/oauth2/authorize", form, "Origin", "null")), "code");
        HttpResponse<String> tokens = browser.submit(
                SERVER + "/oauth2/token",
                Map.of(
                        "grant_type", "authorization_code",
                        "code", code,
                        "redirect_uri", REDIRECT,
                        "client_id", DemoClients.APP,
                        "code_verifier", VERIFIER));
        assertThat(tokens.statusCode()).as(tokens.body()).isEqualTo(200);
        return JSON.readTree(tokens.body()).path("access_token").asText();
    }

    /** The patient reads on the agent's page what they sign, and types their PIN. */
    private HttpResponse<String> consentPage(JsonNode asked, String pin) {
        String transition = base64url(asked.path("transition").asText());
        String page =
                AGENT + "/sign-consent?transition=" + transition + "&return=" + Browser.encode(SERVER + "/somewhere");
        HttpResponse<String> shown = browser.get(page);
        assertThat(shown.body())
                .contains("You let in")
                .contains("For what: TREAT")
                .contains("What: everything");
        Map<String, String> form = Browser.form(shown, "/sign-consent");
        form.put("pin", pin);
        return browser.submit(AGENT + "/sign-consent", form, "Origin", "null");
    }

    private HttpResponse<String> sign(String token, JsonNode asked) {
        String back = Browser.location(consentPage(asked, SimulatedCard.PIN));
        String signature =
                Base64.getEncoder().encodeToString(Base64.getUrlDecoder().decode(Browser.parameter(back, "signature")));
        return operation(token, asked.path("consent").asText() + "/$sign", """
                {"resourceType":"Parameters","parameter":[
                 {"name":"transition","valueBase64Binary":"%s"},
                 {"name":"signature","valueBase64Binary":"%s"},
                 {"name":"statement","valueString":"%s"}]}""".formatted(
                        asked.path("transition").asText(), signature, Browser.parameter(back, "statement")));
    }

    private String identified(String token) throws Exception {
        BridgeClient client = new BridgeClient(URI.create(BRIDGE));
        BridgeClient.Given given = client.challenge();
        ObjectNode answer = BridgeClient.answer(given.id(), proof(given, null));
        HttpResponse<String> found = browser.post(
                BRIDGE + "/cards/identifications",
                "application/json",
                answer.toString(),
                "Authorization",
                "Bearer " + token);
        return JSON.readTree(found.body()).path("reference").asText();
    }

    /** The card desk enrols a card with both its keys and activates it; its Device. */
    private String enrol(SimulatedCard card, String owner) throws Exception {
        workstation.insert(card);
        BridgeClient client = new BridgeClient(URI.create(BRIDGE));
        ObjectNode body = JSON.createObjectNode().put("owner", owner);
        ArrayNode answers = body.putArray("answers");
        for (@Nullable String pin : new @Nullable String[] {null, SimulatedCard.PIN}) {
            BridgeClient.Given given = client.challenge();
            answers.add(BridgeClient.answer(given.id(), proof(given, pin)));
        }
        HttpResponse<String> enrolled = browser.post(
                BRIDGE + "/cards", "application/json", body.toString(), "Authorization", "Bearer " + desk());
        assertThat(enrolled.statusCode()).as(enrolled.body()).isEqualTo(201);
        String device = JSON.readTree(enrolled.body()).path("device").asText();
        status(device, "active");
        return device;
    }

    private void status(String device, String status) {
        HttpResponse<String> changed = browser.send(
                HttpRequest.newBuilder(
                                URI.create(BRIDGE + "/cards/" + device.substring("Device/".length()) + "/status"))
                        .PUT(HttpRequest.BodyPublishers.ofString("{\"status\":\"" + status + "\"}")),
                "Content-Type",
                "application/json",
                "Authorization",
                "Bearer " + desk());
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
        assertThat(changed.body()).contains("\"recorded\":true");
    }

    private static CardProof proof(BridgeClient.Given given, @Nullable String pin) throws Exception {
        try (Pin typed = pin == null ? null : Pin.of(pin.toCharArray())) {
            return workstation
                    .readers()
                    .withCard(
                            VirtualReader.NAME,
                            Duration.ofSeconds(20),
                            card -> READING.read(card, given.challenge(), typed));
        }
    }

    private static TokenMint mint() {
        return server.getBean(TokenMint.class);
    }

    private static String desk() {
        return mint().forPerson("administrator", "user/*.cruds");
    }

    private String patient() {
        String id = "whole-" + UUID.randomUUID();
        HttpResponse<String> stored = browser.send(
                HttpRequest.newBuilder(URI.create(FHIR + "/Patient/" + id))
                        .PUT(HttpRequest.BodyPublishers.ofString(
                                "{\"resourceType\":\"Patient\",\"id\":\"%s\"}".formatted(id))),
                "Content-Type",
                "application/fhir+json",
                "Authorization",
                "Bearer " + mint().forClient(DemoClients.BACKEND, "system/*.cruds"));
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        return "Patient/" + id;
    }

    private HttpResponse<String> read(String token, String reference) {
        return browser.get(FHIR + "/" + reference, "Authorization", "Bearer " + token);
    }

    private HttpResponse<String> operation(String token, String path, String body) {
        return browser.post(FHIR + "/" + path, "application/fhir+json", body, "Authorization", "Bearer " + token);
    }

    private static JsonNode parameters(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        ObjectNode values = JSON.createObjectNode();
        for (JsonNode parameter : JSON.readTree(answer.body()).path("parameter")) {
            JsonNode value = parameter.has("valueReference")
                    ? parameter.path("valueReference").path("reference")
                    : parameter.has("valueBase64Binary")
                            ? parameter.path("valueBase64Binary")
                            : parameter.path("valueInstant");
            values.set(parameter.path("name").asText(), value);
        }
        return values;
    }

    private List<JsonNode> events(String search) throws IOException {
        HttpResponse<String> found = read(mint().forPerson("compliance", "user/*.rs"), search);
        assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
        List<JsonNode> events = new ArrayList<>();
        JSON.readTree(found.body()).path("entry").forEach(entry -> events.add(entry.path("resource")));
        return events;
    }

    private static String reference(String token) throws IOException {
        return claims(token).path("fhirUser").asText().substring(FHIR.length() + 1);
    }

    private static JsonNode claims(String jwt) throws IOException {
        return JSON.readTree(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
    }

    private static String base64url(String base64) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Bytes.copyOf(Base64.getDecoder().decode(base64)).toByteArray());
    }

    private static String sha256(String text) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
