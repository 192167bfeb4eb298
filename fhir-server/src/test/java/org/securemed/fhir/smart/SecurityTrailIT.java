package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.AuditEvent;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.Balp;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.SecurityEvent.Kind;

/** Each log-in, log-out, token and answer to an app is recorded before it is answered, and no secret with it. */
class SecurityTrailIT {
    private static final SmartServer SERVER = SmartServer.shared();

    private final SmartApp app = new SmartApp(SERVER);
    private final SmartServer.Events events = SERVER.bean(SmartServer.Events.class);

    private List<SecurityEvent> since(int before, Kind kind) {
        return events.recorded.stream()
                .skip(before)
                .filter(event -> event.kind() == kind)
                .toList();
    }

    @Test
    void a_log_in_a_failed_one_and_a_log_out_are_recorded() {
        int before = events.recorded.size();
        app.logIn("patient", "wrong");
        app.logIn("nobody-of-this-name", "wrong");
        app.logIn("patient", "patient-password");
        String page = app.browser.get(app.at("/login")).body();
        app.browser.post(app.at("/logout"), Map.of("_csrf", SmartApp.csrf(page)));

        List<SecurityEvent> logIns = since(before, Kind.LOGIN);
        assertThat(logIns)
                .extracting(SecurityEvent::failure)
                .containsExactly("bad-credentials", "bad-credentials", null);
        assertThat(logIns).extracting(SecurityEvent::subject).containsExactly("patient", null, "patient");
        assertThat(logIns.get(2).fhirUser()).isEqualTo("Patient/patient");
        assertThat(since(before, Kind.LOGOUT))
                .extracting(SecurityEvent::subject)
                .containsExactly("patient");
    }

    @Test
    void each_token_and_each_refusal_of_one_is_recorded_without_secrets() {
        int before = events.recorded.size();
        JsonNode tokens = SmartApp.json(
                app.exchange(app.code("patient", app.request("launch/patient patient/*.rs offline_access"))));
        JsonNode fresh = SmartApp.json(app.refresh(tokens.path("refresh_token").asText()));
        app.exchange("made-up");
        app.refresh("made-up");
        app.token(
                Map.of("grant_type", "client_credentials", "scope", "system/*.rs"),
                "Authorization",
                SmartApp.basic(DemoClients.BACKEND, "wrong"));
        app.browser.post(
                app.at("/oauth2/revoke"),
                Map.of("token", fresh.path("refresh_token").asText(), "client_id", DemoClients.APP));

        SecurityEvent issued = since(before, Kind.TOKEN_ISSUED).get(0);
        assertThat(issued.succeeded()).isTrue();
        assertThat(issued.tokenId())
                .isEqualTo(SmartApp.claims(tokens.path("access_token").asText())
                        .path("jti")
                        .asText());
        assertThat(issued.patient()).isEqualTo("patient");
        assertThat(issued.note()).contains("patient/*.rs");
        assertThat(since(before, Kind.TOKEN_ISSUED))
                .extracting(SecurityEvent::failure)
                .containsExactly(null, "invalid-grant", "invalid-client");
        assertThat(since(before, Kind.TOKEN_REFRESHED))
                .extracting(SecurityEvent::failure)
                .containsExactly(null, "invalid-grant");
        assertThat(since(before, Kind.TOKEN_REVOKED)).hasSize(1);
        assertThat(since(before, Kind.APP_CONSENT)).hasSize(1);
        assertThat(events.recorded.stream().skip(before).map(SecurityEvent::toString))
                .noneMatch(text -> text.contains(tokens.path("refresh_token").asText())
                        || text.contains(tokens.path("access_token").asText())
                        || text.contains(SmartApp.VERIFIER)
                        || text.contains("patient-password"));
    }

    @Test
    void nothing_is_answered_that_cannot_be_recorded() {
        try (SmartServer own = SmartServer.start(SmartServer.emptyDatabase())) {
            SmartApp mine = new SmartApp(own);
            String code = mine.code("patient", mine.request("launch/patient patient/*.rs"));
            own.bean(SmartServer.Events.class).broken = true;

            HttpResponse<String> token = mine.exchange(code);
            assertThat(token.statusCode()).isEqualTo(503);
            assertThat(token.body()).contains("record-unavailable").doesNotContain("access_token");
            SmartApp other = new SmartApp(own);
            assertThat(other.logIn("nurse", "nurse-password").statusCode()).isEqualTo(503);
            assertThat(other.logIn("nurse", "wrong").statusCode()).isEqualTo(503);
            own.bean(SmartServer.Events.class).broken = false;
            assertThat(other.authorize(other.request("user/*.rs"))
                            .headers()
                            .firstValue("Location")
                            .orElse(""))
                    .as("nobody is logged in")
                    .endsWith("/login");
        }
    }

