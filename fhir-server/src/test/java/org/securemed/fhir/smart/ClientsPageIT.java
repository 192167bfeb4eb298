package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/** Administrators register apps and machines, and let one in no more. */
class ClientsPageIT {
    private static final SmartServer server = SmartServer.shared();
    private static final Pattern CODE = Pattern.compile("<code>([^<]+)</code>");

    private final SmartApp admin = new SmartApp(server);

    private static Map<String, String> form(String kind) {
        return new HashMap<>(Map.of(
                "name", "Growth <b>chart</b>",
                "publisher", "Example Ltd",
                "kind", kind,
                "redirectUris", kind.equals("backend") ? "" : SmartApp.REDIRECT,
                "scopes",
                        kind.equals("backend") ? "system/Observation.rs" : "launch/patient patient/*.rs offline_access",
                "jwksUri", kind.equals("backend") ? "https://machine.example/jwks" : "",
                "role", kind.equals("backend") ? "system" : "",
                "purposes", kind.equals("backend") ? "HOPERAT" : ""));
    }

    private HttpResponse<String> post(String path, Map<String, String> form) {
        String csrf =
                SmartApp.csrf(admin.browser.get(server.at(ClientsPage.PATH)).body());
        Map<String, String> all = new HashMap<>(form);
        all.put("_csrf", csrf);
        return admin.browser.post(server.at(path), all);
    }

