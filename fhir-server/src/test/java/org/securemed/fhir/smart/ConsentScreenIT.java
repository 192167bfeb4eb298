package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsentScreenIT {
    private static final SmartServer server = SmartServer.shared();
    private final SmartApp app = new SmartApp(server);

    private HttpResponse<String> page(String username, String scope) {
        app.logIn(username, username + "-password");
        return app.consentPage(app.authorize(app.request(scope)));
    }

    private static void untick(List<Map.Entry<String, String>> form, String category) {
        assertThat(form.remove(Map.entry("category", category))).isTrue();
    }

    @Test
    void the_screen_tells_who_asks_and_leaves_sensitive_topics_off() {
        HttpResponse<String> page = page("patient", "openid launch/patient offline_access patient/*.rs");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("Demo app")
                .contains("SecureMed demo")
                .contains("127.0.0.1:4711")
                .contains("Laboratory results")
                .contains("My own record")
                .contains("Allow selected")
                .contains("Deny")
                .doesNotContain("<script")
                .doesNotContainPattern("name=\"topic\"[^>]*checked");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("form-action 'self' http://127.0.0.1:4711;");
    }

    @Test
    void an_unticked_category_is_missing_from_the_token_and_from_the_consent() {
        HttpResponse<String> page = page("patient", "launch/patient patient/*.rs patient/Observation.c");

        HttpResponse<String> back = app.decide(page, "allow", form -> {
            untick(form, "LABORATORY");
            untick(form, "INSURANCE");
            form.add(Map.entry("topic", "PSY"));
        });
        JsonNode tokens = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));

        List<String> scopes = List.of(tokens.path("scope").asText().split(" "));
        assertThat(scopes)
                .contains("patient/Condition.rs", "patient/Practitioner.rs", "launch/patient")
                .contains(
                        "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs")
                .contains(
                        "patient/Observation.c?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs")
                .noneMatch(scope -> scope.contains("laboratory") || scope.startsWith("patient/Coverage"))
                .doesNotContain("patient/*.rs", "patient/Observation.rs", "patient/Observation.c");
        String access = tokens.path("access_token").asText();
        assertThat(List.of(SmartApp.claims(access).path("scope").asText().split(" ")))
                .containsExactlyInAnyOrderElementsOf(scopes);
        assertThat(app.fhir(access).statusCode()).isEqualTo(200);
        AppConsents.Granted granted = last();
        assertThat(granted.scopes().texts()).containsExactlyInAnyOrderElementsOf(scopes);
        assertThat(granted.authorization())
                .isEqualTo(SmartApp.claims(access).path("sid").asText());
        assertThat(granted.patient()).isEqualTo("patient");
        assertThat(granted.sensitiveTopics()).containsExactly(SensitiveTopic.PSY);
    }

    private static AppConsents.Granted last() {
        List<AppConsents.Granted> granted = server.bean(SmartServer.Consents.class).granted;
        return granted.get(granted.size() - 1);
    }

    @Test
    void asking_again_may_give_less_than_before() {
        app.decide(page("patient", "launch/patient patient/Condition.rs patient/Immunization.rs"), "allow", form -> {});

        HttpResponse<String> again = app.decide(
                page("patient", "launch/patient patient/Condition.rs patient/Immunization.rs"),
                "allow",
                form -> untick(form, "CONDITIONS"));

        assertThat(SmartApp.json(app.exchange(SmartApp.parameter(again, "code")))
                        .path("scope")
                        .asText()
                        .split(" "))
                .containsExactlyInAnyOrder("launch/patient", "patient/Immunization.rs");
    }

    @Test
    void denying_and_allowing_nothing_are_told_as_access_denied_and_leave_nothing() {
        HttpResponse<String> page = page("patient", "launch/patient patient/*.rs");
        HttpResponse<String> denied = app.decide(page, "deny", form -> {});
        assertThat(SmartApp.parameter(denied, "error")).isEqualTo("access_denied");
        assertThat(SmartApp.parameter(denied, "state")).isEqualTo("state+of/the app");
        HttpResponse<String> again = app.decide(page, "allow", form -> {});
        assertThat(again.statusCode()).as("the request is gone").isEqualTo(400);

        HttpResponse<String> nothing = app.decide(
                page("patient", "launch/patient patient/*.rs"),
                "allow",
                form -> form.removeIf(field -> field.getKey().equals("category")));
        assertThat(SmartApp.parameter(nothing, "error")).isEqualTo("access_denied");
    }

    @Test
    void the_answer_cannot_widen_what_was_asked() {
        HttpResponse<String> back =
                app.decide(page("patient", "launch/patient patient/Condition.rs"), "allow", form -> {
                    form.add(Map.entry("category", "LABORATORY"));
                    form.add(Map.entry("scope", "patient/*.cruds"));
                });

        assertThat(SmartApp.json(app.exchange(SmartApp.parameter(back, "code")))
                        .path("scope")
                        .asText()
                        .split(" "))
                .containsExactlyInAnyOrder("launch/patient", "patient/Condition.rs");
    }

    @Test
    void nobody_else_can_answer_and_a_made_up_state_is_nothing() {
        HttpResponse<String> page = page("patient", "launch/patient patient/*.rs");
        SmartApp thief = new SmartApp(server);
        assertThat(thief.decide(page, "allow", form -> {})
                        .headers()
                        .firstValue("Location")
                        .orElse(""))
                .doesNotContain("code=");
        thief.logIn("nurse", "nurse-password");
        assertThat(thief.decide(page, "allow", form -> {}).statusCode()).isEqualTo(400);
        assertThat(app.browser
                        .get(server.at("/oauth2/consent?state=x&client_id=demo-app"))
                        .statusCode())
                .isEqualTo(404);
        assertThat(new Http()
                        .get(server.at("/oauth2/consent?state=x&client_id=demo-app"))
                        .headers()
                        .firstValue("Location")
                        .orElse(""))
                .endsWith("/login");
    }

    @Test
    void a_physician_chooses_among_the_records_that_may_be_opened() {
        HttpResponse<String> page = page("physician", "launch/patient patient/*.rs");
        assertThat(page.body()).contains("Ann &lt;b&gt;Example&lt;/b&gt;").contains("Bob Example");

        HttpResponse<String> back = app.decide(page, "allow", form -> choose(form, "bob"));
        JsonNode tokens = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        assertThat(tokens.path("patient").asText()).isEqualTo("bob");
        assertThat(app.fhir(tokens.path("access_token").asText()).body()).contains("patient=bob");

        for (String other : List.of("eve", "patient", "../bob", "x".repeat(500))) {
            HttpResponse<String> refused =
                    app.decide(page("physician", "launch/patient patient/*.rs"), "allow", form -> choose(form, other));
            assertThat(SmartApp.parameter(refused, "error")).isEqualTo("access_denied");
        }
    }

    private static void choose(List<Map.Entry<String, String>> form, String patient) {
        form.removeIf(field -> field.getKey().equals("patient"));
        form.add(Map.entry("patient", patient));
    }

    @Test
    void what_was_granted_ends_when_it_was_said_to_end() {
        MovableClock clock = new MovableClock();
        try (SmartServer own = SmartServer.start(SmartServer.emptyDatabase(), clock, Map.of())) {
            SmartApp mine = new SmartApp(own);
            mine.logIn("patient", "patient-password");
            HttpResponse<String> page =
                    mine.consentPage(mine.authorize(mine.request("launch/patient offline_access patient/*.rs")));
            HttpResponse<String> back = mine.decide(page, "allow", form -> {
                form.removeIf(field -> field.getKey().equals("duration"));
                form.add(Map.entry("duration", "DAY"));
            });
            JsonNode tokens = SmartApp.json(mine.exchange(SmartApp.parameter(back, "code")));

            clock.move(Duration.ofHours(25));

            HttpResponse<String> late =
                    mine.refresh(tokens.path("refresh_token").asText());
            assertThat(SmartApp.json(late).path("error").asText()).isEqualTo("invalid_grant");
        }
    }

    @Test
    void a_consent_that_cannot_be_written_gives_no_code() {
        try (SmartServer own = SmartServer.start(SmartServer.emptyDatabase())) {
            SmartApp mine = new SmartApp(own);
            mine.logIn("patient", "patient-password");
            HttpResponse<String> page = mine.consentPage(mine.authorize(mine.request("launch/patient patient/*.rs")));
            own.bean(SmartServer.Consents.class).broken = true;

            HttpResponse<String> answer = mine.decide(page, "allow", form -> {});

            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.headers().firstValue("Location")).isEmpty();
            own.bean(SmartServer.Consents.class).broken = false;
            assertThat(SmartApp.parameter(mine.decide(page, "allow", form -> {}), "code"))
                    .isNotBlank();
        }
    }

    @Test
    void an_ehr_launch_brings_its_context_once() {
        LaunchContexts launches = server.bean(LaunchContexts.class);
        LaunchContext context = new LaunchContext(
                "bob",
                "visit1",
                List.of(new LaunchContext.Resource("ImagingStudy/7", null)),
                false,
                "reconcile-medications");
        String launch = launches.open(DemoClients.APP, "physician", context);
        Map<String, String> request = app.request("launch patient/*.rs offline_access");
        request.put("launch", launch);
        app.logIn("physician", "physician-password");

        HttpResponse<String> page = app.consentPage(app.authorize(request));
        assertThat(page.body()).doesNotContain("Whose record?");
        JsonNode tokens =
                SmartApp.json(app.exchange(SmartApp.parameter(app.decide(page, "allow", form -> {}), "code")));

        assertThat(tokens.path("patient").asText()).isEqualTo("bob");
        assertThat(tokens.path("encounter").asText()).isEqualTo("visit1");
        assertThat(tokens.path("need_patient_banner").isBoolean()).isTrue();
        assertThat(tokens.path("intent").asText()).isEqualTo("reconcile-medications");
        assertThat(tokens.path("fhirContext").path(0).path("reference").asText())
                .isEqualTo("ImagingStudy/7");
        // SMART App Launch 2.2, Token Introspection: each parameter of the launch context, as the app was told it.
        JsonNode introspected = SmartApp.json(app.browser.post(
                app.at("/oauth2/introspect"),
                Map.of("token", tokens.path("access_token").asText()),
                "Authorization",
                SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX)));
        for (String name : List.of("patient", "encounter", "need_patient_banner", "intent", "fhirContext")) {
            assertThat(introspected.path(name)).as(name).isEqualTo(tokens.path(name));
        }
        assertThat(introspected.path("iss").asText()).isEqualTo(server.at("").toString());
        assertThat(introspected.path("scope").asText().split(" "))
                .containsExactlyInAnyOrder(tokens.path("scope").asText().split(" "));

        JsonNode refreshed =
                SmartApp.json(app.refresh(tokens.path("refresh_token").asText()));
        assertThat(refreshed.path("patient").asText()).isEqualTo("bob");
        assertThat(refreshed.path("encounter").asText()).isEqualTo("visit1");

        // Used, made up, somebody else's, another app's, or not sent at all.
        Map<String, String> none = app.request("launch patient/*.rs");
        assertThat(SmartApp.parameter(app.authorize(none), "error")).isEqualTo("invalid_request");
        for (String bad : List.of(
                launch,
                "made-up",
                launches.open(DemoClients.APP, "nurse", context),
                launches.open(DemoClients.BACKEND, "physician", context))) {
            request.put("launch", bad);
            assertThat(SmartApp.parameter(app.authorize(request), "error")).isEqualTo("invalid_request");
        }
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("");
    }

    @Test
    void a_browser_shows_the_receipt_and_goes_on_to_the_app_from_there() {
        HttpResponse<String> shown = app.decideInBrowser(
                page("patient", "launch/patient offline_access patient/Condition.rs patient/Immunization.rs"),
                "allow",
                form -> {
                    untick(form, "CONDITIONS");
                    form.add(Map.entry("topic", "PSY"));
                });
        assertThat(location(shown))
                .contains("/account/apps/")
                .endsWith("?granted")
                .doesNotContain("code=");
        HttpResponse<String> receipt = app.browser.get(app.at(location(shown).replaceFirst("^https?://[^/]+", "")));
        assertThat(receipt.body())
                .contains("You have let ", "Demo app", "SecureMed demo", "Vaccinations", "Mental health; all others")
                .contains("href=\"/ledger/receipt/4711\"", "Consent/consent-", "End access of Demo app", " UTC")
                .doesNotContain("Conditions and diagnoses");
        String path = location(shown).replaceFirst("^https?://[^/]+", "").replace("?granted", "");
        assertThat(receipt.headers().firstValue("Refresh")).contains("20;url=" + path + "/continue");
        assertThat(app.browser.get(app.at(path)).headers().firstValue("Refresh"))
                .as("whoever stays is not moved")
                .isEmpty();

        // Nobody else sees it, or is led to the app by it.
        SmartApp other = new SmartApp(server);
        other.logIn("physician", "physician-password");
        assertThat(other.browser.get(app.at(path)).statusCode()).isEqualTo(404);
        assertThat(other.browser.get(app.at(path + "/continue")).statusCode()).isEqualTo(404);

        HttpResponse<String> first = app.browser.get(app.at(path + "/continue"));
        HttpResponse<String> second = app.browser.get(app.at(path + "/continue"));
        assertThat(SmartApp.parameter(second, "state")).isEqualTo("state+of/the app");
        assertThat(location(second)).startsWith(SmartApp.REDIRECT + "?code=");
        JsonNode stale = SmartApp.json(app.exchange(SmartApp.parameter(first, "code")));
        assertThat(stale.path("error").asText()).isEqualTo("invalid_grant");
        JsonNode tokens = SmartApp.json(app.exchange(SmartApp.parameter(second, "code")));
        assertThat(tokens.path("scope").asText().split(" "))
                .containsExactlyInAnyOrder("launch/patient", "offline_access", "patient/Immunization.rs");
        assertThat(app.browser.get(app.at(path + "/continue")).statusCode())
                .as("the app knows")
                .isEqualTo(404);
        assertThat(app.browser.get(app.at(path)).body())
                .contains("Vaccinations")
                .doesNotContain("Go on to");

        String csrf = SmartApp.csrf(app.browser.get(app.at(path)).body());
        app.browser.post(
                app.at("/account/apps"),
                Map.of("authorization", path.substring("/account/apps/".length()), "_csrf", csrf));
        assertThat(app.browser.get(app.at(path)).statusCode()).isEqualTo(404);
        assertThat(app.fhir(tokens.path("access_token").asText()).statusCode()).isEqualTo(401);
    }

    @Test
    void an_app_that_was_let_in_and_has_not_come_yet_is_among_the_apps() {
        HttpResponse<String> shown =
                app.decideInBrowser(page("patient", "launch/patient patient/Goal.rs"), "allow", form -> {});
        String path = location(shown).replaceFirst("^https?://[^/]+", "").replace("?granted", "");
        assertThat(app.browser.get(app.at("/account/apps")).body())
                .contains("href=\"" + path + "\"")
                .contains("It has not come yet.");
    }

    @Test
    void only_now_means_that_the_app_cannot_come_back() {
        HttpResponse<String> page = page("patient", "launch/patient offline_access patient/Condition.rs");
        HttpResponse<String> back = app.decide(page, "allow", form -> {
            form.removeIf(field -> field.getKey().equals("duration"));
            form.add(Map.entry("duration", "ONCE"));
        });
        JsonNode tokens = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        assertThat(tokens.has("refresh_token")).isFalse();
        assertThat(tokens.path("scope").asText()).doesNotContain("offline_access");

        // An app that does not ask to come back is not asked about for how long.
        assertThat(page("patient", "launch/patient patient/Condition.rs").body())
                .contains("ends by itself after at most")
                .doesNotContain("name=\"duration\"");
    }

    @Test
    void the_screen_says_whether_the_publisher_was_verified_and_explains_each_sentence() {
        assertThat(page("patient", "openid launch/patient patient/*.cruds").body())
                .contains("not verified by this hospital")
                .contains("Read the record and write into it, as far as you allow below.")
                .contains("It can look up, add, change and delete entries");
    }
}
