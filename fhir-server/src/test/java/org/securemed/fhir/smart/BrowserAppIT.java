package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestBrowser;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.replay.ReplayException;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

/** SMART apps made with the SMART Health IT client library, in Chromium, with people who click. */
class BrowserAppIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String ISS = "http://localhost:8080/fhir";
    private static final String PATIENT = "mateusz-kowalczyk";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final AppServer app = new AppServer();
    private final List<String> violations = new ArrayList<>();
    private BrowserContext profile = TestBrowser.profile(SERVER);
    private Page page = profile.newPage();

    @BeforeEach
    void listen() {
        page.onConsoleMessage(message -> {
            if (message.text().contains("Content Security Policy")) {
                violations.add(message.text());
            }
        });
    }

    @AfterEach
    void close() {
        profile.close();
        app.close();
        assertThat(violations).as("violations of the pages' policy").isEmpty();
    }

    private void settings(String client, String scope, String more) {
        app.settings("{iss: new URLSearchParams(location.search).get('iss') || '%s', clientId: '%s', scope: '%s',"
                        .formatted(ISS, client, scope)
                + " redirectUri: '%s', pkceMode: 'required' %s}".formatted(app.at("/callback"), more));
    }

    private void logIn(String name) {
        page.getByLabel("Name").fill(name);
        page.getByLabel("Password").fill(name);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in"))
                .click();
    }

    private void click(String button) {
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(button))
                .click();
    }

    /** The receipt comes first. */
    private void allow() {
        click("Allow selected");
        page.waitForURL("**/account/apps/**");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Go on to"))
                .click();
    }

    private JsonNode ready() throws IOException {
        page.waitForURL("**/callback*");
        page.waitForFunction("() => document.title !== 'app'");
        assertThat(page.title()).as(page.textContent("body")).isEqualTo("ready");
        return JSON.readTree(page.textContent("body"));
    }

    private String ask(String path) {
        return String.valueOf(page.evaluate("path => window.ask(path)", path));
    }

    private static String consent(JsonNode tokens) {
        return SmartApp.claims(tokens.path("access_token").asText())
                .path("extensions")
                .path("ihe_pcf")
                .path("doc_id")
                .path(0)
                .asText()
                .replaceFirst("^.*/Consent/", "");
    }

    @Test
    void a_patient_leaves_a_category_out_and_then_ends_it_all() throws IOException {
        settings(DemoClients.APP, "openid fhirUser launch/patient offline_access patient/*.rs", "");
        page.navigate(app.at("/launch"));
        TestBrowser.picture(page, "a1-sign-in");
        logIn("patient2");
        assertThat(page.getByLabel("Mental health").isChecked()).isFalse();
        page.getByLabel("Conditions and diagnoses").uncheck();
        TestBrowser.picture(page, "a3-consent");
        click("Allow selected");
        page.waitForURL("**/account/apps/**");
        TestBrowser.picture(page, "a4-receipt");
        assertThat(page.textContent("main")).contains("Vaccinations").doesNotContain("Conditions and diagnoses");
        String proof = page.getByText("Download the proof").getAttribute("href");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Go on to"))
                .click();

        JsonNode tokens = ready();
        TestBrowser.picture(page, "app-ready");
        assertThat(granting(proof)).isEqualTo(consent(tokens));
        assertThat(tokens.path("patient").asText()).isEqualTo(PATIENT);
        assertThat(page.evaluate("() => window.client.getFhirUser()")).isEqualTo("Patient/" + PATIENT);
        assertThat(page.evaluate("() => window.client.patient.read().then(found => found.id)"))
                .isEqualTo(PATIENT);
        assertThat(ask("Immunization?patient=" + PATIENT)).startsWith("total ").doesNotContain("total 0 ");
        assertThat(ask("Condition?patient=" + PATIENT)).isEqualTo("status 403");
        page.evaluate("() => window.client.refresh()");
        String fresh = String.valueOf(page.evaluate("() => window.client.state.tokenResponse.access_token"));
        assertThat(fresh).isNotEqualTo(tokens.path("access_token").asText());
        assertThat(ask("Immunization?patient=" + PATIENT)).startsWith("total ");

        assertThat(SERVER.delete("patient2", "Consent/" + consent(tokens)).status())
                .isLessThan(300);

        assertThat(page.evaluate(
                        "token => fetch('" + ISS + "/Patient/" + PATIENT
                                + "', {headers: {Authorization: 'Bearer ' + token}}).then(answer => answer.status)",
                        fresh))
                .isEqualTo(401);
        assertThat(ask("Immunization?patient=" + PATIENT)).doesNotStartWith("total ");
    }

    /** The Consent that the entry grants to which a receipt's address leads. */
    private static String granting(String proof) {
        long index = Long.parseLong(proof.substring(proof.lastIndexOf('/') + 1));
        Entry entry = SERVER.bean(Ledger.class).read(index).orElseThrow().entry();
        assertThat(SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + proof)))
                        .text())
                .startsWith("c2sp.org/tlog-proof@v1");
        try {
            Transition made = RecordedTransition.open(
                            entry, SERVER.bean(SubjectKeys.class).key(PATIENT))
                    .transition();
            return ((Transition.Grant) made).consentId();
        } catch (ReplayException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_patient_who_denies_sends_the_app_away_empty_handed() {
        settings(DemoClients.APP, "launch/patient patient/*.rs", "");
        page.navigate(app.at("/launch"));
        logIn("patient2");
        click("Deny");
        page.waitForURL("**/callback*");
        assertThat(page.url()).contains("error=access_denied").doesNotContain("code=");
    }

    @Test
    void an_ehr_launches_the_app_with_its_context() throws IOException {
        String consent = letIn("Practitioner/jonas-lindqvist");
        try {
            LaunchContext context = new LaunchContext(
                    PATIENT,
                    "visit-1",
                    List.of(new LaunchContext.Resource("ImagingStudy/7", null)),
                    true,
                    "reconcile-medications");
            String launch = SERVER.bean(LaunchContexts.class).open(DemoClients.APP, "physician2", context);
            settings(DemoClients.APP, "openid fhirUser launch patient/*.rs offline_access", "");
            page.navigate(app.at("/launch?iss=" + ISS + "&launch=" + launch));
            logIn("physician2");
            TestBrowser.picture(page, "a3-consent-ehr-launch");
            allow();

            JsonNode tokens = ready();
            assertThat(tokens.path("patient").asText()).isEqualTo(PATIENT);
            assertThat(tokens.path("encounter").asText()).isEqualTo("visit-1");
            assertThat(tokens.path("need_patient_banner").asBoolean()).isTrue();
            assertThat(tokens.path("intent").asText()).isEqualTo("reconcile-medications");
            assertThat(tokens.path("fhirContext").path(0).path("reference").asText())
                    .isEqualTo("ImagingStudy/7");
            assertThat(ask("Immunization?patient=" + PATIENT))
                    .startsWith("total ")
                    .doesNotContain("total 0 ");

            // The launch is used up.
            page.navigate(app.at("/launch?iss=" + ISS + "&launch=" + launch));
            page.waitForURL("**/callback*");
            assertThat(page.url()).contains("error=invalid_request");
        } finally {
            SERVER.delete("patient2", "Consent/" + consent);
        }
    }

    @Test
    void a_physician_finds_the_patient_who_let_her_in_and_no_other() throws IOException {
        String consent = letIn("Practitioner/jonas-lindqvist");
        try {
            settings(DemoClients.APP, "launch/patient patient/*.rs", "");
            page.navigate(app.at("/launch"));
            logIn("physician2");
            page.getByLabel("Whose record?").fill("Rossi");
            click("Search");
            assertThat(page.textContent("main")).contains("No record found.");
            page.getByLabel("Whose record?").fill("kowal");
            click("Search");
            TestBrowser.picture(page, "a2-choose-record");
            page.getByLabel("Kowalczyk").check();
            allow();

            assertThat(ready().path("patient").asText()).isEqualTo(PATIENT);
            assertThat(ask("Patient?_id=" + PATIENT)).isEqualTo("total 1 Bundle");
            assertThat(ask("Patient?_id=elena-rossi")).isEqualTo("total 0 Bundle");
        } finally {
            SERVER.delete("patient2", "Consent/" + consent);
        }
    }

    @Test
    void an_app_with_a_secret_and_one_with_a_key_prove_themselves() throws IOException, JOSEException {
        register(
                "browser-secret",
                builder -> builder.clientSecret("{noop}a secret of the app")
                        .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                        .clientSettings(settings().build()));
        settings("browser-secret", "launch/patient patient/Patient.rs", ", clientSecret: 'a secret of the app'");
        page.navigate(app.at("/launch"));
        logIn("patient2");
        allow();
        ready();
        assertThat(ask("Patient?_id=" + PATIENT)).isEqualTo("total 1 Bundle");

        ECKey key = new ECKeyGenerator(Curve.P_384)
                .keyID("key-1")
                .algorithm(com.nimbusds.jose.JWSAlgorithm.ES384)
                .generate();
        register(
                "browser-key",
                builder -> builder.clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
                        .clientSettings(settings()
                                .setting(
                                        ClientKeys.INLINE,
                                        "{\"keys\":[" + key.toPublicJWK().toJSONString() + "]}")
                                .build()));
        String jwk = key.toJSONString().replaceFirst("\\}$", ",\"key_ops\":[\"sign\"],\"ext\":true}");
        settings("browser-key", "launch/patient patient/Patient.rs", ", clientPrivateJwk: " + jwk);
        page.navigate(app.at("/launch"));
        allow();
        ready();
        assertThat(ask("Patient?_id=" + PATIENT)).isEqualTo("total 1 Bundle");
    }

    private static ClientSettings.Builder settings() {
        return ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(true);
    }

    private static void register(String id, java.util.function.UnaryOperator<RegisteredClient.Builder> how) {
        RegisteredClient.Builder client = RegisteredClient.withId(id)
                .clientId(id)
                .clientName("An app named " + id)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .redirectUri("http://127.0.0.1/callback")
                .scope("launch/patient")
                .scope("patient/*.rs")
                .tokenSettings(DemoClients.tokens(SERVER.bean(SmartProperties.class), java.time.Duration.ofHours(1)));
        SERVER.bean(Clients.class).save(how.apply(client).build(), true);
    }

    /** The patient lets a practitioner in, for treatment. */
    private static String letIn(String grantee) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        consent.setPatient(new Reference("Patient/" + PATIENT));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", null))
                .addActor()
                .setReference(new Reference(grantee));
        TestServer.Answer answer = SERVER.post("patient2", "Consent", consent);
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.resource().getIdElement().getIdPart();
    }
}
