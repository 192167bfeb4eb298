package org.securemed.card.qr;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.FilePayload;
import com.sun.net.httpserver.HttpExchange;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.record.TestPatients;
import org.securemed.card.record.TestRecords;
import org.securemed.card.server.TestBridge;

/** The page with a camera, in a browser with a camera. */
class ScannerPageIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HOSPITAL = "Organization/hospital";
    private static final String CODE = "one-time-code";

    private static final Map<String, String> challenges = new ConcurrentHashMap<>();
    private static TestRecords records;
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        records = new TestRecords();
        TestPatients.elena(records);
        records.permit("Practitioner/nurse", "Patient/elena");
        bridge = new TestBridge(
                "--securemed.bridge.fhir-base=" + records.base(),
                "--securemed.bridge.client.key=" + TestRecords.clientKey(),
                "--securemed.bridge.check-in.lifetime=5m",
                "--securemed.bridge.scan.client-id=scanner");
        bridge.issuer().serve("/oauth2/authorize", ScannerPageIT::authorize);
        bridge.issuer().serve("/oauth2/token", ScannerPageIT::token);
    }

    @AfterAll
    static void stop() {
        bridge.close();
        records.close();
    }

    @Test
    void a_code_before_the_camera_is_read_after_log_in_and_a_replayed_one_is_refused() throws Exception {
        HttpResponse<String> shown = bridge.post(
                "/check-in-codes", access("Patient/elena", "patient"), "{\"audience\":\"%s\"}".formatted(HOSPITAL));
        byte[] png = JSON.readTree(shown.body()).path("png").binaryValue();
        try (CameraBrowser browser = new CameraBrowser(held(Disturbance.picture(png)));
                BrowserContext profile = browser.profile()) {
            Page page = profile.newPage();
            List<String> asked = new CopyOnWriteArrayList<>();
            List<String> trouble = new CopyOnWriteArrayList<>();
            page.onRequest(request -> asked.add(request.url()));
            page.onConsoleMessage(message -> trouble.add(message.text()));
            page.navigate(bridge.uri("/scanner").toString());
            page.locator("#log-in").click();

            assertThat(page.locator("#kind")).hasText("Check-in code");
            assertThat(page.locator("#facts")).containsText("Patient/elena");
            assertThat(page.locator("#facts")).containsText("Born");
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/screenshots/scanner-result.png")));
            assertThat(page.url()).isEqualTo(bridge.uri("/scanner").toString());
            assertThat(trouble).isEmpty();

            page.locator("#next").click();
            assertThat(page.locator("#notice")).containsText("was read before");
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/screenshots/scanner-replayed.png")));
            assertThat(page.locator("#facts")).not().containsText("Patient");
            assertThat(asked)
                    .allMatch(url -> url.startsWith(bridge.uri("/").toString())
                            || url.startsWith(bridge.issuer().url() + "/")
                            || url.startsWith(records.base() + "/")
                            || url.startsWith("blob:"));
        }
    }

    @Test
    void a_picture_may_be_chosen_where_nothing_is_before_the_camera() throws Exception {
        byte[] wristband =
                QrCode.of("]Q38018" + "950600010000000018", Recovery.M, 5).png(4);
        try (CameraBrowser browser = new CameraBrowser(held(new BufferedImage(10, 10, BufferedImage.TYPE_BYTE_GRAY)));
                BrowserContext profile = browser.profile()) {
            Page page = profile.newPage();
            page.navigate(bridge.uri("/scanner").toString());
            page.locator("#log-in").click();
            assertThat(page.locator("#camera")).isVisible();
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/screenshots/scanner-camera.png")));

            page.locator("#picture").setInputFiles(new FilePayload("wristband.png", "image/png", wristband));

            assertThat(page.locator("#kind")).hasText("GS1 code");
            assertThat(page.locator("#facts")).containsText("950600010000000018");
        }
    }

    @Test
    void the_page_runs_no_script_but_its_own_and_is_in_no_frame() {
        HttpResponse<String> page = bridge.get("/scanner");

        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValue("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' "
                        + bridge.issuer().url() + " " + records.base().replace("/fhir", "")
                        + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        assertThat(bridge.get("/scanner/scanner.html").statusCode()).isEqualTo(404);
        assertThat(bridge.get("/scanner/%2e%2e%2fsmart-card-bridge.yml").statusCode())
                .isGreaterThanOrEqualTo(400);
    }

    /** A code as it is held before a camera: smaller than the picture, and not quite straight. */
    private static BufferedImage held(BufferedImage code) {
        BufferedImage turned = Disturbance.rotated(code, 8);
        BufferedImage seen = new BufferedImage(640, 480, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = seen.createGraphics();
        graphics.setColor(java.awt.Color.LIGHT_GRAY);
        graphics.fillRect(0, 0, 640, 480);
        int side = Math.min(440, turned.getWidth());
        graphics.drawImage(turned, (640 - side) / 2, (480 - side) / 2, side, side, null);
        graphics.dispose();
        return seen;
    }

    private static String access(String user, String role) {
        return bridge.issuer()
                .token(
                        user,
                        role,
                        claims -> claims.audience(records.base())
                                .claim("fhirUser", records.base() + "/" + user)
                                .claim(
                                        "extensions",
                                        Map.of(
                                                "ihe_iua",
                                                Map.of(
                                                        "subject_organization_id",
                                                        HOSPITAL,
                                                        "subject_role",
                                                        List.of(Map.of(
                                                                "system",
                                                                "https://securemed.org/fhir/CodeSystem/role",
                                                                "code",
                                                                role))))));
    }

    /** Whoever asks is logged in as the nurse. */
    private static void authorize(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
            boolean good = "scanner".equals(query.get("client_id"))
                    && "S256".equals(query.get("code_challenge_method"))
                    && records.base().equals(query.get("aud"))
                    && bridge.uri("/scanner").toString().equals(query.get("redirect_uri"));
            if (good) {
                challenges.put(CODE, query.get("code_challenge"));
                exchange.getResponseHeaders()
                        .set("Location", query.get("redirect_uri") + "?code=" + CODE + "&state=" + query.get("state"));
            }
            exchange.sendResponseHeaders(good ? 302 : 400, -1);
        }
    }

    /** For the page, and for the bridge's own client. */
    private static void token(HttpExchange exchange) throws IOException {
        Map<String, String> form =
                form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII));
        boolean machine = "client_credentials".equals(form.get("grant_type"));
        String expected = form.containsKey("code") ? challenges.remove(form.get("code")) : null;
        boolean good = machine || expected != null && expected.equals(hash(form.getOrDefault("code_verifier", "")));
        String token = machine ? access("Device/bridge", "system") : access("Practitioner/nurse", "nurse");
        byte[] body = (good ? "{\"access_token\":\"" + token + "\",\"expires_in\":300}" : "{}")
                .getBytes(StandardCharsets.US_ASCII);
        exchange.getResponseHeaders().set("Access-Control-Allow-Origin", "*");
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(good ? 200 : 400, body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }

    private static Map<String, String> form(String text) {
        return Arrays.stream(text.split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
    }

    private static String hash(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
