package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whatever is sent to a page or to the endpoints of passkeys: an orderly answer, nothing of the inside, nothing kept.
 */
class HostilePagesIT {
    private static final SmartServer server = SmartServer.shared();
    private static final Pattern INSIDE =
            Pattern.compile("Exception|\\bat (org|java|com)\\.|SQL|Whitelabel|hibernate|thymeleaf|jdbc:");

    /** A page's CSRF token: random letters, which may spell any word. */
    private static final Pattern CSRF = Pattern.compile("csrf(?:\" value)?=\"[A-Za-z0-9_-]*\"");

    /** Percent-encoded. */
    private static final List<String> VALUES = List.of(
            "",
            "%00",
            "a%00b",
            "a%0d%0aSet-Cookie:%20x=y",
            "%ff%fe",
            "%ed%a0%80",
            "..%2f..%2f",
            "%3Cscript%3Ealert(1)%3C/script%3E",
            "'%20or%201=1%20--",
            "%24%7Bjndi:ldap://x%7D",
            "*%7Bx%7D",
            "99999999999999999999",
            "x".repeat(20_000));

    private static void orderly(String what, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(what + ": " + answer.body()).isLessThan(500);
        assertThat(INSIDE.matcher(CSRF.matcher(answer.body()).replaceAll("")).find())
                .as(what + ": " + answer.body())
                .isFalse();
        if (answer.headers().firstValue("Content-Type").orElse("").contains("html")) {
            assertThat(answer.body()).as(what).doesNotContain("<script>alert");
        }
        assertThat(answer.headers().map()).as(what).doesNotContainKey("x");
        assertThat(answer.headers().allValues("Set-Cookie")).as(what).noneMatch(cookie -> cookie.startsWith("x="));
    }