    @Test
    void a_patient_finds_the_log_in_and_the_token_in_the_whole_servers_audit_log() {
        TestServer whole = TestServer.shared();
        SmartApp mine = new SmartApp(whole.base(), "http://localhost:8080/fhir");
        mine.logIn("patient2", "patient2");
        HttpResponse<String> back = mine.allow(mine.authorize(mine.request("launch/patient patient/*.rs")));
        mine.exchange(SmartApp.parameter(back, "code"));

        List<String> seen =
                whole.get("patient2", "AuditEvent?patient=mateusz-kowalczyk&_count=50").bundle().getEntry().stream()
                        .map(entry -> ((AuditEvent) entry.getResource())
                                .getSubtypeFirstRep()
                                .getCode())
                        .toList();
        assertThat(seen).contains("110122", "ITI-71", "app-consent");
    }

    /** Each as {@code type subtype outcome}, and a word of it. */
    @Test
    void each_is_an_audit_event_that_is_valid_and_claims_what_it_holds() {
        TestServer whole = TestServer.shared();
        java.time.Instant begun = java.time.Instant.now();
        SmartApp mine = new SmartApp(whole.base(), "http://localhost:8080/fhir");
        mine.logIn("patient2", "wrong");
        mine.logIn("patient2", "patient2");
        HttpResponse<String> back =
                mine.allow(mine.authorize(mine.request("launch/patient patient/*.rs offline_access")));
        JsonNode tokens = SmartApp.json(mine.exchange(SmartApp.parameter(back, "code")));
        JsonNode fresh = SmartApp.json(mine.refresh(tokens.path("refresh_token").asText()));
        mine.refresh("made-up");
        mine.browser.post(
                mine.at("/oauth2/introspect"),
                Map.of("token", fresh.path("access_token").asText()),
                "Authorization",
                SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX));
        mine.browser.post(
                mine.at("/oauth2/revoke"),
                Map.of("token", fresh.path("refresh_token").asText(), "client_id", DemoClients.APP));
        HttpResponse<String> asked = mine.consentPage(mine.authorize(mine.request("launch/patient patient/Goal.rs")));
        mine.decide(asked, "deny", form -> {});
        SmartApp admin = new SmartApp(whole.base(), "http://localhost:8080/fhir");
        admin.logIn("administrator", "administrator");
        String csrf =
                SmartApp.csrf(admin.browser.get(admin.at(AccountsPage.PATH)).body());
        // Nobody else's: whoever's account is closed has no token any more.
        String colleague = "colleague-of-the-trail";
        whole.bean(Accounts.class)
                .put(
                        new Account(
                                colleague,
                                "{noop}" + colleague,
                                "A colleague",
                                Set.of(Role.NURSE),
                                null,
                                null,
                                null,
                                Set.of("TREAT"),
                                Map.of(),
                                true),
                        true);
        for (String enabled : List.of("false", "true")) {
            admin.browser.post(
                    admin.at(AccountsPage.STATE), Map.of("account", colleague, "enabled", enabled, "_csrf", csrf));
        }
        mine.browser.post(
                mine.at("/logout"),
                Map.of(
                        "_csrf",
                        SmartApp.csrf(mine.browser.get(mine.at("/login")).body())));

        List<AuditEvent> events = whole
                .get(
                        "compliance",
                        "AuditEvent?_count=100&date=ge" + begun.toString().substring(0, 19) + "Z")
                .bundle()
                .getEntry()
                .stream()
                .map(entry -> (AuditEvent) entry.getResource())
                .toList();
        assertThat(events)
                .allSatisfy(event -> assertThat(Balp.errors(event))
                        .as(whole.fhir().newJsonParser().encodeResourceToString(event))
                        .isEmpty());
        assertThat(events.stream().map(SecurityTrailIT::inShort).toList())
                .contains(
                        "110114 110122 4 -",
                        "110114 110122 0 -",
                        "110114 ITI-71 0 IHE.IUA.71",
                        "110114 ITI-71 4 -",
                        "110114 ITI-102 0 -",
                        "110114 token-revoked 0 -",
                        "110113 app-consent 0 -",
                        "110113 app-consent 4 -",
                        "110113 110137 0 -",
                        "110114 110123 0 -");
        String all = events.stream()
                .map(event -> whole.fhir().newJsonParser().encodeResourceToString(event))
                .collect(java.util.stream.Collectors.joining());
        for (String secret : List.of("access_token", "refresh_token")) {
            assertThat(all)
                    .doesNotContain(tokens.path(secret).asText())
                    .doesNotContain(fresh.path(secret).asText());
        }
    }

    private static String inShort(AuditEvent event) {
        return event.getType().getCode() + " " + event.getSubtypeFirstRep().getCode() + " "
                + event.getOutcome().toCode() + " "
                + event.getMeta().getProfile().stream()
                        .map(profile -> profile.getValue()
                                .substring(profile.getValue().indexOf("BasicAudit.") + 11)
                                .replaceFirst(".*StructureDefinition/", ""))
                        .filter(name -> name.contains("71"))
                        .findFirst()
                        .orElse("-");
    }
}
