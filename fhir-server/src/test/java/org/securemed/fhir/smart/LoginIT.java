package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoginIT {
    @Test
    void the_page_has_a_strict_policy_and_its_cookie_is_out_of_reach_of_scripts() {
        HttpResponse<String> page = new Http().get(SmartServer.shared().at("/login"));

        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .contains("script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(page.body())
                .doesNotContain("<script>")
                .doesNotContain("style=")
                .doesNotContain("onclick=");
        assertThat(page.headers().allValues("Set-Cookie"))
                .isNotEmpty()
                .allMatch(cookie -> cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    }

    @Test
    void a_form_without_its_csrf_token_is_refused() {
        SmartServer server = SmartServer.shared();
        Http http = new Http();
        http.get(server.at("/login"));

        HttpResponse<String> answer = http.post(
                server.at("/login"), Map.of("username", "patient", "password", "patient-password", "_csrf", "x"));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("csrf");
    }

    @Test
    void where_the_server_is_at_https_its_cookies_are_secure() {
        try (SmartServer server = SmartServer.start(
                SmartServer.emptyDatabase(),
                Clock.systemUTC(),
                Map.of(),
                SmartServer.freePort(),
                URI.create("https://securemed.example"))) {
            assertThat(new Http()
                            .get(URI.create("http://127.0.0.1:" + server.port() + "/login"))
                            .headers()
                            .allValues("Set-Cookie"))
                    .isNotEmpty()
                    .allMatch(cookie -> cookie.contains("; Secure"));
        }
    }

    @Test
    void the_session_changes_its_name_at_log_in() {
        SmartApp app = new SmartApp(SmartServer.shared());
        HttpResponse<String> in = app.logIn("patient", "patient-password");

        assertThat(in.headers().firstValue("Set-Cookie").orElse("")).contains("session=");
    }

    @Test
    void guessing_is_stopped_for_the_name_and_address_and_allowed_again_after_a_while() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = SmartServer.start(SmartServer.emptyDatabase(), clock, Map.of())) {
            SmartApp app = new SmartApp(server);
            for (int i = 0; i < LoginThrottle.NAME_AND_ADDRESS; i++) {
                assertThat(target(app.logIn("patient", "guess" + i))).endsWith("/login?failed");
            }

            // Even the right password is no use now, and a name that does not exist behaves alike.
            assertThat(target(app.logIn("patient", "patient-password"))).endsWith("/login?wait");
            assertThat(app.browser.get(server.at("/login?wait")).statusCode()).isEqualTo(429);
            assertThat(target(app.logIn("nurse", "nurse-password"))).doesNotContain("login");
            for (int i = 0; i < LoginThrottle.NAME_AND_ADDRESS; i++) {
                assertThat(target(app.logIn("nobody", "guess" + i))).endsWith("/login?failed");
            }
            assertThat(target(app.logIn("nobody", "guess"))).endsWith("/login?wait");

            clock.move(LoginThrottle.WINDOW.plus(Duration.ofSeconds(1)));
            assertThat(target(app.logIn("patient", "patient-password"))).doesNotContain("login");
        }
    }

    @Test
    void hostile_names_and_passwords_only_fail() {
        SmartApp app = new SmartApp(SmartServer.shared());
        for (String name : new String[] {"' or 1=1 --", "a\u0000b", "x".repeat(5000), "%00", "пациент"}) {
            assertThat(target(app.logIn(name, "y".repeat(5000)))).endsWith("/login?failed");
        }
    }

    private static String target(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElseThrow();
    }

    @Test
    void people_who_come_in_are_not_counted_however_many_share_a_name_or_an_address() {
        for (int i = 0; i < 60; i++) {
            SmartApp app = new SmartApp(SmartServer.shared());
            app.logIn("nurse", "nurse-password");
            assertThat(app.authorize(app.request("user/*.rs"))
                            .headers()
                            .firstValue("Location")
                            .orElse(""))
                    .as("log-in %d", i)
                    .contains("/oauth2/consent");
        }
    }
}
