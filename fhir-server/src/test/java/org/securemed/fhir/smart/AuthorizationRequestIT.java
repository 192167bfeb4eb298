package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

class AuthorizationRequestIT {
    private static final SmartServer server = SmartServer.shared();

    static Stream<Arguments> told_to_the_app() {
        return Stream.of(
                refused("PKCE is missing", "invalid_request", request -> request.remove("code_challenge")),
                refused("PKCE is plain", "invalid_request", request -> request.put("code_challenge_method", "plain")),
                refused(
                        "the PKCE method is missing",
                        "invalid_request",
                        request -> request.remove("code_challenge_method")),
                refused(
                        "the challenge is too short",
                        "invalid_request",
                        request -> request.put("code_challenge", "abc")),
                refused(
                        "the challenge is no base64url",
                        "invalid_request",
                        request -> request.put("code_challenge", "=".repeat(43))),
                refused("no scope is asked for", "invalid_scope", request -> request.remove("scope")),
                refused(
                        "another response type",
                        "unsupported_response_type",
                        request -> request.put("response_type", "token")),
                refused("no response type", "invalid_request", request -> request.remove("response_type")),
                refused("aud is missing", "invalid_request", request -> request.remove("aud")),
                refused(
                        "aud is another server",
                        "invalid_request",
                        request -> request.put("aud", "https://other.example/fhir")),
                refused("aud climbs", "invalid_request", request -> request.merge("aud", "/../fhir", String::concat)),
                refused("the scope is unknown", "invalid_scope", request -> request.put("scope", "everything")),
                refused(
                        "the scope is malformed",
                        "invalid_scope",
                        request -> request.put("scope", "patient/Patient.sr")),
                refused(
                        "the scope is more than registered",
                        "invalid_scope",
                        request -> request.put("scope", "system/*.rs")),
                refused("the state is oversize", "invalid_request", request -> request.put("state", "s".repeat(3000))),
                refused("the state holds a line end", "invalid_request", request -> request.put("state", "a\r\nb")),
                refused("the state holds a null", "invalid_request", request -> request.put("state", "a\0b")),
                refused("the state is no ASCII", "invalid_request", request -> request.put("state", "\ufffd")),
                refused("the nonce is oversize", "invalid_request", request -> request.put("nonce", "n".repeat(5000))),
                refused("a name is oversize", "invalid_request", request -> request.put("n".repeat(5000), "x")),
                refused("there are many", "invalid_request", request -> {
                    for (int i = 0; i < 60; i++) {
                        request.put("more" + i, "x");
                    }
                }),
                refused(
                        "resource is another server",
                        "invalid_request",
                        request -> request.put("resource", "https://other.example/fhir")),
                refused(
                        "a launch whose scope is not asked for",
                        "invalid_request",
                        request -> request.put("launch", "made-up")),
                refused(
                        "a request object",
                        "request_not_supported",
                        request -> request.put("request", "eyJhbGciOiJub25lIn0.e30.")),
                refused(
                        "another response mode",
                        "invalid_request",
                        request -> request.put("response_mode", "form_post")));
    }

