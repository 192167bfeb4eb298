package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.securemed.fhir.server.TestServer;

/**
 * What looks at everybody, or acts on everybody, takes a token that speaks of everybody: not one of another server that
 * speaks of one patient (IHE PCF), and not one whose scopes do.
 */
class ReachOfTokensIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<String, Object> OF_ONE = Map.of("patient_id", "Patient/elena-rossi");
    private static final String MACHINE = "reach-machine";
    private static final String NOBODY = "reach-nobody";
    private static final String EVERYTHING = "user/*.cruds";

    /**
     * A request.
     *
     * @param user whose role lets them
     * @param good statuses of a token that speaks of everybody: it was let in, whatever came of it
     * @param narrow scopes that leave something out that it takes; empty if there are none
     */
    private record Row(String user, String method, String path, String body, List<Integer> good, String narrow) {
        @Override
        public String toString() {
            return user + " " + method + " " + path;
        }
    }

    private static Row row(String user, String method, String path, String body, int good, String narrow) {
        return new Row(user, method, path, body, List.of(good), narrow);
    }

    private static final String PARAMETERS = "{\"resourceType\":\"Parameters\"}";
    private static final String BUNDLE =
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Location\",\"name\":\"x\"},"
                    + "\"request\":{\"method\":\"POST\",\"url\":\"Location\"}}]}";
    private static final String LOCATION = "{\"resourceType\":\"Location\",\"name\":\"x\"}";

    static Stream<Row> everybodys() {
        return Stream.of(
                row("administrator", "POST", "/admin/patients/" + NOBODY + "/erasure", "", 404, "user/*.rs"),
                row("administrator", "POST", "/admin/patient-keys/epoch", "", 200, "patient/*.cruds"),
                row("administrator", "GET", "/admin/feed", "", 404, "user/Observation.rs"),
                row("administrator", "POST", "/admin/feed/again", "", 404, "user/Observation.rs"),
                row("administrator", "GET", "/admin/retention", "", 200, "patient/AuditEvent.rs"),
                row("administrator", "POST", "/admin/retention/proposals?before=x", "", 400, "user/*.rs"),
                row("administrator", "POST", "/admin/retention/proposals/x/approval", "", 404, "user/*.rs"),
                row("administrator", "POST", "/admin/retention/holds", "", 400, "user/*.rs"),
                row("administrator", "POST", "/admin/retention/holds/x/release", "", 400, "user/*.rs"),
                row("administrator", "POST", "/fhir/Location", LOCATION, 201, "user/*.rs"),
                row("administrator", "POST", "/fhir", BUNDLE, 200, "user/*.rs"),
                row("administrator", "DELETE", "/fhir/Location/reach-none", "", 200, "user/*.rs"),
                row("compliance", "GET", "/admin/feed", "", 404, "patient/*.cruds"),
                row("compliance", "GET", "/admin/retention", "", 200, "user/Observation.rs"),
                row("compliance", "GET", "/ledger/entry/0", "", 200, "patient/*.cruds"),
                row("compliance", "GET", "/fhir/AuditEvent/$findings", "", 200, "patient/AuditEvent.rs"),
                row("compliance", "GET", "/fhir/AuditEvent/$break-glass-reviews", "", 200, "patient/AuditEvent.rs"),
                row("compliance", "POST", "/fhir/AuditEvent/x/$review", PARAMETERS, 404, "patient/AuditEvent.rs"),
                row("compliance", "POST", "/fhir/AuditEvent/x/$sign-off", PARAMETERS, 404, "patient/AuditEvent.rs"),
                row("compliance", "GET", "/fhir/AuditEvent/$verify?from=0&to=1", "", 200, "patient/AuditEvent.rs"),
                row("compliance", "GET", "/fhir/AuditEvent/$integrity-status", "", 200, "patient/AuditEvent.rs"),
                row(
                        "compliance",
                        "POST",
                        "/fhir/AuditEvent/$integrity-sweep",
                        PARAMETERS,
                        200,
                        "patient/AuditEvent.rs"),
                row(
                        "compliance",
                        "GET",
                        "/fhir/Patient/elena-rossi/$verify-integrity",
                        "",
                        200,
                        "patient/AuditEvent.rs"),
                row(
                        "compliance",
                        "POST",
                        "/fhir/Patient/elena-rossi/$restore-integrity",
                        PARAMETERS,
                        200,
                        "patient/AuditEvent.rs"),
                row(
                        "compliance",
                        "POST",
                        "/fhir/AuditEvent/$recordDisclosure",
                        PARAMETERS,
                        400,
                        "patient/AuditEvent.rs"),
                row(MACHINE, "POST", "/admin/patients/" + NOBODY + "/erasure", "", 404, "user/*.rs"),
                row(MACHINE, "GET", "/admin/feed", "", 404, "user/Observation.rs"),
                row(MACHINE, "GET", "/ledger/entry/0", "", 200, "user/Observation.rs"),
                row(MACHINE, "GET", "/fhir/AuditEvent/$verify?from=0&to=1", "", 200, "patient/AuditEvent.rs"),
                row(MACHINE, "GET", "/fhir/AuditEvent/$integrity-status", "", 200, "patient/AuditEvent.rs"),
                row(MACHINE, "POST", "/fhir/Patient", "{\"resourceType\":\"Patient\"}", 201, "user/*.rs"),
                row(MACHINE, "POST", "/fhir/Location", LOCATION, 201, "user/*.rs"),
                row("physician", "POST", "/launches", "{\"client_id\":\"demo-app\"}", 201, "patient/*.rs"),
                row(
                        "physician",
                        "POST",
                        "/fhir/Patient/" + NOBODY + "/$break-glass",
                        PARAMETERS,
                        422,
                        "user/Observation.rs"),
                row(
                        "physician",
                        "POST",
                        "/fhir/Patient/" + NOBODY + "/$request-access",
                        PARAMETERS,
                        200,
                        "user/Observation.rs"),
                row("physician", "POST", "/fhir/Patient/$request-access", PARAMETERS, 422, "user/Observation.rs"),
                row("patient", "GET", "/fhir/Patient/" + NOBODY + "/$signing-keys", "", 404, "user/Observation.rs"));
    }

    @BeforeAll
    static void account() {
        TestIssuer.system(SERVER, MACHINE);
    }

    @ParameterizedTest
    @MethodSource("everybodys")
    void a_token_that_speaks_of_one_patient_does_not_reach_everybody(Row row) {
        HttpResponse<String> of = send(row, TestIssuer.token(SERVER, row.user(), EVERYTHING, null));
        assertThat(of.statusCode())
                .as("one that speaks of everybody: " + of.body())
                .isIn(row.good());

        HttpResponse<String> refused = send(row, TestIssuer.token(SERVER, row.user(), EVERYTHING, OF_ONE));
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
    }

    @ParameterizedTest
    @MethodSource("everybodys")
    void a_token_whose_scopes_leave_something_out_does_not_reach_it(Row row) {
        HttpResponse<String> refused = send(row, TestIssuer.token(SERVER, row.user(), row.narrow(), null));

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        assertThat(refused.body()).contains("scope-not-allowed");
    }

    @Test
    void events_of_others_do_not_exist_for_an_officer_whose_token_speaks_of_one_patient() {
        String event = event(EVERYTHING);
        assertThat(event).isNotEmpty();

        for (String token : List.of(
                TestIssuer.token(SERVER, "compliance", EVERYTHING, OF_ONE),
                TestIssuer.token(SERVER, MACHINE, EVERYTHING, OF_ONE),
                TestIssuer.tokenSaying(SERVER, "compliance", "patient/AuditEvent.rs", Map.of("patient", "elena-rossi")),
                TestIssuer.token(SERVER, "compliance", "user/AuditEvent.rs?type=rest", null))) {
            assertThat(get(token, "AuditEvent?_count=1").body()).doesNotContain("\"fullUrl\"");
            assertThat(get(token, "AuditEvent/" + event).statusCode()).isEqualTo(404);
            assertThat(get(token, "AuditEvent/" + event + "/$proof").statusCode())
                    .isEqualTo(404);
            assertThat(get(token, "Patient/elena-rossi/$access-log").statusCode())
                    .isEqualTo(404);
            assertThat(get(token, "Patient/elena-rossi/$explain-access").statusCode())
                    .isEqualTo(404);
        }
        assertThat(event("user/AuditEvent.s")).isNotEmpty();
    }

    @Test
    void an_app_that_may_see_some_of_a_patients_events_sees_none() {
        get(SERVER.token("patient"), "Patient/elena-rossi");
        String all = TestIssuer.token(SERVER, "patient", "patient/AuditEvent.rs", null);
        String some = TestIssuer.token(SERVER, "patient", "patient/AuditEvent.rs?type=rest", null);

        assertThat(get(all, "AuditEvent?_count=1").body()).contains("\"fullUrl\"");
        assertThat(get(some, "AuditEvent?_count=1").body()).doesNotContain("\"fullUrl\"");
    }

    private static String event(String scope) {
        String body = get(TestIssuer.token(SERVER, "compliance", scope, null), "AuditEvent?_count=1")
                .body();
        return body.replaceFirst("(?s).*?/AuditEvent/([0-9a-f-]{36}).*", "$1").strip();
    }

    @Test
    void nobody_of_another_server_is_a_machine_here() {
        String token = TestIssuer.tokenSaying(SERVER, "physician", EVERYTHING, Map.of("client_id", "physician"));

        HttpResponse<String> answer = get(token, "Patient/elena-rossi");

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("token-claims");
    }

    private static HttpResponse<String> get(String token, String path) {
        return send(row("", "GET", "/fhir/" + path, "", 0, ""), token);
    }

    private static HttpResponse<String> send(Row row, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(SERVER.base() + row.path().replace("$", "%24")))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + token)
                .method(
                        row.method(),
                        row.body().isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(row.body()));
        if (!row.body().isEmpty()) {
            request.header(
                    "Content-Type", row.path().startsWith("/fhir") ? "application/fhir+json" : "application/json");
        }
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