    private static HttpResponse<String> form(SmartApp person, String path, String body) {
        return person.browser.send(HttpRequest.newBuilder(server.at(path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static int rows(String table) {
        Integer rows = new JdbcTemplate(server.bean(DataSource.class))
                .queryForObject("select count(*) from smart." + table, Integer.class);
        return rows == null ? -1 : rows;
    }

    @Test
    void pages_take_whatever_is_in_their_address() {
        SmartApp patient = new SmartApp(server);
        patient.logIn("patient", "patient-password");
        for (String value : VALUES) {
            if (value.length() > 8000) {
                continue;
            }
            for (String path : List.of(
                    "/oauth2/consent?state=$&client_id=$&scope=$",
                    "/oauth2/consent?state=$&state=$",
                    "/oauth2/consent?search=$",
                    "/account/apps?x=$",
                    "/account/apps/$",
                    "/account/apps/$/continue",
                    "/account/apps/$?granted=$",
                    "/account/passkeys?$=$",
                    "/account/password?$",
                    "/login?$",
                    "/login/card?statement=$",
                    "/login/oauth2/code/$?code=$&state=$",
                    "/connect/logout?id_token_hint=$&post_logout_redirect_uri=$",
                    "/userinfo?access_token=$",
                    "/oauth2/jwks?$",
                    "/smart/$",
                    "/administration/clients?$",
                    "/$")) {
                String address = path.replace("$", value);
                orderly(address, patient.browser.get(server.at(address), "Accept", "text/html"));
                orderly(address, patient.browser.get(server.at(address), "Accept", "application/json"));
            }
        }
    }

    @Test
    void forms_take_whatever_is_in_them_and_keep_nothing_of_it() {
        SmartApp admin = new SmartApp(server);
        admin.logIn("administrator", "administrator-password");
        String csrf = Http.encode(
                SmartApp.csrf(admin.browser.get(server.at(ClientsPage.PATH)).body()));
        int clients = rows("oauth2_registered_client");
        int accounts = rows("account");
        Map<String, String> forms = Map.of(
                ClientsPage.PATH,
                "name=$&publisher=$&kind=$&redirectUris=$&scopes=$&jwksUri=$&jwks=$&role=$&purposes=$&verified=$&study=$",
                ClientsPage.STATE,
                "client=$&enabled=$",
                AccountsPage.PATH,
                "username=$&displayName=$&roles=$&fhirUser=$&organization=$&organizationName=$&relatedPersons=$",
                AccountsPage.STATE,
                "account=$&enabled=$",
                AccountsPage.RESET,
                "account=$",
                AppsPage.PATH,
                "authorization=$",
                PasswordPage.PATH,
                "current=$&chosen=$&again=$",
                "/oauth2/authorize",
                "decision=$&state=$&category=$&topic=$&patient=$&duration=$",
                "/login",
                "username=$&password=$",
                "/logout",
                "x=$");
        List<String> values = new ArrayList<>(VALUES);
        values.add("x".repeat(300_000));
        forms.forEach((path, fields) -> {
            if (path.startsWith("/log")) {
                return;
            }
            for (String value : values) {
                String body = "_csrf=" + csrf + "&" + fields.replace("$", value);
                orderly(path + " " + fields, form(admin, path, body));
                orderly(path + " twice", form(admin, path, body + "&" + fields.replace("$", value)));
            }
            orderly(path + " nothing", form(admin, path, "_csrf=" + csrf));
            orderly(path + " no form", form(admin, path, "{}"));
            // More than a form may hold, so that the token is not read either.
            assertThat(form(admin, path, fields.replace("$", "x".repeat(3_000_000)) + "&_csrf=" + csrf)
                            .statusCode())
                    .as(path)
                    .isBetween(400, 499);
        });
        assertThat(rows("oauth2_registered_client")).isEqualTo(clients);
        assertThat(rows("account")).isEqualTo(accounts);
    }

    @Test
    void passkeys_take_whatever_is_sent_to_them() {
        SmartApp person = new SmartApp(server);
        person.logIn("physician", "physician-password");
        String csrf =
                SmartApp.csrf(person.browser.get(server.at(PasskeyPage.PATH)).body());
        int passkeys = rows("passkey");
        String deep = "[".repeat(20_000);
        for (String path : List.of(
                "/login/webauthn",
                "/webauthn/authenticate/options",
                "/webauthn/register/options",
                "/webauthn/register")) {
            for (String body : List.of(
                    "",
                    "null",
                    "[]",
                    "5",
                    "\"x\"",
                    "{",
                    "{}",
                    deep,
                    "{\"id\":null}",
                    "{\"id\":\"x\",\"rawId\":\"x\",\"type\":\"public-key\",\"response\":{}}",
                    "{\"id\":\"eA\",\"rawId\":\"eA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"e30\","
                            + "\"authenticatorData\":\"eA\",\"signature\":\"eA\",\"userHandle\":\"eA\"},"
                            + "\"clientExtensionResults\":{}}",
                    "{\"publicKey\":{\"credential\":{\"id\":\"eA\",\"rawId\":\"eA\",\"type\":\"public-key\","
                            + "\"response\":{\"attestationObject\":\"eA\",\"clientDataJSON\":\"e30\",\"transports\":[\"usb\"]},"
                            + "\"clientExtensionResults\":{}},\"label\":\"x\"}}",
                    "{\"publicKey\":null}",
                    "{\"x\":\"" + "x".repeat(100_000) + "\"}")) {
                for (String type : body.equals("{}")
                        ? List.of("application/json", "text/plain", "application/x-www-form-urlencoded")
                        : List.of("application/json")) {
                    HttpResponse<String> answer = person.browser.send(HttpRequest.newBuilder(server.at(path))
                            .header("Content-Type", type)
                            .header("X-CSRF-TOKEN", csrf)
                            .POST(HttpRequest.BodyPublishers.ofString(body)));
                    orderly(path + " " + body.substring(0, Math.min(80, body.length())), answer);
                }
            }
        }
        for (String id : List.of("x", "..", "%00", "%ff", "x".repeat(2000))) {
            orderly(
                    id,
                    person.browser.send(HttpRequest.newBuilder(URI.create(server.at("/webauthn/register/") + id))
                            .header("X-CSRF-TOKEN", csrf)
                            .DELETE()));
        }
        assertThat(rows("passkey")).isEqualTo(passkeys);
    }
}
