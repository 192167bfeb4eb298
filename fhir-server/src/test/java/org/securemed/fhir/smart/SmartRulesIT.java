package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Rules of SMART App Launch 2.2 that no other class is about. */
class SmartRulesIT {
    private static final SmartServer server = SmartServer.shared();

    private final SmartApp app = new SmartApp(server);

    @Test
    void the_id_token_is_signed_by_a_published_key_and_names_the_user() throws Exception {
        Map<String, String> request = app.request("openid fhirUser profile launch/patient patient/*.rs");
        request.put("nonce", "n-1");
        JsonNode tokens = SmartApp.json(app.exchange(app.code("patient", request)));
        SignedJWT id = SignedJWT.parse(tokens.path("id_token").asText());
        String published = app.browser.get(server.at("/oauth2/jwks")).body();
        assertThat(JWKSet.parse(published).getKeys())
                .allSatisfy(key -> assertThat(key.isPrivate()).isFalse());
        RSAKey key =
                (RSAKey) JWKSet.parse(published).getKeyByKeyId(id.getHeader().getKeyID());
        assertThat(id.getHeader().getAlgorithm().getName()).isEqualTo("RS256");
        assertThat(id.verify(new RSASSAVerifier(key))).isTrue();
        assertThat(id.getJWTClaimsSet().getIssuer()).isEqualTo(server.at("").toString());
        assertThat(id.getJWTClaimsSet().getAudience()).containsExactly(DemoClients.APP);
        assertThat(id.getJWTClaimsSet().getClaims())
                .containsEntry("nonce", "n-1")
                .containsEntry("fhirUser", server.fhirBase() + "/Patient/patient")
                .containsEntry("acr", LogIn.Method.PASSWORD.acr());

        JsonNode openId = SmartApp.json(app.browser.get(server.at("/.well-known/openid-configuration")));
        JsonNode smart = SmartApp.json(app.browser.get(server.at(SmartDiscovery.PATH)));
        for (String name : List.of("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint")) {
            assertThat(smart.path(name)).as(name).isEqualTo(openId.path(name));
        }
        for (String name : List.of("introspection_endpoint", "revocation_endpoint", "management_endpoint")) {
            assertThat(smart.path(name).asText())
                    .as(name)
                    .startsWith(server.at("").toString());
        }
        assertThat(smart.path("code_challenge_methods_supported")).hasSize(1);
        // An app without openid gets none.
        assertThat(SmartApp.json(app.exchange(app.code("patient", app.request("launch/patient patient/*.rs"))))
                        .has("id_token"))
                .isFalse();
    }

    @Test
    void every_scope_that_discovery_names_is_granted() {
        JsonNode smart = SmartApp.json(app.browser.get(server.at(SmartDiscovery.PATH)));
        for (JsonNode scope : smart.path("scopes_supported")) {
            String text = scope.asText();
            if (text.startsWith("system/") || text.equals("launch")) {
                continue;
            }
            String all = text.equals("fhirUser") || text.equals("profile") ? "openid " + text : text;
            JsonNode tokens =
                    SmartApp.json(app.exchange(app.code("patient", app.request(all + " patient/Patient.rs"))));
            assertThat(List.of(tokens.path("scope").asText().split(" ")))
                    .as(tokens.toString())
                    .contains(text.equals("patient/*.cruds") ? "patient/Patient.rs" : text);
        }
    }

    @Test
    void scopes_of_version_1_are_answered_in_version_1() {
        JsonNode tokens = SmartApp.json(
                app.exchange(app.code("patient", app.request("launch/patient patient/Observation.read"))));
        assertThat(List.of(tokens.path("scope").asText().split(" "))).contains("patient/Observation.read");
    }

