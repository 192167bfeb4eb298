package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestBrowser;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;

/** Granting consent and administering take a strong log-in, just now; passkeys are one. */
class StepUpIT {
    private static final Map<String, String> STRICT = Map.of(
            "securemed.smart.strong-log-ins", "passkey,card",
            "securemed.smart.step-up-age", "10m");

    private static SmartServer strict(Clock clock) {
        int port = SmartServer.freePort();
        return SmartServer.start(
                SmartServer.emptyDatabase(), clock, STRICT, port, URI.create("http://localhost:" + port));
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("none: " + answer.statusCode() + answer.body());
    }

    @Test
    void a_password_is_not_enough_to_grant_consent_and_enough_for_staff() {
        try (SmartServer server = strict(Clock.systemUTC())) {
            SmartApp app = new SmartApp(server);
            app.logIn("patient", "patient-password");
            assertThat(location(app.authorize(app.request("launch/patient patient/*.rs"))))
                    .endsWith("/login?strong");
            app.logIn("physician", "physician-password");
            assertThat(location(app.authorize(app.request("user/*.rs")))).contains("/oauth2/consent");
        }
    }

    @Test
    void a_passkey_is_enrolled_and_opens_the_consent_screen() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = strict(clock);
                AppServer app = new AppServer();
                BrowserContext profile = TestBrowser.profile()) {
            Page page = profile.newPage();
            CDPSession devTools = profile.newCDPSession(page);
            JsonObject options = new JsonObject();
            options.addProperty("protocol", "ctap2");
            options.addProperty("transport", "internal");
            options.addProperty("hasResidentKey", true);
            options.addProperty("hasUserVerification", true);
            options.addProperty("isUserVerified", true);
            options.addProperty("automaticPresenceSimulation", true);
            JsonObject authenticator = new JsonObject();
            authenticator.add("options", options);
            devTools.send("WebAuthn.enable");
            String id = devTools.send("WebAuthn.addVirtualAuthenticator", authenticator)
                    .get("authenticatorId")
                    .getAsString();

            // Nobody is known by a passkey yet.
            page.navigate(server.at("/login").toString());
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Use a passkey"))
                    .click();
            page.waitForSelector("#passkey-failed:visible");

            page.getByLabel("Name").fill("patient");
            page.getByLabel("Password").fill("patient-password");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in"))
                    .click();
            page.navigate(server.at("/account/passkeys").toString());
            page.getByLabel("Name for it").fill("Phone <b>1</b>");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Add a passkey"))
                    .click();
            page.waitForSelector("button.remove");
            TestBrowser.picture(page, "passkeys");
            assertThat(page.textContent("main")).contains("Phone <b>1</b>");
            // A second one takes the first.
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Add a passkey"))
                    .click();
            page.waitForSelector("#passkey-failed:visible");

            app.settings("{iss: '%s', clientId: 'demo-app', scope: 'openid launch/patient patient/*.rs',"
                            .formatted(server.fhirBase())
                    + " redirectUri: '%s', pkceMode: 'required'}".formatted(app.at("/callback")));
            page.navigate(app.at("/launch"));
            page.waitForURL("**/login?strong");
            TestBrowser.picture(page, "a1-sign-in-strong");
            verified(devTools, id, false);
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Use a passkey"))
                    .click();
            page.waitForSelector("#passkey-failed:visible");
            verified(devTools, id, true);
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Use a passkey"))
                    .click();
            page.waitForURL(url -> url.contains("/oauth2/consent"));
            clock.move(Duration.ofMinutes(11));
            HttpResponse<String> late = new Http().get(server.at("/login"));
            assertThat(late.statusCode()).isEqualTo(200);
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow selected"))
                    .click();
            page.waitForFunction("() => document.body.textContent.includes('step-up-required')");

            page.navigate(app.at("/launch"));
            page.waitForURL("**/login?strong");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Use a passkey"))
                    .click();
            page.waitForURL(url -> url.contains("/oauth2/consent"));
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow selected"))
                    .click();
            page.waitForURL("**/callback*");
            List<SecurityEvent> events = server.bean(SmartServer.Events.class).recorded;
            assertThat(events)
                    .filteredOn(event -> event.kind() == SecurityEvent.Kind.LOGIN)
                    .extracting(SecurityEvent::note)
                    .contains("urn:securemed:acr:passkey", "urn:securemed:acr:password");
            assertThat(events)
                    .filteredOn(event -> event.kind() == SecurityEvent.Kind.ADMINISTRATION)
                    .extracting(SecurityEvent::note)
                    .containsExactly("passkey: enrol");
        }
    }

    private static void verified(CDPSession devTools, String authenticator, boolean verified) {
        JsonObject change = new JsonObject();
        change.addProperty("authenticatorId", authenticator);
        change.addProperty("isUserVerified", verified);
        devTools.send("WebAuthn.setUserVerified", change);
    }

    @Test
    void the_first_passkey_needs_a_fresh_log_in_and_a_further_one_a_strong_one() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = strict(clock)) {
            SmartApp app = new SmartApp(server);
            app.logIn("physician", "physician-password");
            assertThat(enrolment(server, app)).isEqualTo(200);
            clock.move(Duration.ofMinutes(11));
            assertThat(enrolment(server, app)).as("long after").isEqualTo(401);

            app.logIn("physician", "physician-password");
            assertThat(enrolment(server, app)).isEqualTo(200);
            JdbcTemplate database = new JdbcTemplate(server.bean(DataSource.class));
            database.update("insert into smart.passkey_user (handle, username) values ('eA', 'physician')"
                    + " on conflict do nothing");
            database.update("insert into smart.passkey (credential_id, handle, public_key, signature_count,"
                    + " user_verified, backup_eligible, backup_state, transports, label, created_at, last_used_at)"
                    + " select 'eA', handle, '', 0, true, false, false, '', 'key', now(), now()"
                    + " from smart.passkey_user where username = 'physician'");
            assertThat(enrolment(server, app)).as("by password alone").isEqualTo(401);
        }
    }

    private static int enrolment(SmartServer server, SmartApp app) {
        String csrf = SmartApp.csrf(app.browser.get(server.at(PasskeyPage.PATH)).body());
        return app.browser
                .send(HttpRequest.newBuilder(server.at("/webauthn/register/options"))
                        .header("X-CSRF-TOKEN", csrf)
                        .POST(HttpRequest.BodyPublishers.noBody()))
                .statusCode();
    }

    @Test
    void an_app_can_ask_for_a_fresh_log_in() {
        MovableClock clock = new MovableClock();
        try (SmartServer server = SmartServer.start(SmartServer.emptyDatabase(), clock, Map.of())) {
            SmartApp app = new SmartApp(server);
            app.logIn("physician", "physician-password");
            clock.move(Duration.ofMinutes(2));
            Map<String, String> request = app.request("user/*.rs");
            assertThat(location(app.authorize(request))).contains("/oauth2/consent");
            request.put("max_age", "60");
            assertThat(location(app.authorize(request))).endsWith("/login?again");
            request.put("max_age", "600");
            assertThat(location(app.authorize(request))).contains("/oauth2/consent");
            request.put("acr_values", LogIn.Method.CARD.acr());
            assertThat(location(app.authorize(request))).endsWith("/login?strong");
            request.remove("acr_values");
            request.put("prompt", "login");
            assertThat(location(app.authorize(request))).endsWith("/login?again");
            app.logIn("physician", "physician-password");
            assertThat(location(app.authorize(request))).contains("/oauth2/consent");
        }
    }

    @Test
    void a_token_of_a_weak_log_in_neither_opens_a_record_nor_administers_and_may_close() {
        TestServer whole = TestServer.shared();
        TokenMint mint = whole.bean(TokenMint.class);
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        consent.setPatient(new Reference("Patient/mateusz-kowalczyk"));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addActor()
                .setReference(new Reference("Practitioner/jonas-lindqvist"));
        String weak = mint.forPerson("patient2", "patient/*.cruds", LogIn.Method.ISSUER);

        Answer refused = post(whole, weak, "Consent", consent);
        assertThat(refused.status()).as(refused.text()).isEqualTo(401);
        assertThat(refused.text()).contains("step-up-required");
        assertThat(refused.response().headers().firstValue("WWW-Authenticate").orElse(""))
                .contains("insufficient_user_authentication")
                .contains("max_age");

        String id = whole.post("patient2", "Consent", consent)
                .resource()
                .getIdElement()
                .getIdPart();
        assertThat(whole.send(whole.anonymous("Consent/" + id)
                                .header("Authorization", "Bearer " + weak)
                                .DELETE())
                        .status())
                .as("ending what opens a record needs no proof")
                .isLessThan(300);

        consent.getProvision().setType(Consent.ConsentProvisionType.DENY);
        String deny = whole.post("patient2", "Consent", consent)
                .resource()
                .getIdElement()
                .getIdPart();
        assertThat(whole.send(whole.anonymous("Consent/" + deny)
                                .header("Authorization", "Bearer " + weak)
                                .DELETE())
                        .status())
                .as("ending what closes a record opens it")
                .isEqualTo(401);
        Consent disguised = (Consent) whole.get("patient2", "Consent/" + deny).resource();
        disguised.setStatus(Consent.ConsentState.INACTIVE);
        disguised.getProvision().setType(Consent.ConsentProvisionType.PERMIT);
        assertThat(whole.send(whole.anonymous("Consent/" + deny)
                                .header("Authorization", "Bearer " + weak)
                                .header("Content-Type", "application/fhir+json")
                                .PUT(HttpRequest.BodyPublishers.ofString(
                                        whole.fhir().newJsonParser().encodeResourceToString(disguised))))
                        .status())
                .as("whatever it says of itself at the end")
                .isEqualTo(401);
        whole.delete("patient2", "Consent/" + deny);

        Organization organization = new Organization();
        organization.setName("New ward");
        String clerk = mint.forPerson("administrator", "user/*.cruds", LogIn.Method.ISSUER);
        assertThat(post(whole, clerk, "Organization", organization).status()).isEqualTo(401);
        assertThat(whole.post("administrator", "Organization", organization).status())
                .isEqualTo(201);
    }

    private static Answer post(TestServer server, String token, String path, org.hl7.fhir.r4.model.Resource body) {
        return server.send(server.anonymous(path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        server.fhir().newJsonParser().encodeResourceToString(body))));
    }
}
