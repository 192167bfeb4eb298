package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whatever is sent: the right status, an OperationOutcome that tells nothing of the inside, one entry in the ledger,
 * and nothing changed.
 */
class BadInputIT {
    /** What no answer may hold. */
    private static final Pattern INSIDE = Pattern.compile(
            "Exception|\\bjava\\.|org\\.(hibernate|postgresql|springframework|apache)|ca\\.uhn|com\\.fasterxml"
                    + "|\\bat [a-z]+\\.[a-z]+\\.|(?i:\\bselect .* from\\b)|\\bjdbc\\b|hfj_|SQL|Tomcat|root:|eyJ[A-Za-z0-9]");

    private static final String JSON = "application/fhir+json";
    private static final String XML = "application/fhir+xml";
    private static final int LIMIT = 16 * 1024 * 1024;

    private final TestServer server = TestServer.shared();
    private final JdbcTemplate database = new JdbcTemplate(server.database());
    private List<Long> rows = List.of();
    private Trail trail = Trail.of(server);

    @BeforeEach
    void remember() {
        rows = rows();
        trail = Trail.of(server);
    }

    @AfterEach
    void nothing_was_changed_and_the_server_is_well() {
        assertThat(rows()).isEqualTo(rows);
        assertThat(server.get("backend", "Patient/elena-rossi").status()).isEqualTo(200);
    }

    private List<Long> rows() {
        return Stream.of(
                        "hfj_resource",
                        "hfj_res_ver",
                        "hfj_spidx_token",
                        "securemed.resource_owner",
                        "securemed.patient_partition",
                        "ledger.consent_state",
                        "ledger.ledger_outbox",
                        "ledger.ledger_staged")
                .map(table -> database.queryForObject("select count(*) from " + table, Long.class))
                .toList();
    }

    /**
     * A request that must not succeed.
     *
     * @param statuses those that are right
     */
    record Bad(String what, String user, String method, String path, String type, byte[] body, List<Integer> statuses) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Bad bad(String what, String method, String path, String type, String body, Integer... statuses) {
        return new Bad(
                what, "backend", method, path, type, body.getBytes(StandardCharsets.UTF_8), Arrays.asList(statuses));
    }

    private static Bad get(String what, String path, Integer... statuses) {
        return new Bad(what, "physician", "GET", path, "", new byte[0], Arrays.asList(statuses));
    }

    private static String in(String template, String value) {
        return template.replace("?", value);
    }

