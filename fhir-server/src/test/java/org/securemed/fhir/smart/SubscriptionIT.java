package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/** Who has subscribed is told what they may see when they are told, and nothing else. */
class SubscriptionIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String FHIR_BASE = "http://localhost:8080/fhir";
    private static final String SCOPES = "user/*.rs user/Subscription.cruds offline_access";

    /** Has let in physician2. */
    private static final String OPEN = "hook-open";

    /** Has let in nobody. */
    private static final String CLOSED = "hook-closed";

    private static HttpServer receiver;

    /** What one subscriber was told. */
    private record Told(long at, String method, String path, String secret, String body) {}

    private record App(String access, String refresh) {}

    @BeforeAll
    static void load() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), TestServer.HOOKS), 0);
        receiver.start();
        for (String patient : List.of(OPEN, CLOSED)) {
            put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
            Consents.form(SERVER, patient);
        }
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/jonas-lindqvist"));
    }

    @AfterAll
    static void stop() {
        receiver.stop(0);
        new JdbcTemplate(SERVER.database()).update("delete from subscription.hook");
    }

    @Test
    void a_subscriber_is_told_what_they_may_see_and_asked_for() throws Exception {
        BlockingQueue<Told> told = listen("/told", 0);
        App app = app("physician2");
        Answer created = subscribe(app.access(), "Observation?code=urn:hook%7Ctold", "/told", true);
        assertThat(created.status()).as(created.toString()).isEqualTo(201);
        String id = created.resource().getIdElement().getIdPart();

        observation("hook-other-code", OPEN, "other");
        observation("hook-hidden", CLOSED, "told");
        observation("hook-seen", OPEN, "told");

        Told first = told.poll(60, TimeUnit.SECONDS);
        assertThat(first).isNotNull();
        assertThat(first.method()).isEqualTo("PUT");
        assertThat(first.path()).isEqualTo("/told/Observation/hook-seen");
        assertThat(first.secret()).isEqualTo("s3cret");
        assertThat(first.body()).contains("\"id\":\"hook-seen\"").contains(OPEN);
        settle(id);
        assertThat(told).isEmpty();
        assertThat(notifications(OPEN)).hasSize(1);
        assertThat(notifications(CLOSED)).isEmpty();
    }

    @Test
    void the_headers_are_kept_sealed_and_shown_to_nobody() {
        App app = app("physician2");
        Answer created = subscribe(app.access(), "Observation?code=none", "/sealed", false);
        String id = created.resource().getIdElement().getIdPart();

        assertThat(created.text()).doesNotContain("s3cret");
        assertThat(get(app.access(), "Subscription/" + id).text())
                .contains("rest-hook")
                .doesNotContain("s3cret");
        assertThat(get(app.access(), "Subscription").text()).contains(id).doesNotContain("s3cret");
        byte[] sealed = new JdbcTemplate(SERVER.database())
                .queryForObject("select headers from subscription.hook where id::text = ?", byte[].class, id);
        assertThat(sealed).isNotNull();
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("s3cret");
        for (String other : List.of("backend", "physician", "nurse")) {
            assertThat(SERVER.get(other, "Subscription/" + id).status())
                    .as(other)
                    .isEqualTo(404);
            assertThat(SERVER.delete(other, "Subscription/" + id).status())
                    .as(other)
                    .isEqualTo(404);
        }
        assertThat(delete(app.access(), "Subscription/" + id).status()).isBetween(200, 204);
        assertThat(get(app.access(), "Subscription/" + id).status()).isEqualTo(404);
    }

    @Test
    void what_is_not_taken_is_sent_again() throws Exception {
        BlockingQueue<Told> told = listen("/again", 1);
        App app = app("physician2");
        String id = subscribe(app.access(), "Observation?code=urn:hook%7Cagain", "/again", false)
                .resource()
                .getIdElement()
                .getIdPart();

        observation("hook-again", OPEN, "again");

        Told refused = told.poll(60, TimeUnit.SECONDS);
        Told taken = told.poll(60, TimeUnit.SECONDS);
        assertThat(refused).isNotNull();
        assertThat(taken).isNotNull();
        assertThat(taken.method()).isEqualTo("POST");
        assertThat(taken.path()).isEqualTo("/again");
        assertThat(taken.body()).isEmpty();
        settle(id);
        assertThat(told).isEmpty();
    }

    @Test
    void an_endpoint_whose_answer_is_long_is_heard_to_its_status_only() {
        BlockingQueue<Told> told = talking("/long", 0);
        App app = app("physician2");
        String id = subscribe(app.access(), "Observation?code=urn:hook%7Clong", "/long", false)
                .resource()
                .getIdElement()
                .getIdPart();

        observation("hook-long", OPEN, "long");

        settle(id);
        assertThat(told).hasSize(1);
    }

    @Test
    void an_endpoint_whose_answer_does_not_end_has_not_taken_it() throws Exception {
        BlockingQueue<Told> told = talking("/endless", 1000);
        App app = app("physician2");
        String id = subscribe(app.access(), "Observation?code=urn:hook%7Cendless", "/endless", false)
                .resource()
                .getIdElement()
                .getIdPart();

        observation("hook-endless", OPEN, "endless");

        assertThat(told.poll(60, TimeUnit.SECONDS)).isNotNull();
        assertThat(told.poll(60, TimeUnit.SECONDS)).as("the next attempt").isNotNull();
        delete(app.access(), "Subscription/" + id);
    }

    /** An endpoint that answers 200 and goes on talking until nobody listens. */
    private static BlockingQueue<Told> talking(String path, long pauseMillis) {
        BlockingQueue<Told> told = new LinkedBlockingQueue<>();
        receiver.createContext(path, exchange -> {
            told.add(told(exchange));
            Thread talk = new Thread(() -> talk(exchange, pauseMillis));
            talk.setDaemon(true);
            talk.start();
        });
        return told;
    }

    private static void talk(HttpExchange exchange, long pauseMillis) {
        try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            while (!Thread.currentThread().isInterrupted()) {
                exchange.getResponseBody().write(new byte[pauseMillis == 0 ? 8192 : 1]);
                exchange.getResponseBody().flush();
                LockSupport.parkNanos(pauseMillis * 1_000_000);
            }
        } catch (IOException e) {
            // Nobody listens any more.
        }
    }

    @Test
    void a_revocation_binds_what_waits_to_be_sent() throws Exception {
        String patient = "hook-leaves";
        put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
        Consents.form(SERVER, patient);
        String consent = Consents.record(SERVER, Consents.permit(patient, "Practitioner/jonas-lindqvist"));
        BlockingQueue<Told> told = listen("/leaves", 1);
        App app = app("physician2");
        String id = subscribe(app.access(), "Observation?code=urn:hook%7Cleaves", "/leaves", true)
                .resource()
                .getIdElement()
                .getIdPart();
        observation("hook-leaving", patient, "leaves");
        assertThat(told.poll(60, TimeUnit.SECONDS)).isNotNull();

        Consents.end(SERVER, consent);
        long acknowledged = System.nanoTime();
        observation("hook-left", patient, "leaves");

        settle(id);
        assertThat(told).noneMatch(one -> one.at() > acknowledged);
        assertThat(get(app.access(), "Subscription/" + id).text()).contains("\"status\":\"active\"");
    }

    @Test
    void a_subscription_ends_with_the_authorization_of_its_app() throws Exception {
        BlockingQueue<Told> told = listen("/ends", 0);
        App app = app("physician2");
        String id = subscribe(app.access(), "Observation?code=urn:hook%7Cends", "/ends", true)
                .resource()
                .getIdElement()
                .getIdPart();
        SmartApp ending = new SmartApp(SERVER.base(), FHIR_BASE);
        ending.browser.post(ending.at("/oauth2/revoke"), Map.of("token", app.refresh(), "client_id", DemoClients.APP));

        observation("hook-ended", OPEN, "ends");

        settle(id);
        assertThat(told).isEmpty();
        assertThat(status(id)).isEqualTo("off");
    }

    @Test
    void a_subscription_reaches_no_further_than_the_scopes_that_it_was_made_with() throws Exception {
        BlockingQueue<Told> told = listen("/narrow", 0);
        TokenMint mint = SERVER.bean(TokenMint.class);
        String subscribes = " system/Subscription.cruds";
        String narrow = mint.forClient(
                DemoClients.BACKEND,
                "system/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
                        + subscribes);
        for (String criteria : List.of("Condition?", "Patient?", "Encounter?status=planned")) {
            assertThat(subscribe(narrow, criteria, "/narrow", true).status())
                    .as(criteria)
                    .isEqualTo(403);
        }
        for (String scopes : List.of(
                "system/Observation.rs", "system/Observation.r" + subscribes, "system/Observation.s" + subscribes)) {
            assertThat(subscribe(mint.forClient(DemoClients.BACKEND, scopes), "Observation?", "/narrow", true)
                            .status())
                    .as(scopes)
                    .isEqualTo(403);
        }
        Answer created = subscribe(narrow, "Observation?code=urn:hook%7Cnarrow", "/narrow", true);
        assertThat(created.status()).as(created.toString()).isEqualTo(201);

        for (String category : List.of("vital-signs", "laboratory")) {
            put("Observation/hook-" + category, """
                    {"resourceType":"Observation","id":"hook-%s","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"%s"}]}],"code":{"coding":[{"system":"urn:hook","code":"narrow"}]},"subject":{"reference":"Patient/%s"}}
                    """.formatted(category, category, OPEN));
        }

        Told first = told.poll(60, TimeUnit.SECONDS);
        assertThat(first).isNotNull();
        assertThat(first.path()).isEqualTo("/narrow/Observation/hook-laboratory");
        settle(created.resource().getIdElement().getIdPart());
        assertThat(told).isEmpty();
    }

    @Test
    void a_subscription_ends_with_the_scopes_of_its_client_and_with_the_client() throws Exception {
        BlockingQueue<Told> told = listen("/client", 0);
        JdbcTemplate database = new JdbcTemplate(SERVER.database());
        String client = "hook-client-" + UUID.randomUUID();
        RegisteredClient machine = SERVER.bean(Clients.class).findByClientId(DemoClients.BACKEND);
        SERVER.bean(Clients.class)
                .save(RegisteredClient.from(Objects.requireNonNull(machine))
                        .id(client)
                        .clientId(client)
                        .build());
        String token =
                SERVER.bean(TokenMint.class).forClient(client, "system/Observation.rs system/Subscription.cruds");
        String id = subscribe(token, "Observation?code=urn:hook%7Cclient", "/client", true)
                .resource()
                .getIdElement()
                .getIdPart();
        observation("hook-client-before", OPEN, "client");
        assertThat(told.poll(60, TimeUnit.SECONDS)).isNotNull();

        database.update(
                "update smart.oauth2_registered_client set scopes = 'system/Patient.rs,system/Subscription.cruds'"
                        + " where client_id = ?",
                client);
        observation("hook-client-narrowed", OPEN, "client");
        settle(id);
        assertThat(told).isEmpty();

        database.update(
                "update smart.oauth2_registered_client set scopes = 'system/*.cruds', enabled = false"
                        + " where client_id = ?",
                client);
        observation("hook-client-after", OPEN, "client");
        settle(id);
        assertThat(told).isEmpty();
        assertThat(status(id)).isEqualTo("off");
    }

    @Test
    void a_subscription_ends_with_the_card_by_which_its_person_logged_in() throws Exception {
        BlockingQueue<Told> told = listen("/card", 0);
        String device = "Device/hook-" + UUID.randomUUID();
        SmartApp person = new SmartApp(SERVER.base(), FHIR_BASE);
        TestCardBridge.logIn(person, "Practitioner/jonas-lindqvist", device);
        JsonNode tokens = SmartApp.json(
                person.exchange(SmartApp.parameter(person.allow(person.authorize(person.request(SCOPES))), "code")));
        String id = subscribe(tokens.path("access_token").asText(), "Observation?code=urn:hook%7Ccard", "/card", true)
                .resource()
                .getIdElement()
                .getIdPart();
        observation("hook-card-before", OPEN, "card");
        assertThat(told.poll(60, TimeUnit.SECONDS)).isNotNull();

        SERVER.bean(CardLogIns.class).block(device);
        observation("hook-card-after", OPEN, "card");

        settle(id);
        assertThat(told).isEmpty();
        assertThat(status(id)).isEqualTo("off");
    }

    private static String status(String id) {
        return new JdbcTemplate(SERVER.database())
                .queryForObject("select status from subscription.hook where id::text = ?", String.class, id);
    }

    @Test
    void who_may_not_subscribe_is_refused() {
        App app = app("physician2");
        assertThat(subscribe(SERVER.token("physician2"), "Observation?code=x", "/x", true)
                        .status())
                .as("a token that nothing outlives")
                .isEqualTo(422);
        App present = app("physician2", SCOPES.replace("offline_access", "online_access"));
        assertThat(present.refresh()).isNotEmpty();
        assertThat(subscribe(present.access(), "Observation?code=x", "/x", true).status())
                .as("an app that works only while its person is there")
                .isEqualTo(422);
        assertThat(subscribe(SERVER.token("administrator"), "Observation?code=x", "/x", true)
                        .status())
                .isEqualTo(403);
        for (String criteria : List.of("Observation", "Nonsense?x=y", "AuditEvent?", "?code=x", "")) {
            assertThat(subscribe(app.access(), criteria, "/x", true).status())
                    .as(criteria)
                    .isIn(403, 422);
        }
        for (String criteria : List.of(
                "Observation?subject.name=x",
                "Observation?_has:Group:member:code=x",
                "Observation?code:missing=true")) {
            assertThat(subscribe(app.access(), criteria, "/x", true).status())
                    .as(criteria)
                    .isEqualTo(403);
        }
        for (String endpoint : List.of("http://localhost:1/x", "https://example.org/x", "http://169.254.169.254/")) {
            assertThat(post(app.access(), subscription("Observation?code=x", endpoint, true))
                            .status())
                    .as(endpoint)
                    .isEqualTo(422);
        }
        Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        bundle.addEntry()
                .setResource((Resource) SERVER.fhir()
                        .newJsonParser()
                        .parseResource(subscription("Observation?code=x", hook("/x"), true)))
                .getRequest()
                .setMethod(Bundle.HTTPVerb.POST)
                .setUrl("Subscription");
        assertThat(SERVER.post("backend", "", bundle).status()).isEqualTo(403);
    }

    /** Until nothing is to be sent to this subscriber any more. */
    private static void settle(String id) {
        JdbcTemplate database = new JdbcTemplate(SERVER.database());
        for (int i = 0; i < 3000; i++) {
            Integer left = database.queryForObject(
                    "select (select count(*) from subscription.change)"
                            + " + (select count(*) from subscription.delivery where hook_id::text = ?)",
                    Integer.class,
                    id);
            if (left != null && left == 0) {
                return;
            }
            database.execute("select pg_sleep(0.02)");
        }
        throw new IllegalStateException("notifications do not end");
    }

    /** @param refusals how many notifications are answered 500 before they are taken */
    private static BlockingQueue<Told> listen(String path, int refusals) {
        BlockingQueue<Told> told = new LinkedBlockingQueue<>();
        int[] left = {refusals};
        receiver.createContext(path, exchange -> {
            told.add(told(exchange));
            exchange.sendResponseHeaders(left[0]-- > 0 ? 500 : 200, -1);
            exchange.close();
        });
        return told;
    }

    private static Told told(HttpExchange exchange) throws IOException {
        String secret = exchange.getRequestHeaders().getFirst("X-Secret");
        return new Told(
                System.nanoTime(),
                exchange.getRequestMethod(),
                exchange.getRequestURI().getPath(),
                secret == null ? "" : secret,
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    }

    private static App app(String user) {
        return app(user, SCOPES);
    }

    private static App app(String user, String scopes) {
        SmartApp app = new SmartApp(SERVER.base(), FHIR_BASE);
        app.logIn(user, user);
        HttpResponse<String> page = app.consentPage(app.authorize(app.request(scopes)));
        HttpResponse<String> back = app.decide(page, "allow", form -> {});
        JsonNode answer = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        return new App(
                answer.path("access_token").asText(),
                answer.path("refresh_token").asText());
    }

    private static String hook(String path) {
        return "http://localhost:" + TestServer.HOOKS + path;
    }

    private static String subscription(String criteria, String endpoint, boolean payload) {
        return """
                {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"%s","channel":{"type":"rest-hook","endpoint":"%s"%s,"header":["X-Secret: s3cret"]}}
                """.formatted(criteria, endpoint, payload ? ",\"payload\":\"application/fhir+json\"" : "");
    }

    private static Answer subscribe(String token, String criteria, String path, boolean payload) {
        return post(token, subscription(criteria, hook(path), payload));
    }

    private static Answer post(String token, String body) {
        return SERVER.send(SERVER.anonymous("Subscription")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static Answer get(String token, String path) {
        return SERVER.send(SERVER.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .GET());
    }

    private static Answer delete(String token, String path) {
        return SERVER.send(SERVER.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .DELETE());
    }

    private static List<AuditEvent> notifications(String patient) {
        return SERVER
                .get("compliance", "AuditEvent?patient=Patient/" + patient + "&subtype=subscription-notification")
                .bundle()
                .getEntry()
                .stream()
                .map(Bundle.BundleEntryComponent::getResource)
                .map(AuditEvent.class::cast)
                .filter(event -> event.getEntity().stream()
                        .anyMatch(entity -> entity.getWhat().getReference() != null
                                && entity.getWhat().getReference().startsWith("Observation/hook-seen")))
                .toList();
    }

    private static void observation(String id, String patient, String code) {
        put("Observation/" + id, """
                {"resourceType":"Observation","id":"%s","status":"final","code":{"coding":[{"system":"urn:hook","code":"%s"}]},"subject":{"reference":"Patient/%s"}}
                """.formatted(id, code, patient));
    }

    private static void put(String path, String json) {
        Answer answer = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(answer.status()).as(answer.toString()).isIn(200, 201);
    }
}
