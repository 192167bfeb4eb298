package org.securemed.card.reader.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.reader.PcscReaders;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.VirtualReader;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.HospitalCa;

/** The agent between a browser page and the real PC/SC daemon. */
class ReaderAgentIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PAGE = "https://ehr.example.org";
    private static final String NONCE = "n".repeat(43);

    private static final TestCa ca = new TestCa("Hospital CA");
    private static final Challenge challenge = Challenge.fresh();
    private static final AtomicReference<JsonNode> loggedIn = new AtomicReference<>(JSON.createObjectNode());
    private static final List<String> refusals = new CopyOnWriteArrayList<>();
    private static final List<String> removals = new CopyOnWriteArrayList<>();
    private static final AtomicInteger seen = new AtomicInteger();
    /** What the bridge adds to a log-in. */
    private static volatile String presence = "";

    private static VirtualReader reader;
    private static HttpServer bridge;
    private static ReaderAgent agent;

    private final HttpClient http = HttpClient.newHttpClient();
    private final UUID guid = UUID.randomUUID();

    @BeforeAll
    static void start() throws IOException {
        reader = new VirtualReader();
        bridge = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        bridge.createContext(
                "/cards/challenges",
                exchange -> answer(
                        exchange,
                        201,
                        "{\"id\":\"%s\",\"challenge\":\"%s\"}"
                                .formatted(UUID.randomUUID(), encoded(challenge.random()))));
        bridge.createContext("/cards/challenges/", exchange -> {
            refusals.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        bridge.createContext("/cards/log-ins", exchange -> {
            loggedIn.set(JSON.readTree(exchange.getRequestBody().readAllBytes()));
            answer(exchange, 200, "{\"statement\":\"a.b.c\"%s}".formatted(presence));
        });
        bridge.createContext("/cards/presences", exchange -> {
            seen.incrementAndGet();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        bridge.createContext("/cards/presences/removal", exchange -> {
            removals.add(JSON.readTree(exchange.getRequestBody().readAllBytes())
                    .path("presence")
                    .asText());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        bridge.start();
        agent = new ReaderAgent(
                new AgentOptions(
                        URI.create("http://localhost:" + bridge.getAddress().getPort()),
                        List.of(PAGE),
                        0,
                        VirtualReader.NAME,
                        TlsFiles.NONE,
                        null),
                new PcscReaders(),
                new CardReading(CardProfiles.all(Clock.systemUTC())));
    }

    @AfterAll
    static void stop() {
        if (agent != null) {
            agent.close();
            bridge.stop(0);
        }
        if (reader != null) {
            reader.close();
        }
    }

    @Test
    void a_page_of_an_allowed_origin_gets_a_card_s_answer_after_each_restart_of_the_service() throws Exception {
        for (int restarts = 0; restarts < 3; restarts++) {
            reader.insert(SimulatedCard.secureMed(ca, guid));

            HttpResponse<String> answer = post("/answers", PAGE, "application/json", challengeJson());

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin"))
                    .hasValue(PAGE);
            assertProves(JSON.readTree(answer.body()), KeySlot.CARD);
            reader.restart();
        }
    }

    @Test
    void while_the_service_is_down_the_page_is_told_so() throws Exception {
        reader.stop();

        assertThat(get("/readers", PAGE).body()).contains("card-no-service");

        reader.restart();
        assertThat(get("/readers", PAGE).body()).contains(VirtualReader.NAME);
    }

    @Test
    void a_page_of_another_origin_gets_nothing() throws Exception {
        for (String origin :
                List.of("https://evil.example.org", "null", PAGE + ".evil.example", "http://ehr.example.org")) {
            HttpResponse<String> answer = get("/readers", origin);
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin"))
                    .isEmpty();
            assertThat(post("/answers", origin, "application/json", challengeJson())
                            .statusCode())
                    .isEqualTo(403);
        }
        HttpRequest ofNoPage = HttpRequest.newBuilder(uri("/readers")).build();
        assertThat(http.send(ofNoPage, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(403);
        assertThat(post("/answers", PAGE, "text/plain", challengeJson()).statusCode())
                .isEqualTo(400);
    }

    @Test
    void another_host_name_that_leads_here_gets_nothing() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), agent.port())) {
            socket.getOutputStream()
                    .write("GET /readers HTTP/1.1\r\nHost: evil.example.org\r\nOrigin: %s\r\nConnection: close\r\n\r\n"
                            .formatted(PAGE)
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 421");
        }
    }

    @Test
    void signing_in_takes_the_pin_on_the_agent_s_own_page_and_leads_back_with_the_bridge_s_statement()
            throws Exception {
        reader.insert(SimulatedCard.secureMed(ca, guid));

        HttpResponse<String> answer = submit(form(PAGE + "/login/card"), SimulatedCard.PIN);

        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("Location")).hasValue(PAGE + "/login/card?statement=a.b.c");
        assertThat(body().path("nonce").asText()).isEqualTo(NONCE);
        assertProves(body().path("answer"), KeySlot.HOLDER);
    }

    @Test
    void the_bridge_hears_that_the_card_is_there_and_at_once_when_it_is_pulled() throws Exception {
        String logIn = presence(100, 0);
        reader.insert(SimulatedCard.secureMed(ca, guid));
        int before = seen.get();

        assertThat(submit(form(PAGE + "/login/card"), SimulatedCard.PIN).statusCode())
                .isEqualTo(303);
        VirtualReader.await("two reports", () -> seen.get() > before + 1);
        assertThat(removals).doesNotContain(logIn);

        reader.remove();
        VirtualReader.await("the removal", () -> removals.contains(logIn));
    }

    @Test
    void a_card_that_comes_back_in_time_was_not_pulled_and_another_one_in_its_place_is_not_it() throws Exception {
        String patient = presence(100, 30_000);
        SimulatedCard badge = SimulatedCard.secureMed(ca, guid);
        reader.insert(badge);
        submit(form(PAGE + "/login/card"), SimulatedCard.PIN);
        int before = seen.get();
        reader.insert(SimulatedCard.secureMed(ca, UUID.randomUUID()));
        reader.insert(badge);
        VirtualReader.await("reports", () -> seen.get() > before + 3);
        assertThat(removals).doesNotContain(patient);

        String soon = presence(100, 1000);
        submit(form(PAGE + "/login/card"), SimulatedCard.PIN);
        reader.insert(SimulatedCard.secureMed(ca, UUID.randomUUID()));
        VirtualReader.await("the removal", () -> removals.contains(soon));
        assertThat(removals).doesNotContain(patient);
    }

    @Test
    void who_logs_in_after_somebody_else_ends_the_other_s_log_in_though_their_card_was_never_missed() throws Exception {
        String first = presence(100, 300_000);
        reader.insert(SimulatedCard.secureMed(ca, guid));
        submit(form(PAGE + "/login/card"), SimulatedCard.PIN);

        String second = presence(100, 300_000);
        reader.insert(SimulatedCard.secureMed(ca, UUID.randomUUID()));
        submit(form(PAGE + "/login/card"), SimulatedCard.PIN);

        VirtualReader.await("the removal", () -> removals.contains(first));
        assertThat(removals).doesNotContain(second);
    }

    @Test
    void after_a_restart_of_the_service_it_is_the_card_itself_that_tells_whether_it_is_still_there() throws Exception {
        String logIn = presence(100, 30_000);
        SimulatedCard badge = SimulatedCard.piv(ca, guid, CardKey.P256);
        reader.insert(badge);
        submit(form(PAGE + "/login/card"), SimulatedCard.PIN);
        reader.restart();
        reader.insert(badge);
        int before = seen.get();
        VirtualReader.await("reports", () -> seen.get() > before + 2);
        assertThat(removals).doesNotContain(logIn);
    }

    /** The next log-in is watched; by what the bridge knows it. */
    private static String presence(int interval, int grace) {
        String name = UUID.randomUUID().toString();
        presence = ",\"presence\":\"%s\",\"presenceInterval\":%d,\"removalGrace\":%d".formatted(name, interval, grace);
        return name;
    }

    @Test
    void a_reader_without_keys_leaves_the_pin_to_the_keyboard() throws Exception {
        reader.insert(SimulatedCard.secureMed(ca, guid));
        assertThat(new PcscReaders().hasPinpad(VirtualReader.NAME)).isFalse();
        assertThat(get("/sign-in?nonce=" + NONCE + "&return=" + encode(PAGE + "/login/card"), PAGE)
                        .body())
                .contains("name=\"pin\"")
                .doesNotContain("pinpad");
        assertThat(submit(form(PAGE + "/login/card") + "&pinpad=yes", "").body())
                .contains("No PIN was typed on the reader");
    }

    @Test
    void a_page_that_is_to_sign_shows_what_is_signed_and_takes_nothing_else_for_a_consent() throws Exception {
        String permit = "{\"kind\":\"grant\",\"subject\":\"Patient/<script>alert(1)</script>\",\"provision\":"
                + "{\"type\":\"permit\",\"actors\":[{\"reference\":\"Practitioner/\\\"><img src=x>\"}]}}";
        HttpResponse<String> page = consentPage(permit);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("You let in", "&lt;script&gt;")
                .doesNotContain("<script>")
                .doesNotContain("<img");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; form-action 'self' " + PAGE);
        for (String hostile : List.of(
                "",
                "null",
                "[]",
                "{}",
                "{\"kind\":\"delete\"}",
                "{\"kind\":\"register-key\"}",
                permit + " ",
                permit.substring(1),
                permit.replace("{\"kind\":\"grant\"", "{\"kind\":\"grant\",\"kind\":\"revoke\""),
                permit.replace("Patient/", "Patient/" + "x".repeat(30_000)),
                permit.replace("permit", "\\ud800"),
                permit.replace("grant", "g\u0000rant"),
                "[".repeat(2000))) {
            assertThat(consentPage(hostile).statusCode())
                    .as(hostile.substring(0, Math.min(60, hostile.length())))
                    .isEqualTo(hostile.equals(permit + " ") || hostile.contains("\\ud800") ? 200 : 400);
        }
        assertThat(get("/sign-consent?transition=%25%25&return=" + encode(PAGE + "/x"), PAGE)
                        .statusCode())
                .isEqualTo(400);
        assertThat(get(
                                "/sign-consent?transition=" + base64url(permit) + "&return="
                                        + encode("https://evil.example.org/x"),
                                PAGE)
                        .statusCode())
                .isEqualTo(400);
        // A form of another page, and a body without end, sign nothing.
        assertThat(post(
                                "/sign-consent",
                                "null",
                                "application/x-www-form-urlencoded",
                                "transition=" + base64url(permit) + "&return=" + encode(PAGE + "/x")
                                        + "&form=guessed&pin=123456")
                        .statusCode())
                .isEqualTo(403);
        assertThat(post("/sign-consent", "null", "application/x-www-form-urlencoded", "x".repeat(70_000))
                        .statusCode())
                .isEqualTo(400);
    }

    private HttpResponse<String> consentPage(String transition) throws Exception {
        return get("/sign-consent?transition=" + base64url(transition) + "&return=" + encode(PAGE + "/x"), PAGE);
    }

    private static String base64url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void a_wrong_pin_is_tried_once_and_a_form_is_good_once() throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        String form = form(PAGE + "/login/card");

        HttpResponse<String> wrong = submit(form, "000000");

        assertThat(wrong.statusCode()).isEqualTo(200);
        assertThat(wrong.body()).contains("The PIN is wrong. It was not tried again.");
        assertThat(refusals).contains("{\"reason\":\"pin-wrong\"}");
        assertThat(wrong.body()).doesNotContain("000000");
        assertThat(submit(form, SimulatedCard.PIN).statusCode()).isEqualTo(403);
        assertThat(submit(form(PAGE + "/login/card"), "000000").statusCode()).isEqualTo(200);
        assertThat(submit(form(PAGE + "/login/card"), SimulatedCard.PIN).body()).contains("One attempt at the PIN");
    }

    @Test
    void signing_in_leads_back_to_allowed_origins_only() throws Exception {
        for (String target : List.of(
                "https://evil.example.org/login/card",
                PAGE + "@evil.example.org/",
                "javascript:alert(1)",
                PAGE + "/?statement=x",
                "")) {
            assertThat(get("/sign-in?nonce=" + NONCE + "&return=" + encode(target), PAGE)
                            .statusCode())
                    .as(target)
                    .isEqualTo(400);
        }
    }

    private static void assertProves(JsonNode answer, KeySlot slot) throws Exception {
        CardProof proof = new CardProof(
                answer.path("profile").asText(),
                slot,
                UUID.fromString(answer.path("guid").asText()),
                decoded(answer.path("certificate")),
                decoded(answer.path("signature")));
        HospitalCa hospital = new HospitalCa(List.of(ca.certificate()), () -> List.of(ca.revoke()), Clock.systemUTC());
        new CardVerifier(CardProfiles.all(Clock.systemUTC()), hospital).verify(proof, challenge);
    }

    private static JsonNode body() {
        return java.util.Objects.requireNonNull(loggedIn.get());
    }

    private static String challengeJson() {
        return "{\"id\":\"%s\",\"challenge\":\"%s\"}".formatted(UUID.randomUUID(), encoded(challenge.random()));
    }

    /** Shows the page and takes out what its form would send. */
    private String form(String target) throws Exception {
        HttpResponse<String> page = get("/sign-in?nonce=" + NONCE + "&return=" + encode(target), PAGE);
        assertThat(page.statusCode()).isEqualTo(200);
        Matcher form = Pattern.compile("name=\"form\" value=\"([^\"]+)\"").matcher(page.body());
        assertThat(form.find()).isTrue();
        return "nonce=" + NONCE + "&return=" + encode(target) + "&form=" + form.group(1);
    }

    private HttpResponse<String> submit(String form, String pin) throws Exception {
        return post(
                "/sign-in",
                "http://127.0.0.1:" + agent.port(),
                "application/x-www-form-urlencoded",
                form + "&pin=" + pin);
    }

    private HttpResponse<String> get(String path, String origin) throws Exception {
        return http.send(
                HttpRequest.newBuilder(uri(path)).header("Origin", origin).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String origin, String type, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(uri(path))
                        .header("Origin", origin)
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + agent.port() + path);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String encoded(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    private static Bytes decoded(JsonNode text) {
        return Bytes.copyOf(Base64.getUrlDecoder().decode(text.asText()));
    }

    private static void answer(com.sun.net.httpserver.HttpExchange exchange, int status, String json)
            throws IOException {
        try (exchange) {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