    static Stream<Bad> bodies() {
        String observation = """
                {"resourceType":"Observation","status":"final","code":{"text":"x"},
                 "subject":{"reference":"Patient/elena-rossi"},?}""";
        String nested = "{\"extension\":[".repeat(10_000) + "]}".repeat(10_000);
        String deep = "{\"resourceType\":\"Observation\",\"extension\":[" + nested + "]}";
        String xml =
                "<Observation xmlns=\"http://hl7.org/fhir\"><status value=\"final\"/><code><text value=\"?\"/></code>"
                        + "<subject><reference value=\"Patient/elena-rossi\"/></subject></Observation>";
        return Stream.of(
                bad("no body", "POST", "Observation", JSON, "", 400),
                bad("a body of spaces", "POST", "Observation", JSON, "   ", 400),
                bad("JSON that ends early", "POST", "Observation", JSON, "{\"resourceType\":\"Observation\",", 400),
                bad("no JSON", "POST", "Observation", JSON, "resourceType=Observation", 400),
                bad("a JSON array", "POST", "Observation", JSON, "[]", 400),
                bad("a JSON null", "POST", "Observation", JSON, "null", 400),
                bad(
                        "JSON with something behind it",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"id\":\"1\"") + "}}",
                        400),
                bad("JSON with a key twice", "POST", "Observation", JSON, in(observation, "\"status\":\"final\""), 400),
                bad("no resource type", "POST", "Observation", JSON, "{\"status\":\"final\"}", 400),
                bad("an unknown resource type", "POST", "Observation", JSON, "{\"resourceType\":\"Frob\"}", 400),
                bad("another resource type", "POST", "Observation", JSON, "{\"resourceType\":\"Patient\"}", 400),
                bad("an unknown element", "POST", "Observation", JSON, in(observation, "\"frob\":1"), 400, 422),
                bad("a number for an object", "POST", "Observation", JSON, in(observation, "\"method\":5"), 400, 422),
                bad(
                        "two for one",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"method\":[{\"text\":\"x\"},{\"text\":\"y\"}]"),
                        400,
                        422),
                bad(
                        "an object for an array",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"category\":{}"),
                        400,
                        422),
                bad(
                        "no date",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"effectiveDateTime\":\"soon\""),
                        400,
                        422),
                bad(
                        "an unknown code",
                        "POST",
                        "Observation",
                        JSON,
                        "{\"resourceType\":\"Observation\",\"status\":\"frob\"}",
                        400,
                        422),
                bad(
                        "a number of 5,000 digits",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"valueQuantity\":{\"value\":" + "9".repeat(5000) + "}"),
                        400,
                        422),
                bad(
                        "a number with an exponent of nine digits",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"valueQuantity\":{\"value\":1e999999999}"),
                        400,
                        422),
                bad(
                        "a number with a large exponent",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"valueQuantity\":{\"value\":1e9999}"),
                        400,
                        422),
                bad(
                        "an integer beyond 32 bits",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"valueInteger\":99999999999"),
                        400,
                        422),
                bad("10,000 levels of JSON", "POST", "Observation", JSON, deep, 400),
                bad(
                        "10,000 levels of XML",
                        "POST",
                        "Observation",
                        XML,
                        "<Observation xmlns=\"http://hl7.org/fhir\">" + "<extension url=\"u\">".repeat(10_000)
                                + "</extension>".repeat(10_000) + "</Observation>",
                        400),
                bad(
                        "XML that ends early",
                        "POST",
                        "Observation",
                        XML,
                        "<Observation xmlns=\"http://hl7.org/fhir\">",
                        400),
                bad(
                        "an external entity",
                        "POST",
                        "Observation",
                        XML,
                        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + in(xml, "&e;"),
                        400),
                bad(
                        "entities of entities",
                        "POST",
                        "Observation",
                        XML,
                        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
                                + in(xml, "&b;"),
                        400),
                bad(
                        "a number with an exponent of nine digits in XML",
                        "POST",
                        "Observation",
                        XML,
                        in(xml, "x")
                                .replace(
                                        "</Observation>",
                                        "<valueQuantity><value value=\"1e999999999\"/></valueQuantity></Observation>"),
                        400,
                        422),
                bad("a NUL in XML", "POST", "Observation", XML, in(xml, "a&#0;b"), 400),
                bad(
                        "an enormous number by an XML patch",
                        "PATCH",
                        "Patient/elena-rossi",
                        "application/xml-patch+xml",
                        "<diff xmlns:f=\"http://hl7.org/fhir\"><add sel=\"f:Patient\"><extension xmlns=\"http://hl7.org/fhir\""
                                + " url=\"http://x.example\"><valueDecimal value=\"1e999999999\"/></extension></add></diff>",
                        400,
                        422),
                bad("XML called JSON", "POST", "Observation", JSON, in(xml, "x"), 400),
                bad("JSON called XML", "POST", "Observation", XML, in(observation, "\"id\":\"1\""), 400),
                bad("text", "POST", "Observation", "text/plain", in(observation, "\"id\":\"1\""), 400, 415),
                bad("a picture", "POST", "Observation", "image/png", in(observation, "\"id\":\"1\""), 400, 415),
                bad(
                        "no known charset",
                        "POST",
                        "Observation",
                        "application/fhir+json;charset=frob",
                        in(observation, "\"id\":\"1\""),
                        400,
                        415),
                new Bad(
                        "invalid UTF-8",
                        "backend",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"note\":[{\"text\":\"\u00e9\u00e9\"}]")
                                .getBytes(StandardCharsets.ISO_8859_1),
                        List.of(400)),
                bad(
                        "a NUL in a string",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"note\":[{\"text\":\"a\\u0000b\"}]"),
                        400,
                        422),
                bad(
                        "half a surrogate pair",
                        "POST",
                        "Observation",
                        JSON,
                        in(observation, "\"note\":[{\"text\":\"a\\ud800b\"}]"),
                        400,
                        422),
                bad("another id in the body", "PUT", "Observation/a", JSON, in(observation, "\"id\":\"b\""), 400),
                bad("no id in the body", "PUT", "Observation/a", JSON, "{\"resourceType\":\"Observation\"}", 400),
                bad(
                        "an id of 65 characters",
                        "PUT",
                        "Observation/" + "a".repeat(65),
                        JSON,
                        in(observation, "\"id\":\"" + "a".repeat(65) + "\""),
                        400,
                        422),
                bad(
                        "an id with a quote",
                        "PUT",
                        "Observation/a%27b",
                        JSON,
                        in(observation, "\"id\":\"a'b\""),
                        400,
                        422),
                bad("a Bundle of no type", "POST", "", JSON, "{\"resourceType\":\"Bundle\"}", 400, 422),
                bad(
                        "a search set as a transaction",
                        "POST",
                        "",
                        JSON,
                        "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}",
                        400,
                        422),
                bad(
                        "a Bundle entry of no request",
                        "POST",
                        "",
                        JSON,
                        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}}]}",
                        400,
                        422),
                bad(
                        "a Bundle entry that climbs",
                        "POST",
                        "",
                        JSON,
                        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"../../etc/passwd\"}}]}",
                        400,
                        404),
                bad("no Bundle", "POST", "", JSON, "{\"resourceType\":\"Patient\"}", 400, 422),
                bad(
                        "a patch of no known kind",
                        "PATCH",
                        "Patient/elena-rossi",
                        JSON,
                        "{\"resourceType\":\"Patient\"}",
                        400,
                        415),
                bad(
                        "a patch that is none",
                        "PATCH",
                        "Patient/elena-rossi",
                        "application/json-patch+json",
                        "{\"op\":1}",
                        400,
                        422),
                bad(
                        "a patch of nothing",
                        "PATCH",
                        "Patient/elena-rossi",
                        "application/json-patch+json",
                        "[{\"op\":\"replace\",\"path\":\"/frob/1/x\",\"value\":1}]",
                        400,
                        422),
                bad(
                        "a patch to another type",
                        "PATCH",
                        "Patient/elena-rossi",
                        "application/json-patch+json",
                        "[{\"op\":\"replace\",\"path\":\"/resourceType\",\"value\":\"Person\"}]",
                        400,
                        422),
                bad(
                        "an AuditEvent",
                        "POST",
                        "AuditEvent",
                        JSON,
                        "{\"resourceType\":\"AuditEvent\",\"action\":7}",
                        400,
                        403,
                        405),
                bad(
                        "a Subscription",
                        "POST",
                        "Subscription",
                        JSON,
                        "{\"resourceType\":\"Subscription\"}",
                        422,
                        400,
                        403,
                        404,
                        405));
    }

    static Stream<Bad> addresses() {
        return Stream.of(
                get("an unknown type", "Frob/1", 404),
                get("an unknown type to search", "Frob?name=x", 404),
                get("an unknown operation", "Patient/elena-rossi/$frobnicate", 400, 403, 404),
                get("an unknown operation of the system", "$frobnicate", 400, 403, 404),
                get("an operation that is not offered", "Patient/$export", 400, 403, 404),
                get("an unknown parameter", "Patient?frobnicate=1", 400),
                get("an unknown modifier", "Patient?name:frob=1", 400),
                get("no date", "Patient?birthdate=yesterday", 400),
                get("a month of 99 days", "Patient?birthdate=2020-02-99", 400),
                get("no quantity", "Observation?value-quantity=ltx", 400),
                get("an enormous quantity", "Observation?value-quantity=1e999999999", 400),
                get("a negative enormous quantity", "Observation?value-quantity=gt-1e-999999999", 400),
                get("no count", "Patient?_count=many", 400),
                get("a negative count", "Patient?_count=-1", 400),
                get("a count beyond all numbers", "Patient?_count=99999999999999999999", 400),
                get("a negative offset", "Patient?_offset=-1", 400),
                get("an unknown sort", "Patient?_sort=frob", 400),
                get("an unknown summary", "Patient?_summary=frob", 400),
                get("an unknown include", "Patient?_include=Patient:frob", 400),
                get("an unknown format", "Patient/elena-rossi?_format=frob", 400, 404, 406),
                get("an unknown page", "?_getpages=frob&_getpagesoffset=0", 400, 403, 404, 410),
                get("an id that is none", "Patient/%27%20or%201=1--", 400, 404),
                get("an id of 65 characters", "Patient/" + "a".repeat(65), 400, 404),
                get("a version that is none", "Patient/elena-rossi/_history/x", 400, 404),
                get("a version beyond all numbers", "Patient/elena-rossi/_history/99999999999999999999", 400, 404),
                get("something behind the version", "Patient/elena-rossi/_history/1/frob", 400, 404),
                get("a NUL", "Patient/a%00b", 400),
                get("a climbing id", "Patient/..%2f..%2fetc%2fpasswd", 400),
                get("a climbing id, twice encoded", "Patient/%252e%252e%252fetc", 400, 404),
                get("a semicolon", "Patient/elena-rossi;jsessionid=1", 400),
                get("a parameter in no UTF-8", "Patient?name=%ff%fe", 400),
                get("a parameter with a NUL", "Patient?name=a%00b", 400),
                get("2,000 parameters", "Patient?" + "a=&".repeat(2000), 400),
                new Bad(
                        "a patient's search without a type",
                        "patient",
                        "GET",
                        "?name=x",
                        "",
                        new byte[0],
                        List.of(400, 403)),
                bad(
                        "a create with an id",
                        "POST",
                        "Patient/elena-rossi",
                        JSON,
                        "{\"resourceType\":\"Patient\"}",
                        400,
                        404,
                        405),
                bad("an update of a type", "PUT", "Patient", JSON, "{\"resourceType\":\"Patient\"}", 400, 405),
                bad("a deletion of a type", "DELETE", "Patient", "", "", 400, 403, 405, 412),
                bad("a deletion of everything", "DELETE", "", "", "", 400, 403, 404, 405),
                bad("a conditional deletion of many", "DELETE", "Patient?gender=female", "", "", 400, 403, 412),
                bad("an update of the system", "PUT", "", JSON, "{\"resourceType\":\"Patient\"}", 400, 405),
                bad(
                        "a search by PUT",
                        "PUT",
                        "Patient/_search",
                        "application/x-www-form-urlencoded",
                        "name=x",
                        400,
                        405,
                        415),
                bad("an unknown method", "FROB", "Patient/elena-rossi", "", "", 400, 405, 501));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"bodies", "addresses"})
    void is_refused(Bad bad) {
        HttpRequest.Builder request = request(bad);

        Answer answer = server.send(request);

        requireRefusal(answer, bad.statuses());
    }

    private HttpRequest.Builder request(Bad bad) {
        HttpRequest.Builder request = server.request(bad.user(), "").header("Accept", JSON);
        request.uri(URI.create(server.base() + "/fhir"
                + (bad.path().isEmpty() || bad.path().startsWith("?") ? "" : "/") + bad.path()));
        if (!bad.type().isEmpty()) {
            request.header("Content-Type", bad.type());
        }
        return request.method(
                bad.method(),
                bad.body().length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(bad.body()));
    }

    private void requireRefusal(Answer answer, List<Integer> statuses) {
        assertThat(answer.status()).as(answer.text()).isIn(statuses);
        requireOutcome(answer);
        requireOneEntry(answer.status());
    }

    private static void requireOutcome(Answer answer) {
        assertThat(answer.response().headers().firstValue("Content-Type").orElse(""))
                .startsWith("application/fhir+json");
        OperationOutcome outcome = answer.outcome();
        assertThat(outcome.getIssue()).isNotEmpty();
        assertThat(outcome.getIssueFirstRep().getSeverity()).isEqualTo(OperationOutcome.IssueSeverity.ERROR);
        assertThat(answer.text()).doesNotContainPattern(INSIDE).hasSizeLessThan(4000);
    }

    private void requireOneEntry(int status) {
        assertThat(trail.steps()).singleElement().extracting(Trail.Step::status).isEqualTo(status);
    }

    static Stream<String> injections() {
        return Stream.of(
                "' or '1'='1",
                "'; drop table hfj_resource; --",
                "\\' or 1=1 --",
                "1) union select rolpassword from pg_authid --",
                "*)(uid=*))(|(uid=*",
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
                "../../../etc/passwd",
                "${jndi:ldap://127.0.0.1:1/x}",
                "#{T(java.lang.Runtime).getRuntime().exec('true')}",
                "%25%27%20or%201=1",
                "\"><script>alert(1)</script>",
                "\r\nSet-Cookie: x=1");
    }

    @ParameterizedTest
    @MethodSource("injections")
    void what_is_searched_for_is_only_searched_for(String text) {
        for (String search : List.of("Patient?name=", "Patient?identifier=", "Observation?code=", "Patient?_id=")) {
            Trail one = Trail.of(server);
            Answer answer = server.get("backend", search + URLEncoder.encode(text, StandardCharsets.UTF_8));

            assertThat(answer.status()).as(search + text + answer.text()).isIn(200, 400);
            assertThat(answer.response().headers().firstValue("Set-Cookie")).isEmpty();
            if (answer.status() == 200) {
                assertThat(answer.bundle().getEntry()).as(search + text).isEmpty();
            } else {
                requireOutcome(answer);
            }
            assertThat(one.steps()).as(search + text).hasSize(1);
        }
    }

    @Test
    void a_token_that_is_not_good_is_refused_and_never_repeated() {
        for (Map.Entry<String, String> bad : new BadTokens(server).all().entrySet()) {
            Trail one = Trail.of(server);
            Answer answer = server.send(
                    server.anonymous("Patient/elena-rossi").header("Authorization", "Bearer " + bad.getValue()));

            assertThat(answer.status()).as(bad.getKey()).isEqualTo(401);
            requireOutcome(answer);
            assertThat(answer.text()).as(bad.getKey()).doesNotContain(bad.getValue());
            assertThat(one.steps())
                    .as(bad.getKey())
                    .singleElement()
                    .extracting(Trail.Step::status)
                    .isEqualTo(401);
        }
    }

    @Test
    void no_token_half_a_token_and_two_tokens_are_refused() {
        List<HttpRequest.Builder> requests = List.of(
                server.anonymous("Patient/elena-rossi"),
                server.anonymous("Patient/elena-rossi").header("Authorization", "Bearer"),
                server.anonymous("Patient/elena-rossi").header("Authorization", "Basic cGh5c2ljaWFuOnBoeXNpY2lhbg=="),
                server.anonymous("Patient/elena-rossi?access_token=" + server.token("physician")));
        for (HttpRequest.Builder request : requests) {
            Trail one = Trail.of(server);
            Answer answer = server.send(request);

            assertThat(answer.status()).isEqualTo(401);
            requireOutcome(answer);
            assertThat(one.steps()).hasSize(1);
        }
    }

    @Test
    void a_body_of_more_than_the_limit_is_refused() {
        byte[] large = new byte[LIMIT + 1];
        Arrays.fill(large, (byte) ' ');

        Answer answer = server.send(
                server.request("backend", "").header("Content-Type", JSON).POST(BodyPublishers.ofByteArray(large)));

        requireRefusal(answer, List.of(413));
    }

    @Test
    void a_body_of_unknown_length_is_read_no_further_than_the_limit() {
        byte[] large = new byte[LIMIT + 1];
        Arrays.fill(large, (byte) ' ');

        Answer answer = server.send(server.request("backend", "Observation")
                .header("Content-Type", JSON)
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))));

        requireRefusal(answer, List.of(413));
    }

    @Test
    void a_packed_body_is_unpacked_no_further_than_the_limit() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            byte[] zeros = new byte[LIMIT];
            for (int i = 0; i < 20; i++) {
                out.write(zeros);
            }
        }

        Answer answer = server.send(server.request("backend", "Observation")
                .header("Content-Type", JSON)
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(packed.toByteArray())));

        requireRefusal(answer, List.of(413));
    }

    @Test
    void a_body_in_a_packing_that_is_not_known_is_refused() {
        for (String packing : List.of("br", "gzip, gzip", "frob")) {
            trail = Trail.of(server);
            Answer answer = server.send(server.request("backend", "Observation")
                    .header("Content-Type", JSON)
                    .header("Content-Encoding", packing)
                    .POST(BodyPublishers.ofString("{}")));

            requireRefusal(answer, List.of(415));
        }
        trail = Trail.of(server);
        Answer noGzip = server.send(server.request("backend", "Observation")
                .header("Content-Type", JSON)
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("{}")));
        requireRefusal(noGzip, List.of(400));
    }

    @Test
    void a_form_that_is_too_large_is_refused_rather_than_searched_without() {
        Answer answer = server.send(server.request("backend", "Patient/_search")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("name=x&identifier=" + "a".repeat(2 * 1024 * 1024))));

        requireRefusal(answer, List.of(400, 413));
    }

    @Test
    void odd_headers_do_no_harm() {
        List<Map.Entry<String, String>> headers = List.of(
                Map.entry("X-Request-ID", "a".repeat(4000)),
                Map.entry("X-Request-ID", "../../x y <script>"),
                Map.entry("If-Modified-Since", "soon"),
                Map.entry("If-None-Match", "frob"),
                Map.entry("Accept", "frob/*;q=x"),
                Map.entry("Accept-Language", "*".repeat(3000)),
                Map.entry("Prefer", "return=everything; handling=frob"),
                Map.entry("Range", "bytes=9-1"),
                Map.entry("X-Forwarded-Host", "evil.example"),
                Map.entry("X-HTTP-Method-Override", "DELETE"),
                Map.entry("X-Retry-On-Version-Conflict", "retry; max-retries=x"),
                Map.entry("X-Cascade", "delete"));
        for (Map.Entry<String, String> header : headers) {
            Trail one = Trail.of(server);
            Answer answer = server.send(
                    server.request("backend", "Patient/elena-rossi").header(header.getKey(), header.getValue()));

            assertThat(answer.status()).as(header + answer.text()).isIn(200, 400, 406);
            assertThat(answer.text())
                    .as(header.toString())
                    .doesNotContain("evil.example")
                    .doesNotContainPattern(INSIDE);
            assertThat(one.steps()).as(header.toString()).singleElement().satisfies(step -> {
                assertThat(step.status()).isEqualTo(answer.status());
                assertThat(step.requestId())
                        .isNotEmpty()
                        .hasSizeLessThanOrEqualTo(128)
                        .doesNotContain("<");
            });
        }
    }

    @Test
    void what_is_conditional_and_does_not_hold_changes_nothing() {
        String patient = "{\"resourceType\":\"Patient\",\"id\":\"elena-rossi\"}";
        for (String match : List.of("W/\"999\"", "frob", "*", "W/\"99999999999999999999\"")) {
            trail = Trail.of(server);
            Answer answer = server.send(server.request("backend", "Patient/elena-rossi")
                    .header("Content-Type", JSON)
                    .header("If-Match", match)
                    .PUT(BodyPublishers.ofString(patient)));
            requireRefusal(answer, List.of(400, 409, 412));
        }
        trail = Trail.of(server);
        Answer unclear = server.send(server.request("backend", "Patient")
                .header("Content-Type", JSON)
                .header("If-None-Exist", "gender=female")
                .POST(BodyPublishers.ofString("{\"resourceType\":\"Patient\"}")));
        requireRefusal(unclear, List.of(412));
        trail = Trail.of(server);
        Answer garbage = server.send(server.request("backend", "Patient")
                .header("Content-Type", JSON)
                .header("If-None-Exist", "?frob&&=x")
                .POST(BodyPublishers.ofString("{\"resourceType\":\"Patient\"}")));
        requireRefusal(garbage, List.of(400, 412));
    }

    @Test
    void an_entry_of_a_batch_is_refused_as_it_would_be_by_itself() {
        String entry = "{\"request\":{\"method\":\"GET\",\"url\":\"%s\"}}";
        String batch = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[%s,%s]}"
                .formatted(entry.formatted("Patient?_count=-1"), entry.formatted("Patient?name:frob=x"));

        Answer answer = server.send(
                server.request("physician", "").header("Content-Type", JSON).POST(BodyPublishers.ofString(batch)));

        assertThat(answer.bundle().getEntry())
                .extracting(each -> each.getResponse().getStatus())
                .containsExactly("400 Bad Request", "400 Bad Request");
    }

    @Test
    void a_condition_with_an_enormous_number_is_refused() {
        String observation = "{\"resourceType\":\"Observation\"}";
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":"
                + observation + ",\"request\":{\"method\":\"POST\",\"url\":\"Observation\",\"ifNoneExist\":"
                + "\"value-quantity=1e999999999\"}}]}";
        Answer create = server.send(server.request("backend", "Observation")
                .header("Content-Type", JSON)
                .header("If-None-Exist", "value-quantity=gt1e999999999")
                .POST(BodyPublishers.ofString(observation)));
        requireRefusal(create, List.of(400));
        trail = Trail.of(server);
        Answer transaction = server.send(
                server.request("backend", "").header("Content-Type", JSON).POST(BodyPublishers.ofString(bundle)));
        requireRefusal(transaction, List.of(400));
    }

    @Test
    void what_was_not_modified_is_recorded_all_the_same() {
        String version = server.get("backend", "Patient/elena-rossi")
                .response()
                .headers()
                .firstValue("ETag")
                .orElseThrow();
        trail = Trail.of(server);

        Answer answer =
                server.send(server.request("backend", "Patient/elena-rossi").header("If-None-Match", version));

        assertThat(answer.status()).isEqualTo(304);
        assertThat(answer.text()).isEmpty();
        requireOneEntry(304);
    }

    @Test
    void what_is_no_http_never_reaches_the_server() throws IOException {
        String token = server.token("physician");
        List<String> requests = List.of(
                "GET /fhir/Patient/../../etc/passwd HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n",
                "GET /fhir/Patient?name=' or 1=1 HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /fhir/Patient HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n",
                "GET /fhir/Patient HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(20_000) + "\r\n\r\n",
                "GET /fhir/Patient HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /fhir/Patient HTTP/1.1\r\n\r\n",
                "GET /fhir/" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /fhir/Patient?name=%zz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n",
                "FROB\r\n\r\n");
        for (String request : requests) {
            String answer = raw(request);

            assertThat(answer)
                    .as(request.substring(0, Math.min(60, request.length())))
                    .startsWith("HTTP/1.1 4");
            assertThat(answer).doesNotContainPattern(INSIDE).doesNotContain("etc/passwd");
        }
    }

    @Test
    void the_bar_of_a_token_may_come_as_it_is() throws IOException {
        for (String bar : List.of("|", "%7C")) {
            String answer = raw("GET /fhir/Observation?code=http://loinc.org" + bar
                    + "718-7&_count=1&_total=accurate HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n"
                    + "Authorization: Bearer " + server.token("backend") + "\r\n\r\n");

            assertThat(answer).as(bar).startsWith("HTTP/1.1 200").contains("\"next\"", "718-7");
            requireOneEntry(200);
            trail = Trail.of(server);
        }
    }

    private String raw(String request) throws IOException {
        URI base = URI.create(server.base());
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    @Test
    void many_at_once_leave_one_entry_each() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String id = UUID.randomUUID().toString();
            ids.add(id);
            server.send(server.request("backend", "Observation")
                    .header("Content-Type", JSON)
                    .header("X-Request-ID", id)
                    .POST(BodyPublishers.ofString("{")));
        }

        assertThat(trail.steps()).extracting(Trail.Step::requestId).containsExactlyElementsOf(ids);
    }
}