    private static Arguments refused(String what, String error, Consumer<Map<String, String>> spoil) {
        return Arguments.of(what, error, spoil);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("told_to_the_app")
    void a_bad_request_is_told_to_the_app(String what, String error, Consumer<Map<String, String>> spoil) {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        spoil.accept(request);

        HttpResponse<String> answer = app.authorize(request);

        assertThat(answer.headers().firstValue("Location").orElse("")).as(what).startsWith(SmartApp.REDIRECT + "?");
        assertThat(SmartApp.parameter(answer, "error")).isEqualTo(error);
    }

    static Stream<Arguments> not_redirected() {
        return Stream.of(
                refused("the client is unknown", "", request -> request.put("client_id", "nobody")),
                refused("the client is missing", "", request -> request.remove("client_id")),
                refused("the address is missing", "", request -> request.remove("redirect_uri")),
                refused(
                        "the port is none",
                        "",
                        request -> request.put("redirect_uri", "http://127.0.0.1:{x}/callback")),
                refused(
                        "the port is too high",
                        "",
                        request -> request.put("redirect_uri", "http://127.0.0.1:70000/callback")),
                refused(
                        "another loopback address",
                        "",
                        request -> request.put("redirect_uri", "http://127.0.0.2:4711/callback")),
                refused(
                        "the address is not registered",
                        "",
                        request -> request.put("redirect_uri", "https://evil.example/callback")),
                refused(
                        "the address is longer",
                        "",
                        request -> request.put("redirect_uri", SmartApp.REDIRECT + "/more")),
                refused(
                        "the address has a query",
                        "",
                        request -> request.put("redirect_uri", SmartApp.REDIRECT + "?x=y")),
                refused(
                        "the address has a fragment",
                        "",
                        request -> request.put("redirect_uri", SmartApp.REDIRECT + "#f")),
                refused(
                        "the address has a user",
                        "",
                        request -> request.put("redirect_uri", "http://127.0.0.1@evil.example/callback")),
                refused("the address is a script", "", request -> request.put("redirect_uri", "javascript:alert(1)")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("not_redirected")
    void nothing_is_sent_to_an_address_that_is_not_registered(
            String what, String ignored, Consumer<Map<String, String>> spoil) {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        spoil.accept(request);

        HttpResponse<String> answer = app.authorize(request);

        assertThat(answer.statusCode()).as(what).isEqualTo(400);
        assertThat(answer.headers().firstValue("Location")).isEmpty();
        assertThat(answer.body()).doesNotContain("evil");
    }

    /** Asked by an app that is registered with these addresses. */
    private static HttpResponse<String> from(String registered, String address) {
        String id = "app-" + java.util.UUID.randomUUID();
        RegisteredClient demo = server.bean(Clients.class).findByClientId(DemoClients.APP);
        server.bean(Clients.class)
                .save(RegisteredClient.from(java.util.Objects.requireNonNull(demo))
                        .id(id)
                        .clientId(id)
                        .redirectUris(uris -> {
                            uris.clear();
                            uris.add(registered);
                        })
                        .build());
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        request.putAll(Map.of("client_id", id, "redirect_uri", address, "state", ""));
        // Not this server, so that the app is told if it is one.
        request.put("aud", "https://other.example/fhir");
        return app.authorize(request);
    }

    @Test
    void an_address_counts_letter_by_letter_and_any_port_only_where_none_is_registered() {
        String site = "https://app.example/callback";
        String fixed = "http://127.0.0.1:4711/callback";
        String free = "http://127.0.0.1/callback";
        for (String[] good : new String[][] {
            {site, site}, {fixed, fixed}, {free, free}, {free, fixed}, {"http://[::1]/", "http://[::1]:8000/"}
        }) {
            assertThat(SmartApp.parameter(from(good[0], good[1]), "error")).isEqualTo("invalid_request");
        }
        for (String[] bad : new String[][] {
            {site, site + "/"},
            {site, site + "?x"},
            {site, "https://app.example:443/callback"},
            {site, "https://APP.example/callback"},
            {site, "http://app.example/callback"},
            {site, "https://app.example/x/../callback"},
            {fixed, "http://127.0.0.1:4712/callback"},
            {fixed, free},
            {free, "http://localhost:4711/callback"},
            {free, "http://127.0.0.1:4711/callback/"},
            {free, "http://127.0.0.1:04711/callback"},
            {free, "http://127.0.0.1:/callback"},
            {free, "http://127.0.0.1:4711@evil.example/callback"}
        }) {
            HttpResponse<String> answer = from(bad[0], bad[1]);
            assertThat(answer.statusCode()).as(String.join(" ", bad)).isEqualTo(400);
            assertThat(answer.headers().firstValue("Location")).isEmpty();
        }
    }

    @Test
    void an_app_may_name_this_server_as_a_resource_instead() {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        request.remove("aud");
        request.put("resource", server.fhirBase());

        assertThat(app.exchange(app.code("patient", request)).statusCode()).isEqualTo(200);
    }

    @Test
    void endpoints_of_clients_take_nothing_but_post() {
        for (String path : new String[] {"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"}) {
            for (String method : new String[] {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
                HttpResponse<String> answer = new Http()
                        .send(java.net.http.HttpRequest.newBuilder(server.at(path + "?token=x&grant_type=x"))
                                .method(method, java.net.http.HttpRequest.BodyPublishers.noBody()));
                assertThat(answer.statusCode()).as(method + " " + path).isEqualTo(405);
                assertThat(answer.headers().firstValue("Allow")).hasValue("POST");
            }
        }
    }

    @Test
    void another_response_type_is_not_told_to_an_address_that_is_not_registered() {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        request.putAll(Map.of("response_type", "token", "redirect_uri", "https://evil.example/callback"));
        HttpResponse<String> answer = app.authorize(request);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Location")).isEmpty();
    }

    /** RFC 6749 section 5.2, RFC 7662 section 2.3, RFC 7009 section 2.2.1. */
    static Stream<Arguments> unproven() {
        String app = DemoClients.APP;
        String machine = DemoClients.BACKEND;
        String secret = DemoClients.BACKEND + DemoClients.SECRET_SUFFIX;
        return Stream.of(
                Arguments.of("nothing", "/oauth2/token", Map.of(), "", 400, "invalid_request"),
                Arguments.of(
                        "no client",
                        "/oauth2/token",
                        Map.of("grant_type", "authorization_code", "code", "x"),
                        "",
                        401,
                        "invalid_client"),
                Arguments.of(
                        "an unknown grant",
                        "/oauth2/token",
                        Map.of("grant_type", "password", "client_id", app),
                        "",
                        400,
                        "unsupported_grant_type"),
                Arguments.of(
                        "no verifier",
                        "/oauth2/token",
                        Map.of("grant_type", "authorization_code", "code", "x", "client_id", app),
                        "",
                        400,
                        "invalid_request"),
                Arguments.of(
                        "a public app as a machine",
                        "/oauth2/token",
                        Map.of("grant_type", "client_credentials", "client_id", app),
                        "",
                        400,
                        "unauthorized_client"),
                Arguments.of(
                        "a machine without a proof",
                        "/oauth2/token",
                        Map.of("grant_type", "client_credentials", "client_id", machine),
                        "",
                        401,
                        "invalid_client"),
                Arguments.of(
                        "a secret twice",
                        "/oauth2/token",
                        Map.of("grant_type", "client_credentials", "client_id", machine, "client_secret", secret),
                        SmartApp.basic(machine, secret),
                        400,
                        "invalid_request"),
                Arguments.of(
                        "a machine that names itself and refreshes",
                        "/oauth2/token",
                        Map.of("grant_type", "refresh_token", "refresh_token", "x", "client_id", machine),
                        "",
                        401,
                        "invalid_client"),
                Arguments.of(
                        "a machine that names itself and revokes",
                        "/oauth2/revoke",
                        Map.of("token", "x", "client_id", machine),
                        "",
                        401,
                        "invalid_client"),
                Arguments.of("nobody asks", "/oauth2/introspect", Map.of("token", "x"), "", 401, "invalid_client"),
                Arguments.of("nobody revokes", "/oauth2/revoke", Map.of("token", "x"), "", 401, "invalid_client"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unproven")
    void a_client_that_has_not_proved_itself_reads_oauths_error(
            String what, String path, Map<String, String> form, String header, int status, String error) {
        int before = server.bean(SmartServer.Events.class).recorded.size();
        HttpResponse<String> answer = header.isEmpty()
                ? new Http().post(server.at(path), form)
                : new Http().post(server.at(path), form, "Authorization", header);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(SmartApp.json(answer).path("error").asText()).isEqualTo(error);
        assertThat(answer.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        assertThat(server.bean(SmartServer.Events.class).recorded)
                .as("it is recorded")
                .hasSizeGreaterThan(before);
    }

    @Test
    void a_token_request_that_is_no_form_is_an_invalid_request() {
        HttpResponse<String> answer = new Http()
                .send(
                        java.net.http.HttpRequest.newBuilder(server.at("/oauth2/token"))
                                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}")),
                        "Content-Type",
                        "application/json");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(SmartApp.json(answer).path("error").asText()).isEqualTo("invalid_request");
    }

    @Test
    void parameters_sent_twice_are_refused() {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        for (String name : new String[] {
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "aud",
            "nonce",
            "code_challenge_method",
            "max_age",
            "prompt",
            "resource",
            "launch",
            "anything"
        }) {
            HttpResponse<String> answer = app.browser.get(
                    server.at("/oauth2/authorize?" + Http.form(request) + ("&" + name + "=x").repeat(2)),
                    "Accept",
                    "text/html");
            boolean toldToApp = answer.statusCode() == 302
                    && answer.headers().firstValue("Location").orElse("").contains("error=invalid_request");
            assertThat(answer.statusCode() == 400 || toldToApp).as(name).isTrue();
        }
    }

    @Test
    void a_request_may_also_be_posted() {
        SmartApp app = new SmartApp(server);
        app.logIn("patient", "patient-password");

        HttpResponse<String> answer =
                app.allow(app.browser.post(server.at("/oauth2/authorize"), app.request("launch/patient patient/*.rs")));

        assertThat(app.exchange(SmartApp.parameter(answer, "code")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_granular_scope_is_granted_as_it_was_asked() {
        SmartApp app = new SmartApp(server);
        String scope = "launch/patient patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/"
                + "observation-category|laboratory";

        String token = SmartApp.json(app.exchange(app.code("patient", app.request(scope))))
                .path("access_token")
                .asText();

        assertThat(SmartApp.claims(token).path("scope").asText().split(" "))
                .containsExactlyInAnyOrder(scope.split(" "));
    }

    @Test
    void the_token_answer_names_scope_patient_and_end_and_is_not_kept() {
        SmartApp app = new SmartApp(server);

        HttpResponse<String> answer = app.exchange(app.code("patient", app.request("launch/patient patient/*.rs")));

        assertThat(SmartApp.json(answer).path("token_type").asText()).isEqualTo("Bearer");
        assertThat(SmartApp.json(answer).path("scope").asText().split(" "))
                .containsExactlyInAnyOrder("launch/patient", "patient/*.rs");
        assertThat(SmartApp.json(answer).path("patient").asText()).isEqualTo("patient");
        assertThat(SmartApp.json(answer).path("expires_in").asInt()).isBetween(1, 3600);
        assertThat(answer.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        assertThat(answer.headers().firstValue("Pragma")).hasValue("no-cache");
    }

    @Test
    void a_code_needs_its_verifier_its_client_and_its_address() {
        SmartApp app = new SmartApp(server);
        Map<String, String> good = Map.of(
                "grant_type", "authorization_code",
                "redirect_uri", SmartApp.REDIRECT,
                "client_id", DemoClients.APP,
                "code_verifier", SmartApp.VERIFIER);
        Map<String, String> spoiled = Map.of(
                "code_verifier", "another-verifier-of-at-least-forty-three-characters-0",
                "redirect_uri", "http://127.0.0.1:4712/callback",
                "client_id", DemoClients.BACKEND);
        spoiled.forEach((name, value) -> {
            Map<String, String> form = new java.util.HashMap<>(good);
            form.put(name, value);
            form.put("code", app.code("patient", app.request("patient/*.rs")));
            assertThat(app.token(form).statusCode()).as(name).isBetween(400, 401);
        });
        Map<String, String> form = new java.util.HashMap<>(good);
        form.remove("code_verifier");
        form.put("code", app.code("patient", app.request("patient/*.rs")));
        assertThat(app.token(form).statusCode()).isBetween(400, 401);
    }
}