    @Test
    void a_code_that_is_too_old_is_refused() {
        String code = app.code("patient", app.request("launch/patient patient/*.rs"));
        int rows = new JdbcTemplate(server.bean(DataSource.class))
                .update(
                        "update smart.oauth2_authorization set authorization_code_issued_at = now() - interval '2 minutes',"
                                + " authorization_code_expires_at = now() - interval '1 second'"
                                + " where authorization_code_value = ?",
                        TokenHash.of(code));
        assertThat(rows).isEqualTo(1);
        HttpResponse<String> answer = app.exchange(code);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(SmartApp.json(answer).path("error").asText()).isEqualTo("invalid_grant");
        assertThat(server.bean(SmartProperties.class).authorizationCodeLifetime())
                .hasMinutes(1);
        String another = app.code("patient", app.request("launch/patient patient/*.rs"));
        assertThat(JdbcClient.create(server.bean(DataSource.class))
                        .sql("select extract(epoch from authorization_code_expires_at - authorization_code_issued_at)"
                                + " from smart.oauth2_authorization where authorization_code_value = ?")
                        .param(TokenHash.of(another))
                        .query(Double.class)
                        .single())
                .isEqualTo(60.0);
    }

    @Test
    void oversize_parameters_of_the_token_endpoint_are_refused_and_leave_nothing() {
        String large = "x".repeat(20_000);
        int before = rows();
        for (String name :
                List.of("code", "refresh_token", "client_id", "code_verifier", "client_assertion", "scope")) {
            Map<String, String> form = new java.util.HashMap<>(Map.of(
                    "grant_type",
                    name.equals("refresh_token") ? "refresh_token" : "authorization_code",
                    "code",
                    "x",
                    "refresh_token",
                    "x",
                    "redirect_uri",
                    SmartApp.REDIRECT,
                    "client_id",
                    DemoClients.APP,
                    "code_verifier",
                    SmartApp.VERIFIER));
            if (name.equals("client_assertion")) {
                form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            }
            form.put(name, large);
            HttpResponse<String> answer = app.token(form);
            assertThat(answer.statusCode()).as(name).isBetween(400, 401);
            assertThat(SmartApp.json(answer).path("error").asText())
                    .as(name)
                    .isIn("invalid_request", "invalid_grant", "invalid_client");
            assertThat(answer.body()).doesNotContain("xxxx");
        }
        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void parameters_of_the_token_endpoint_sent_twice_are_refused() {
        for (String name :
                List.of("grant_type", "code", "redirect_uri", "client_id", "code_verifier", "scope", "anything")) {
            String form = Http.form(Map.of(
                            "grant_type", "authorization_code",
                            "code", app.code("patient", app.request("launch/patient patient/*.rs")),
                            "redirect_uri", SmartApp.REDIRECT,
                            "client_id", DemoClients.APP,
                            "code_verifier", SmartApp.VERIFIER))
                    + ("&" + name + "=x").repeat(2);
            HttpResponse<String> answer = app.browser.send(HttpRequest.newBuilder(server.at("/oauth2/token"))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form)));
            assertThat(answer.statusCode()).as(name).isBetween(400, 401);
            assertThat(answer.body()).as(name).doesNotContain("access_token");
        }
    }

    private static int rows() {
        return JdbcClient.create(server.bean(DataSource.class))
                .sql("select count(*) from smart.oauth2_authorization")
                .query(Integer.class)
                .single();
    }

    @Test
    void an_ehr_opens_a_launch_with_the_token_of_who_is_at_work() {
        TokenMint mint = server.bean(TokenMint.class);
        String body = "{\"client_id\":\"demo-app\",\"patient\":\"bob\",\"encounter\":\"visit1\",\"intent\":\"review\"}";
        HttpResponse<String> opened = open(mint.forPerson("physician", "user/Patient.rs"), body);
        assertThat(opened.statusCode()).as(opened.body()).isEqualTo(201);
        assertThat(opened.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        assertThat(SmartApp.json(opened).path("iss").asText()).isEqualTo(server.fhirBase());
        Map<String, String> request = app.request("launch patient/*.rs");
        request.put("launch", SmartApp.json(opened).path("launch").asText());
        JsonNode tokens = SmartApp.json(app.exchange(app.code("physician", request)));
        assertThat(tokens.path("patient").asText()).isEqualTo("bob");
        assertThat(tokens.path("intent").asText()).isEqualTo("review");

        String machine = mint.forClient(DemoClients.BACKEND, "system/*.rs");
        assertThat(open(machine, body.replace("{", "{\"username\":\"physician\","))
                        .statusCode())
                .isEqualTo(201);
        assertThat(open(machine, body).statusCode()).as("for whom?").isEqualTo(400);
    }

    @Test
    void a_launch_is_used_once_and_within_five_minutes() {
        LaunchContexts launches = server.bean(LaunchContexts.class);
        String once = launches.open(DemoClients.APP, "physician", LaunchContext.NONE);
        assertThat(launches.take(once)).as("before it is used").isEmpty();
        assertThat(launches.use(once, DemoClients.APP, "physician")).isTrue();
        assertThat(launches.use(once, DemoClients.APP, "physician")).isFalse();
        assertThat(launches.take(once)).isPresent();
        assertThat(launches.take(once)).isEmpty();

        String late = launches.open(DemoClients.APP, "physician", LaunchContext.NONE);
        JdbcTemplate database = new JdbcTemplate(server.bean(DataSource.class));
        assertThat(database.queryForObject(
                        "select extract(epoch from until - now()) from smart.launch_context where id_hash = ?",
                        Double.class,
                        TokenHash.of(late)))
                .isBetween(240.0, 300.0);
        database.update(
                "update smart.launch_context set until = now() - interval '1 second' where id_hash = ?",
                TokenHash.of(late));
        assertThat(launches.use(late, DemoClients.APP, "physician")).isFalse();
    }

    @Test
    void a_launch_is_answered_in_json_whatever_is_asked() {
        String token = server.bean(TokenMint.class).forPerson("physician", "user/Patient.rs");
        for (String accept : List.of("text/html", "image/png", "nonsense")) {
            HttpResponse<String> answer = app.browser.send(HttpRequest.newBuilder(server.at(LaunchController.PATH))
                    .header("Authorization", Http.bearer(token))
                    .header("Content-Type", "application/json")
                    .header("Accept", accept)
                    .POST(HttpRequest.BodyPublishers.ofString("{\"client_id\":\"demo-app\"}")));
            assertThat(answer.statusCode()).as(accept).isEqualTo(201);
            assertThat(SmartApp.json(answer).path("launch").asText()).isNotBlank();
        }
    }

    @Test
    void nobody_opens_a_launch_for_others_or_into_a_record_that_they_may_not_open() {
        TokenMint mint = server.bean(TokenMint.class);
        String physician = mint.forPerson("physician", "user/Patient.rs");
        String good = "{\"client_id\":\"demo-app\",\"patient\":\"bob\"}";
        assertThat(open("rubbish", good).statusCode()).isEqualTo(401);
        assertThat(open(mint.forPerson("physician", "patient/*.rs"), good).statusCode())
                .isEqualTo(403);
        assertThat(open(mint.forPerson("nurse", "user/*.rs"), good).statusCode())
                .isEqualTo(404);
        for (String bad : List.of(good.replace("bob", "nobody"), good.replace("demo-app", "no-such-app"))) {
            assertThat(open(physician, bad).statusCode()).as(bad).isEqualTo(404);
        }
        for (String bad : List.of(
                "",
                "[]",
                "{",
                "{\"patient\":\"bob\"}",
                good.replace("bob", "../bob"),
                good.replace("}", ",\"username\":\"nurse\"}"),
                good.replace("}", ",\"intent\":\"\"}"),
                good.replace("}", ",\"intent\":\"a\\r\\nb\"}"),
                good.replace("}", ",\"fhirContext\":[null]}"),
                good.replace("}", ",\"fhirContext\":[{}]}"),
                good.replace("}", ",\"fhirContext\":[{\"reference\":\"Patient/x\"}]}"),
                good.replace("}", ",\"fhirContext\":[{\"reference\":\"http://evil/Patient/x\"}]}"))) {
            HttpResponse<String> answer = open(physician, bad);
            assertThat(answer.statusCode()).as(bad + answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("launch-malformed");
        }
    }

    private HttpResponse<String> open(String token, String body) {
        return app.browser.send(HttpRequest.newBuilder(server.at(LaunchController.PATH))
                .header("Authorization", Http.bearer(token))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }
}
