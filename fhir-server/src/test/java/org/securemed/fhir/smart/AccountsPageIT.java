package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** Administrators make accounts, bind them to FHIR resources, close and reset them; people choose their passwords. */
class AccountsPageIT {
    private static final SmartServer server = SmartServer.shared();
    private static final Pattern PASSWORD = Pattern.compile("id=\"new-password\">([^<]+)<");
    private static final String CHOSEN = "correct horse battery";

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final SmartApp admin = new SmartApp(server);

    private Map<String, String> form(String name, String role, String fhirUser) {
        return new HashMap<>(
                Map.of("username", name, "displayName", "Display <b>" + name, "roles", role, "fhirUser", fhirUser));
    }

    private HttpResponse<String> post(String path, Map<String, String> form) {
        Map<String, String> all = new HashMap<>(form);
        all.put(
                "_csrf",
                SmartApp.csrf(admin.browser.get(server.at("/account/apps")).body()));
        return admin.browser.post(server.at(path), all);
    }

    private static String password(HttpResponse<String> page) {
        Matcher found = PASSWORD.matcher(page.body());
        assertThat(found.find()).as(page.body()).isTrue();
        return found.group(1);
    }

    private String made(String name, String role, String fhirUser) {
        HttpResponse<String> page = post(AccountsPage.PATH, form(name, role, fhirUser));
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(page.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        return password(page);
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("");
    }

    /** Chooses a password of one's own. */
    private static HttpResponse<String> choose(SmartApp person, String current, String chosen) {
        String csrf =
                SmartApp.csrf(person.browser.get(server.at(PasswordPage.PATH)).body());
        return person.browser.post(
                server.at(PasswordPage.PATH),
                Map.of("current", current, "password", chosen, "again", chosen, "_csrf", csrf));
    }

    private static List<String> notes() {
        return server.bean(SmartServer.Events.class).recorded.stream()
                .filter(event -> event.kind() == SecurityEvent.Kind.ADMINISTRATION)
                .map(SecurityEvent::note)
                .map(String::valueOf)
                .toList();
    }

    @Test
    void only_administrators_find_the_page() {
        assertThat(location(new Http().get(server.at(AccountsPage.PATH)))).endsWith("/login");
        for (String user : List.of("physician", "patient", "compliance")) {
            SmartApp other = new SmartApp(server);
            other.logIn(user, user + "-password");
            assertThat(other.browser.get(server.at(AccountsPage.PATH)).statusCode())
                    .as(user)
                    .isEqualTo(404);
            String csrf =
                    SmartApp.csrf(other.browser.get(server.at("/account/apps")).body());
            for (String path : List.of(AccountsPage.PATH, AccountsPage.STATE, AccountsPage.RESET)) {
                Map<String, String> form = form("intruder", "administrator", "");
                form.putAll(Map.of("account", "administrator", "enabled", "false", "_csrf", csrf));
                assertThat(other.browser.post(server.at(path), form).statusCode())
                        .as(user + path)
                        .isEqualTo(404);
            }
        }
        assertThat(server.bean(Accounts.class).find("intruder")).isEmpty();
    }

    @Test
    void a_person_gets_an_account_chooses_a_password_and_lets_an_app_in() {
        admin.logIn("administrator", "administrator-password");
        String name = "ann-" + run;
        String first = made(name, "patient", "Patient/ann");
        assertThat(notes()).contains("account: make " + name + " (patient) as Patient/ann");
        Account account = server.bean(Accounts.class).find(name).orElseThrow();
        assertThat(account.fhirUser()).isEqualTo("Patient/ann");
        assertThat(account.purposesOfUse()).containsExactly("PATRQT");
        assertThat(account.passwordHash()).startsWith("{bcrypt}").doesNotContain(first);

        // With the password that the administrator has seen there is one page only.
        SmartApp ann = new SmartApp(server);
        ann.logIn(name, first);
        Map<String, String> request = ann.request("launch/patient patient/*.rs offline_access");
        assertThat(location(ann.authorize(request))).endsWith(PasswordPage.PATH);
        for (String path : List.of(AppsPage.PATH, PasskeyPage.PATH)) {
            assertThat(location(ann.browser.get(server.at(path)))).endsWith(PasswordPage.PATH);
        }
        assertThat(choose(ann, "wrong", CHOSEN).statusCode()).isEqualTo(422);
        assertThat(choose(ann, first, "short").statusCode()).isEqualTo(422);
        assertThat(choose(ann, first, "my name is " + name).statusCode()).isEqualTo(422);
        assertThat(choose(ann, first, first).statusCode()).isEqualTo(422);
        assertThat(choose(ann, first, CHOSEN).statusCode()).isEqualTo(200);
        assertThat(notes()).contains("account: password chosen");

        JsonNode tokens = SmartApp.json(ann.exchange(SmartApp.parameter(ann.allow(ann.authorize(request)), "code")));
        assertThat(tokens.path("patient").asText()).isEqualTo("ann");
        assertThat(location(new SmartApp(server).logIn(name, first))).endsWith("?failed");
        assertThat(location(new SmartApp(server).logIn(name, CHOSEN))).doesNotContain("failed");
    }

    @Test
    void a_closed_account_is_over_at_once_and_opened_again_begins_anew() {
        admin.logIn("administrator", "administrator-password");
        String name = "closed-" + run;
        SmartApp person = new SmartApp(server);
        String first = made(name, "patient", "Patient/ann");
        person.logIn(name, first);
        choose(person, first, CHOSEN);
        JsonNode tokens = SmartApp.json(person.exchange(SmartApp.parameter(
                person.allow(person.authorize(person.request("launch/patient patient/*.rs offline_access"))), "code")));
        String access = tokens.path("access_token").asText();
        assertThat(person.fhir(access).statusCode()).isEqualTo(200);

        assertThat(post(AccountsPage.STATE, Map.of("account", name, "enabled", "false"))
                        .statusCode())
                .isEqualTo(302);

        assertThat(person.fhir(access).statusCode()).isEqualTo(401);
        assertThat(location(person.browser.get(server.at("/account/apps")))).endsWith("/login");
        assertThat(SmartApp.json(person.refresh(tokens.path("refresh_token").asText()))
                        .path("error")
                        .asText())
                .isEqualTo("invalid_grant");
        assertThat(location(new SmartApp(server).logIn(name, CHOSEN))).endsWith("?failed");
        assertThat(notes()).contains("account: close " + name);

        post(AccountsPage.STATE, Map.of("account", name, "enabled", "true"));
        assertThat(person.fhir(access).statusCode())
                .as("what has ended stays ended")
                .isEqualTo(401);
        assertThat(location(new SmartApp(server).logIn(name, CHOSEN))).doesNotContain("failed");
    }

    @Test
    void a_reset_takes_password_passkeys_sessions_and_apps() {
        admin.logIn("administrator", "administrator-password");
        String name = "reset-" + run;
        SmartApp person = new SmartApp(server);
        String first = made(name, "patient", "Patient/ann");
        person.logIn(name, first);
        choose(person, first, CHOSEN);
        JsonNode tokens = SmartApp.json(person.exchange(SmartApp.parameter(
                person.allow(person.authorize(person.request("launch/patient patient/*.rs offline_access"))), "code")));
        JdbcTemplate database = new JdbcTemplate(server.bean(javax.sql.DataSource.class));
        database.update("insert into smart.passkey_user (handle, username) values (?, ?)", "handle-" + run, name);

        String second = password(post(AccountsPage.RESET, Map.of("account", name)));

        assertThat(second).isNotEqualTo(first);
        assertThat(person.fhir(tokens.path("access_token").asText()).statusCode())
                .isEqualTo(401);
        assertThat(SmartApp.json(person.refresh(tokens.path("refresh_token").asText()))
                        .path("error")
                        .asText())
                .isEqualTo("invalid_grant");
        assertThat(location(person.browser.get(server.at("/account/apps")))).endsWith("/login");
        assertThat(location(new SmartApp(server).logIn(name, CHOSEN))).endsWith("?failed");
        assertThat(database.queryForObject(
                        "select count(*) from smart.passkey_user where username = ?", Integer.class, name))
                .isZero();
        SmartApp again = new SmartApp(server);
        again.logIn(name, second);
        assertThat(location(again.browser.get(server.at("/account/apps")))).endsWith(PasswordPage.PATH);
        assertThat(notes()).contains("account: reset " + name);
    }

    @Test
    void a_change_binds_anew_and_ends_what_rested_on_what_the_person_was() {
        admin.logIn("administrator", "administrator-password");
        String name = "rep-" + run;
        String first = made(name, "representative", "RelatedPerson/mother");
        Accounts accounts = server.bean(Accounts.class);
        assertThat(accounts.find(name).orElseThrow().relatedPersons()).isEqualTo(Map.of("ann", "RelatedPerson/mother"));
        SmartApp person = new SmartApp(server);
        person.logIn(name, first);
        Map<String, String> change = form(name, "representative", "RelatedPerson/father");
        change.putAll(Map.of("existing", "yes", "related", "RelatedPerson/uncle"));

        assertThat(post(AccountsPage.PATH, change).statusCode()).isEqualTo(200);

        assertThat(accounts.find(name).orElseThrow().relatedPersons())
                .isEqualTo(Map.of("ann", "RelatedPerson/father", "bob", "RelatedPerson/uncle"));
        assertThat(location(person.browser.get(server.at(PasswordPage.PATH)))).endsWith("/login");
    }

    @Test
    void what_may_not_be_is_refused_and_leaves_nothing() {
        admin.logIn("administrator", "administrator-password");
        String taken = "taken-" + run;
        made(taken, "nurse", "Practitioner/nina");
        int before = notes().size();
        Map<String, Map<String, String>> bad = new HashMap<>();
        bad.put("no such patient", form("x1" + run, "patient", "Patient/nobody"));
        bad.put("another type", form("x2" + run, "patient", "Practitioner/nina"));
        bad.put("a machine's role", form("x3" + run, "system", ""));
        bad.put("no role", form("x4" + run, "", ""));
        bad.put("a name with a space", form("x 5" + run, "compliance", ""));
        bad.put("a name too long", form("x".repeat(65), "compliance", ""));
        bad.put("a name with a zero", form("x\0" + run, "compliance", ""));
        bad.put("a name that is taken", form(taken, "compliance", ""));
        bad.put("a path", form("x6" + run, "patient", "Patient/../ann"));
        Map<String, String> twice = form("x7" + run, "representative", "RelatedPerson/mother");
        twice.put("related", "RelatedPerson/father");
        bad.put("two for the same patient", twice);
        Map<String, String> organization = form("x8" + run, "compliance", "");
        organization.put("organization", "Organization/nowhere");
        bad.put("no such organization", organization);
        Map<String, String> unknown = form("x9" + run, "compliance", "");
        unknown.put("existing", "yes");
        bad.put("a change of nobody", unknown);
        Map<String, String> self = form("administrator", "administrator", "");
        self.put("existing", "yes");
        bad.put("one's own", self);
        bad.forEach((what, form) ->
                assertThat(post(AccountsPage.PATH, form).statusCode()).as(what).isEqualTo(422));
        assertThat(post(AccountsPage.STATE, Map.of("account", "administrator", "enabled", "false"))
                        .statusCode())
                .isEqualTo(422);
        assertThat(post(AccountsPage.RESET, Map.of("account", "administrator")).statusCode())
                .isEqualTo(422);
        assertThat(post(AccountsPage.RESET, Map.of("account", "nobody" + run)).statusCode())
                .isEqualTo(404);
        assertThat(notes()).hasSize(before);
    }

    @Test
    void without_a_record_nothing_is_done() {
        try (SmartServer broken = SmartServer.start(SmartServer.emptyDatabase())) {
            SmartApp app = new SmartApp(broken);
            app.logIn("administrator", "administrator-password");
            String csrf =
                    SmartApp.csrf(app.browser.get(app.at(AccountsPage.PATH)).body());
            broken.bean(SmartServer.Events.class).broken = true;
            Map<String, String> form = form("late", "compliance", "");
            form.put("_csrf", csrf);
            assertThat(app.browser.post(app.at(AccountsPage.PATH), form).statusCode())
                    .isEqualTo(503);
            assertThat(app.browser
                            .post(
                                    app.at(AccountsPage.STATE),
                                    Map.of("account", "patient", "enabled", "false", "_csrf", csrf))
                            .statusCode())
                    .isEqualTo(503);
            Accounts accounts = broken.bean(Accounts.class);
            assertThat(accounts.find("late")).isEmpty();
            assertThat(accounts.find("patient").orElseThrow().enabled()).isTrue();
        }
    }
}