    private static List<String> codes(HttpResponse<String> page) {
        return CODE.matcher(page.body().substring(0, page.body().indexOf("<h2>")))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private HttpResponse<String> registered(Map<String, String> form) {
        HttpResponse<String> page = post(ClientsPage.PATH, form);
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        return page;
    }

    @Test
    void only_administrators_find_the_page() {
        assertThat(admin.browser
                        .get(server.at(ClientsPage.PATH))
                        .headers()
                        .firstValue("Location")
                        .orElse(""))
                .endsWith("/login");
        for (String user : List.of("physician", "patient", "compliance")) {
            SmartApp other = new SmartApp(server);
            other.logIn(user, user + "-password");
            assertThat(other.browser.get(server.at(ClientsPage.PATH)).statusCode())
                    .as(user)
                    .isEqualTo(404);
            String csrf = SmartApp.csrf(other.browser.get(server.at("/login")).body());
            Map<String, String> form = form("public");
            form.put("_csrf", csrf);
            assertThat(other.browser.post(server.at(ClientsPage.PATH), form).statusCode())
                    .isEqualTo(404);
            assertThat(other.browser
                            .post(
                                    server.at(ClientsPage.STATE),
                                    Map.of("client", DemoClients.APP, "enabled", "false", "_csrf", csrf))
                            .statusCode())
                    .isEqualTo(404);
        }
        assertThat(server.bean(Clients.class).findByClientId(DemoClients.APP)).isNotNull();
    }

    @Test
    void an_app_is_registered_works_and_is_let_in_no_more() {
        admin.logIn("administrator", "administrator-password");
        HttpResponse<String> page = registered(form("public"));
        assertThat(page.body()).contains("Growth &lt;b&gt;chart&lt;/b&gt;").doesNotContain("<b>chart");
        assertThat(page.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        String id = codes(page).get(0);
        assertThat(codes(page)).as("a public app has no secret").hasSize(1);

        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs offline_access");
        request.put("client_id", id);
        Map<String, String> exchange = new HashMap<>(Map.of(
                "grant_type",
                "authorization_code",
                "code",
                app.code("patient", request),
                "redirect_uri",
                SmartApp.REDIRECT,
                "client_id",
                id,
                "code_verifier",
                SmartApp.VERIFIER));
        var tokens = SmartApp.json(app.token(exchange));
        String access = tokens.path("access_token").asText();
        Map<String, String> refresh = Map.of(
                "grant_type",
                "refresh_token",
                "refresh_token",
                tokens.path("refresh_token").asText(),
                "client_id",
                id);
        assertThat(app.fhir(access).statusCode()).isEqualTo(200);

        assertThat(post(ClientsPage.STATE, Map.of("client", id, "enabled", "false"))
                        .statusCode())
                .isEqualTo(302);

        assertThat(app.fhir(access).statusCode()).isEqualTo(401);
        assertThat(SmartApp.json(app.token(refresh)).path("error").asText()).isEqualTo("invalid_client");
        assertThat(app.authorize(request).statusCode()).isEqualTo(400);
        assertThat(app.browser.get(server.at("/account/apps")).statusCode()).isEqualTo(200);

        post(ClientsPage.STATE, Map.of("client", id, "enabled", "true"));
        assertThat(app.fhir(access).statusCode())
                .as("what has ended stays ended")
                .isEqualTo(401);
        assertThat(app.token(refresh).statusCode()).isEqualTo(200);
        assertThat(server.bean(SmartServer.Events.class).recorded)
                .filteredOn(event -> event.kind() == SecurityEvent.Kind.ADMINISTRATION)
                .filteredOn(event -> String.valueOf(event.note()).contains(id))
                .extracting(SecurityEvent::note)
                .containsExactly(
                        "client: register " + id + " (public)", "client: let in no more " + id, "client: let in " + id);
    }

    @Test
    void a_secret_is_shown_once_and_proves_the_app() {
        admin.logIn("administrator", "administrator-password");
        HttpResponse<String> page = registered(form("secret"));
        List<String> codes = codes(page);
        assertThat(codes).hasSize(2);
        assertThat(admin.browser.get(server.at(ClientsPage.PATH)).body())
                .contains(codes.get(0))
                .doesNotContain(codes.get(1));
        assertThat(new org.springframework.jdbc.core.JdbcTemplate(server.bean(javax.sql.DataSource.class))
                        .queryForObject(
                                "select client_secret from smart.oauth2_registered_client where client_id = ?",
                                String.class,
                                codes.get(0)))
                .startsWith("{bcrypt}");
        for (String[] proof : new String[][] {{codes.get(1), "invalid_grant"}, {"wrong", "invalid_client"}}) {
            assertThat(SmartApp.json(admin.token(
                                    Map.of(
                                            "grant_type",
                                            "authorization_code",
                                            "code",
                                            "x",
                                            "redirect_uri",
                                            SmartApp.REDIRECT,
                                            "code_verifier",
                                            SmartApp.VERIFIER),
                                    "Authorization",
                                    SmartApp.basic(codes.get(0), proof[0])))
                            .path("error")
                            .asText())
                    .isEqualTo(proof[1]);
        }
    }

    @Test
    void what_may_not_be_registered_is_refused_and_nothing_is_stored() {
        admin.logIn("administrator", "administrator-password");
        int before = server.bean(ClientRegistry.class).all().size();
        for (String[] spoiled : new String[][] {
            {"public", "name", ""},
            {"public", "name", "x".repeat(101)},
            {"public", "kind", "root"},
            {"public", "redirectUris", ""},
            {"public", "redirectUris", "http://evil.example/callback"},
            {"public", "redirectUris", "https://good.example/callback#fragment"},
            {"public", "redirectUris", "https://user@good.example/callback"},
            {"public", "redirectUris", "https://good.example/a,https://evil.example/b"},
            {"public", "redirectUris", "javascript:alert(1)"},
            {"public", "redirectUris", "/callback"},
            {"public", "scopes", "system/*.rs"},
            {"public", "scopes", "patient/Patient.sr"},
            {"public", "scopes", "patient/Observation.rs?date=gt2020"},
            {"public", "scopes", ""},
            {"key", "jwks", "{}"},
            {"key", "jwks", "rubbish"},
            {"key", "jwksUri", "http://machine.example/jwks"},
            {"backend", "jwksUri", ""},
            {"backend", "role", "administrator"},
            {"backend", "scopes", "patient/*.rs"},
            {"backend", "redirectUris", "https://good.example/callback"},
            {"backend", "purposes", "<script>"}
        }) {
            Map<String, String> form = form(spoiled[0]);
            form.put(spoiled[1], spoiled[2]);
            HttpResponse<String> answer = post(ClientsPage.PATH, form);
            assertThat(answer.statusCode()).as(String.join(" ", spoiled)).isEqualTo(422);
            assertThat(answer.body()).contains("role=\"alert\"").doesNotContain("<script");
        }
        assertThat(post(ClientsPage.STATE, Map.of("client", "nobody", "enabled", "false"))
                        .statusCode())
                .isEqualTo(404);
        assertThat(server.bean(ClientRegistry.class).all()).hasSize(before);
    }

    @Test
    void nothing_is_registered_that_is_not_recorded() {
        admin.logIn("administrator", "administrator-password");
        int before = server.bean(ClientRegistry.class).all().size();
        String csrf =
                SmartApp.csrf(admin.browser.get(server.at(ClientsPage.PATH)).body());
        Map<String, String> form = form("backend");
        form.put("_csrf", csrf);
        SmartServer.Events events = server.bean(SmartServer.Events.class);
        events.broken = true;
        try {
            assertThat(admin.browser.post(server.at(ClientsPage.PATH), form).statusCode())
                    .isEqualTo(503);
            assertThat(admin.browser
                            .post(
                                    server.at(ClientsPage.STATE),
                                    Map.of("client", DemoClients.RESEARCH, "enabled", "false", "_csrf", csrf))
                            .statusCode())
                    .isEqualTo(503);
        } finally {
            events.broken = false;
        }
        assertThat(server.bean(ClientRegistry.class).all()).hasSize(before);
        assertThat(server.bean(Clients.class).findByClientId(DemoClients.RESEARCH))
                .isNotNull();
        assertThat(admin.browser
                        .post(server.at(ClientsPage.PATH), form("backend"))
                        .statusCode())
                .as("without its CSRF token")
                .isEqualTo(403);
    }

    private static RegisteredClient client(HttpResponse<String> page) {
        return Objects.requireNonNull(
                server.bean(Clients.class).findByClientId(codes(page).get(0)));
    }

    @Test
    void a_machines_tokens_last_five_minutes_and_nobody_is_verified_by_themselves() {
        admin.logIn("administrator", "administrator-password");
        assertThat(client(registered(form("backend"))).getTokenSettings().getAccessTokenTimeToLive())
                .isLessThanOrEqualTo(Duration.ofMinutes(5));
        Map<String, String> form = form("public");
        assertThat(Clients.setting(client(registered(form)), Clients.Setting.VERIFIED))
                .isNull();
        form.put("verified", "yes");
        assertThat(Clients.setting(client(registered(form)), Clients.Setting.VERIFIED))
                .isNotNull();
    }

    @Test
    void apps_of_every_kind_need_a_challenge() {
        admin.logIn("administrator", "administrator-password");
        for (String kind : List.of("public", "secret", "key")) {
            Map<String, String> form = form(kind);
            if (kind.equals("key")) {
                form.put("jwksUri", "https://machine.example/jwks");
            }
            SmartApp app = new SmartApp(server);
            Map<String, String> request = app.request("launch/patient patient/*.rs");
            request.put("client_id", codes(registered(form)).get(0));
            request.remove("code_challenge");
            request.remove("code_challenge_method");
            assertThat(SmartApp.parameter(app.authorize(request), "error"))
                    .as(kind)
                    .isEqualTo("invalid_request");
        }
    }

    @Test
    void a_password_alone_administers_nothing() {
        int port = SmartServer.freePort();
        try (SmartServer strict = SmartServer.start(
                SmartServer.emptyDatabase(),
                Clock.systemUTC(),
                Map.of("securemed.smart.strong-log-ins", "passkey,card", "securemed.smart.step-up-age", "10m"),
                port,
                URI.create("http://localhost:" + port))) {
            SmartApp weak = new SmartApp(strict);
            weak.logIn("administrator", "administrator-password");
            assertThat(weak.browser
                            .get(strict.at(ClientsPage.PATH))
                            .headers()
                            .firstValue("Location")
                            .orElse(""))
                    .endsWith("/login?strong");
            Map<String, String> form = form("public");
            form.put(
                    "_csrf", SmartApp.csrf(weak.browser.get(strict.at("/login")).body()));
            HttpResponse<String> answer = weak.browser.post(strict.at(ClientsPage.PATH), form);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).contains("step-up-required");
            assertThat(strict.bean(ClientRegistry.class).all())
                    .noneMatch(one -> one.name().startsWith("Growth"));
            String csrf = SmartApp.csrf(weak.browser.get(strict.at("/login")).body());
            for (String path : List.of(AccountsPage.PATH, AccountsPage.STATE, AccountsPage.RESET, ClientsPage.STATE)) {
                Map<String, String> act = new HashMap<>(Map.of(
                        "username", "intruder",
                        "displayName", "Intruder",
                        "roles", "administrator",
                        "account", "patient",
                        "client", DemoClients.APP,
                        "enabled", "false",
                        "_csrf", csrf));
                assertThat(weak.browser.post(strict.at(path), act).statusCode())
                        .as(path)
                        .isEqualTo(401);
            }
            assertThat(strict.bean(Accounts.class).find("intruder")).isEmpty();
            assertThat(strict.bean(Accounts.class).find("patient").orElseThrow().enabled())
                    .isTrue();
            assertThat(strict.bean(Clients.class).findByClientId(DemoClients.APP))
                    .isNotNull();
        }
    }
}
