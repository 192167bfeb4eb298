package org.securemed.card.reader.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.reader.Readers;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;

/** The agent's own pages, with two readers made of software and a bridge that is away. */
class AgentPagesIT {
    private static final String PAGE = "https://ehr.example.org";
    private static final String NONCE = "n".repeat(43);
    private static final String CONSENT = Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"kind\":\"grant\",\"subject\":\"Patient/1\"}".getBytes(StandardCharsets.UTF_8));

    private static ReaderAgent agent;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        SimulatedCard card = SimulatedCard.secureMed(new TestCa("Hospital CA"), UUID.randomUUID());
        agent = new ReaderAgent(
                new AgentOptions(URI.create("http://127.0.0.1:1"), List.of(PAGE), 0, null, TlsFiles.NONE, null),
                new Readers() {
                    @Override
                    public List<String> names() {
                        return List.of("one", "two");
                    }

                    @Override
                    public <T> T withCard(String reader, Duration patience, Work<T> work)
                            throws CardLostException, CardRefusedException {
                        return work.with(card);
                    }

                    @Override
                    public boolean awaitRemoval(String reader, Duration patience) {
                        return false;
                    }

                    @Override
                    public boolean hasPinpad(String reader) {
                        return false;
                    }
                },
                new CardReading(CardProfiles.all(Clock.systemUTC())));
    }

    @AfterAll
    static void stop() {
        agent.close();
    }

    @Test
    void it_listens_on_this_machine_s_own_address_only() throws Exception {
        try (Socket own = new Socket(InetAddress.getByName("127.0.0.1"), agent.port())) {
            assertThat(own.isConnected()).isTrue();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getByName("127.0.0.2"), agent.port()).close())
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void a_log_in_without_a_good_nonce_one_address_and_each_field_once_has_no_page() throws Exception {
        assertThat(signIn("nonce=" + NONCE + "&return=" + encoded(PAGE + "/login/card"))
                        .statusCode())
                .isEqualTo(200);
        for (String wrong : List.of(
                "nonce=short&return=" + encoded(PAGE + "/login/card"),
                "return=" + encoded(PAGE + "/login/card"),
                "nonce=" + NONCE + "&nonce=" + NONCE + "&return=" + encoded(PAGE + "/login/card"),
                "nonce=" + NONCE + "&return=" + encoded(PAGE + "/login/card#x"),
                "nonce=" + NONCE + "&return=" + encoded(PAGE + "/login/card?x"),
                "nonce=" + NONCE + "&return=%25",
                "")) {
            assertThat(signIn(wrong).statusCode()).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void nothing_of_it_is_kept_by_a_browser_or_shown_in_another_page() throws Exception {
        var headers =
                signIn("nonce=" + NONCE + "&return=" + encoded(PAGE + "/x")).headers();

        assertThat(headers.firstValue("Cache-Control")).hasValue("no-store");
        assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
                .startsWith("default-src 'none'; form-action 'self' " + PAGE)
                .contains("frame-ancestors 'none'");
    }

    @Test
    void a_form_is_sent_by_this_page_alone() throws Exception {
        for (String origin : List.of(PAGE, "https://evil.example.org", "http://localhost:" + agent.port())) {
            assertThat(submit(form(), origin, SimulatedCard.PIN).statusCode())
                    .as(origin)
                    .isEqualTo(403);
        }
        assertThat(submit(form(), "http://127.0.0.1:" + agent.port(), SimulatedCard.PIN)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void forms_that_nobody_sends_take_no_more_room_than_a_hundred() throws Exception {
        String first = form();
        for (int i = 0; i < 100; i++) {
            form();
        }
        assertThat(submit(first, "null", SimulatedCard.PIN).statusCode()).isEqualTo(403);
    }

    @Test
    void a_consent_is_not_signed_without_the_pin() throws Exception {
        HttpResponse<String> page = get("/sign-consent?transition=" + CONSENT + "&return=" + encoded(PAGE + "/x"));

        HttpResponse<String> answer = post(
                "/sign-consent",
                "null",
                "transition=" + CONSENT + "&return=" + encoded(PAGE + "/x") + "&form=" + hidden(page) + "&pin=");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("The PIN is not six to eight digits");
    }

    @Test
    void of_several_readers_none_is_guessed() throws Exception {
        String challenge = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]);
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri("/answers"))
                        .header("Origin", PAGE)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"id\":\"%s\",\"challenge\":\"%s\"}".formatted(UUID.randomUUID(), challenge)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.body()).contains("card-reader-not-found");
    }

    private String form() throws Exception {
        return hidden(signIn("nonce=" + NONCE + "&return=" + encoded(PAGE + "/x")));
    }

    private static String hidden(HttpResponse<String> page) {
        Matcher form = Pattern.compile("name=\"form\" value=\"([^\"]+)\"").matcher(page.body());
        assertThat(form.find()).as(page.body()).isTrue();
        return form.group(1);
    }

    private HttpResponse<String> submit(String form, String origin, String pin) throws Exception {
        return post(
                "/sign-in",
                origin,
                "nonce=" + NONCE + "&return=" + encoded(PAGE + "/x") + "&form=" + form + "&pin=" + pin);
    }

    private HttpResponse<String> signIn(String query) throws Exception {
        return get("/sign-in?" + query);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String origin, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(uri(path))
                        .header("Origin", origin)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + agent.port() + path);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
