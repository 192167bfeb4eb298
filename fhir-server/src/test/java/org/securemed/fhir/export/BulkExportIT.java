package org.securemed.fhir.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.SignedJWT;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.Revocations;
import org.securemed.fhir.smart.TokenMint;
import org.springframework.jdbc.core.JdbcTemplate;

/** An export holds what a search by the same requester would find, decided when it is fetched, and nothing else. */
class BulkExportIT {
    /** Has let in physician2 with everything, the nurse with Observations. */
    private static final String OPEN = "bulk-open";

    /** Has let in physician2 with what isn't restricted. */
    private static final String PARTLY = "bulk-partly";

    /** Has let in nobody. */
    private static final String CLOSED = "bulk-closed";

    /** Has let in physician2 for a while. */
    private static final String LONG = "bulk-zz-long";

    private static final TestServer SERVER = TestServer.shared();

    @BeforeAll
    static void load() {
        for (String patient : List.of(OPEN, PARTLY, CLOSED)) {
            patient(patient);
        }
        put("Observation/bulk-together-open", """
                {"resourceType":"Observation","id":"bulk-together-open","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/bulk-open"},"focus":[{"reference":"Patient/bulk-partly"}]}
                """);
        put("Observation/bulk-together-closed", """
                {"resourceType":"Observation","id":"bulk-together-closed","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/bulk-open"},"focus":[{"reference":"Patient/bulk-closed"}]}
                """);
        put("Observation/bulk-restricted", """
                {"resourceType":"Observation","id":"bulk-restricted","status":"final","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"code":{"text":"x"},"subject":{"reference":"Patient/bulk-partly"}}
                """);
        group("bulk-group-open", OPEN, PARTLY);
        group("bulk-group-closed", OPEN, CLOSED);
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/jonas-lindqvist"));
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/linh-tran", "Observation"));
        var partly = Consents.permit(PARTLY, "Practitioner/jonas-lindqvist");
        partly.getProvision()
                .addSecurityLabel()
                .setSystem("http://terminology.hl7.org/CodeSystem/v3-Confidentiality")
                .setCode("N");
        Consents.record(SERVER, partly);
    }

    private static void patient(String patient) {
        put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
        for (int i = 0; i < 3; i++) {
            put("Observation/%s-%d".formatted(patient, i), """
                    {"resourceType":"Observation","id":"%s-%d","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}}
                    """.formatted(patient, i, patient));
        }
        put("Condition/" + patient, """
                {"resourceType":"Condition","id":"$","code":{"text":"c"},"subject":{"reference":"Patient/$"}}
                """.replace("$", patient));
        Consents.form(SERVER, patient);
    }

    /** So that no test finds that there are too many. */
    @AfterEach
    void forget() {
        new JdbcTemplate(SERVER.database()).update("delete from export.job");
    }

    @Test
    void an_export_holds_what_consents_open_and_nothing_else() {
        assertThat(ours(Exports.all(
                        SERVER, token("physician2"), "Patient/$export?_type=Patient,Observation,Condition")))
                .containsExactly(
                        "Condition/bulk-open",
                        "Condition/bulk-partly",
                        "Observation/bulk-open-0",
                        "Observation/bulk-open-1",
                        "Observation/bulk-open-2",
                        "Observation/bulk-partly-0",
                        "Observation/bulk-partly-1",
                        "Observation/bulk-partly-2",
                        "Observation/bulk-together-open",
                        "Patient/bulk-open",
                        "Patient/bulk-partly");
        assertThat(ours(Exports.all(SERVER, token("nurse"), "$export?_type=Patient,Observation,Condition")))
                .containsExactly("Observation/bulk-open-0", "Observation/bulk-open-1", "Observation/bulk-open-2");
        assertThat(ours(Exports.all(SERVER, token("physician"), "$export"))).isEmpty();
    }

    @Test
    void the_custodian_exports_everything_and_a_system_export_holds_what_is_shared() {
        Set<String> all = Exports.all(SERVER, token("backend"), "$export?_type=Observation,Practitioner");

        assertThat(all)
                .contains("Observation/bulk-closed-0", "Observation/bulk-restricted", "Practitioner/jonas-lindqvist");
        assertThat(Exports.all(SERVER, token("physician2"), "$export?_type=Practitioner"))
                .contains("Practitioner/jonas-lindqvist");
        assertThat(Exports.all(SERVER, token("backend"), "Patient/$export?_type=Practitioner"))
                .doesNotContain("Practitioner/jonas-lindqvist");
    }

    @Test
    void a_group_is_exported_if_all_members_let_the_requester_in_and_is_absent_otherwise() {
        assertThat(Exports.all(SERVER, token("physician2"), "Group/bulk-group-open/$export?_type=Patient,Condition"))
                .containsExactly(
                        "Condition/bulk-open", "Condition/bulk-partly", "Patient/bulk-open", "Patient/bulk-partly");
        Answer hidden = Exports.begin(SERVER, token("physician2"), "Group/bulk-group-closed/$export");
        Answer absent = Exports.begin(SERVER, token("physician2"), "Group/bulk-group-absent/$export");
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text().replace("closed", "absent")).isEqualTo(absent.text());
    }

    @Test
    void the_manifest_says_what_the_specification_asks_for() {
        String token = token("physician2");
        String path = "Patient/$export?_type=Observation&_since=2020-01-01T00:00:00Z&_outputFormat=ndjson";
        String status = Exports.status(SERVER, token, path);
        JsonNode manifest = Exports.manifest(SERVER, token, status);

        assertThat(manifest.path("transactionTime").asText()).startsWith("20");
        assertThat(manifest.path("request").asText())
                .startsWith("http://localhost:8080/fhir/Patient/$export?")
                .contains("_type=Observation");
        assertThat(manifest.path("requiresAccessToken").asBoolean()).isTrue();
        assertThat(manifest.path("error")).isEmpty();
        assertThat(manifest.path("deleted").isArray()).isTrue();
        String file = Exports.first(manifest, "Observation");
        Answer fetched = SERVER.send(Exports.request(SERVER, token, file).GET());
        assertThat(fetched.response().headers().firstValue("Content-Type").orElseThrow())
                .startsWith("application/fhir+ndjson");
        assertThat(fetched.text()).endsWith("\n");
        assertThat(SERVER.send(SERVER.anonymous(file).GET()).status()).isEqualTo(401);
        assertThat(Exports.all(SERVER, token, "Patient/$export?_type=Observation&_since=2999-01-01T00:00:00Z"))
                .isEmpty();
    }

    @Test
    void a_client_has_no_more_exports_than_it_may_have() {
        int begun = 0;
        Answer answer = Exports.begin(SERVER, token("nurse"), "Patient/$export?_type=Observation");
        while (answer.status() == 202 && begun < 100) {
            begun++;
            answer = Exports.begin(SERVER, token("nurse"), "Patient/$export?_type=Observation");
        }

        assertThat(begun).isEqualTo(SERVER.bean(ExportProperties.class).mostJobs());
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void nobody_else_hears_of_an_export_and_its_end_is_its_end() {
        String token = token("physician2");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Patient");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Patient");

        for (String other : List.of("physician", "nurse", "backend", "administrator")) {
            for (String path : List.of(status, file)) {
                assertThat(SERVER.get(other, path).status()).as(other).isEqualTo(404);
            }
            assertThat(SERVER.delete(other, status).status()).isEqualTo(404);
        }
        assertThat(SERVER.delete("physician2", status).status()).isEqualTo(202);
        assertThat(SERVER.get("physician2", status).status()).isEqualTo(404);
        assertThat(SERVER.get("physician2", file).status()).isEqualTo(404);
        assertThat(rows("select count(*) from export.file where id::text = ?", file.replaceAll(".*file=", "")))
                .isZero();
    }

    @Test
    void what_is_not_understood_is_refused() {
        for (String query : List.of(
                "?_typeFilter=Observation%3Fcode%3Dx",
                "?_elements=id",
                "?patient=Patient/bulk-open",
                "?includeAssociatedData=LatestProvenanceResources",
                "?_outputFormat=text/csv",
                "?_type=AuditEvent",
                "?_type=Observation,Nonsense",
                "?_type=",
                "?_since=yesterday",
                "?_since=2020-01-01T00:00:00Z&_since=2021-01-01T00:00:00Z")) {
            assertThat(Exports.begin(SERVER, token("physician2"), "Patient/$export" + query)
                            .status())
                    .as(query)
                    .isEqualTo(400);
        }
        assertThat(SERVER.get("physician2", "Patient/$export").status()).isEqualTo(400);
        String narrow = SERVER.bean(TokenMint.class).forPerson("physician2", "user/Observation.rs");
        assertThat(Exports.begin(SERVER, narrow, "$export?_type=Condition").status())
                .isEqualTo(403);
        assertThat(ours(Exports.all(SERVER, narrow, "$export")))
                .contains("Observation/bulk-open-0")
                .allMatch(reference -> reference.startsWith("Observation/"));
    }

    @Test
    void scopes_bind_what_is_ordered_listed_and_fetched() {
        TokenMint mint = SERVER.bean(TokenMint.class);
        String system = mint.forClient("demo-backend", "system/Patient.rs");
        assertThat(Exports.all(SERVER, system, "$export"))
                .contains("Patient/" + OPEN, "Patient/" + CLOSED)
                .allMatch(reference -> reference.startsWith("Patient/"));
        for (String type : List.of("Observation", "Patient,Observation", "Group")) {
            assertThat(Exports.begin(SERVER, system, "Patient/$export?_type=" + type)
                            .status())
                    .as(type)
                    .isEqualTo(403);
        }
        for (String scopes : List.of("system/Patient.r", "system/Patient.s", "system/Patient.cud")) {
            assertThat(Exports.begin(SERVER, mint.forClient("demo-backend", scopes), "$export")
                            .status())
                    .as(scopes)
                    .isEqualTo(403);
        }
        // Without reading the Group there is none.
        assertThat(Exports.begin(SERVER, system, "Group/bulk-group-open/$export")
                        .status())
                .isEqualTo(403);

        // A token of the same client with other scopes sees what these allow.
        String all = SERVER.token("backend");
        String status = Exports.status(SERVER, all, "Patient/$export?_type=Patient,Observation");
        JsonNode manifest = Exports.manifest(SERVER, all, status);
        assertThat(Exports.files(Exports.manifest(SERVER, system, status))).containsOnlyKeys("Patient");
        String file = Exports.first(manifest, "Observation");
        assertThat(SERVER.send(Exports.request(SERVER, system, file).GET()).status())
                .isEqualTo(403);
        assertThat(Exports.references(SERVER, all, file)).isNotEmpty();
    }

    @Test
    void a_scope_with_a_query_exports_what_matches_it() {
        String laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
        for (String category : List.of("laboratory", "vital-signs")) {
            put("Observation/bulk-" + category, """
                    {"resourceType":"Observation","id":"bulk-$","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"$"}]}],"code":{"text":"x"},"subject":{"reference":"Patient/bulk-narrow"}}
                    """.replace("$", category).replace("bulk-narrow", narrow()));
        }
        TokenMint mint = SERVER.bean(TokenMint.class);
        String narrow = mint.forClient("demo-backend", "system/Observation.rs?category=" + laboratory);

        assertThat(ours(Exports.all(SERVER, narrow, "$export"))).containsExactly("Observation/bulk-laboratory");
        // Also of what somebody with wider scopes has ordered.
        String wide = SERVER.token("backend");
        String status = Exports.status(SERVER, wide, "Patient/$export?_type=Observation");
        TreeSet<String> fetched = new TreeSet<>();
        TreeSet<String> fetchedByAll = new TreeSet<>();
        for (String file :
                Exports.files(Exports.manifest(SERVER, wide, status)).getOrDefault("Observation", List.of())) {
            fetched.addAll(Exports.references(SERVER, narrow, file));
            fetchedByAll.addAll(Exports.references(SERVER, wide, file));
        }
        assertThat(ours(fetched)).containsExactly("Observation/bulk-laboratory");
        assertThat(fetchedByAll).contains("Observation/bulk-vital-signs");
    }

    /** A patient who is nobody else's in these tests. */
    private static String narrow() {
        put("Patient/bulk-narrow", "{\"resourceType\":\"Patient\",\"id\":\"bulk-narrow\"}");
        return "bulk-narrow";
    }

    @Test
    void a_token_that_has_ended_hears_of_no_export() throws ParseException {
        String token = SERVER.bean(TokenMint.class).forPerson("physician2", "user/*.rs");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Patient");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Patient");
        SERVER.bean(Revocations.class)
                .revoke(
                        Revocations.Kind.AUTHORIZATION,
                        SignedJWT.parse(token).getJWTClaimsSet().getStringClaim("sid"));

        for (String path : List.of(status, file)) {
            assertThat(SERVER.send(Exports.request(SERVER, token, path).GET()).status())
                    .isEqualTo(401);
        }
        assertThat(Exports.begin(SERVER, token, "Patient/$export").status()).isEqualTo(401);
    }

    @Test
    void a_revocation_binds_what_is_fetched_afterwards() {
        String patient = "bulk-leaves";
        patient(patient);
        String consent = Consents.record(SERVER, Consents.permit(patient, "Practitioner/jonas-lindqvist"));
        String token = token("physician2");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Observation,Condition");
        JsonNode manifest = Exports.manifest(SERVER, token, status);
        Map<String, List<String>> files = Exports.files(manifest);
        List<String> before = Exports.references(SERVER, token, Exports.first(manifest, "Condition"));

        Consents.end(SERVER, consent);

        assertThat(before).contains("Condition/" + patient);
        for (List<String> some : files.values()) {
            for (String file : some) {
                assertThat(Exports.references(SERVER, token, file)).noneMatch(found -> found.contains(patient));
            }
        }
    }

    /** More than what lies between server and client, read by somebody who takes their time. */
    @Test
    void a_revocation_binds_the_rest_of_a_file_that_is_under_way() throws Exception {
        patient(LONG);
        String text = "long ".repeat(8000);
        for (int bundle = 0; bundle < 4; bundle++) {
            Bundle stored = new Bundle().setType(Bundle.BundleType.TRANSACTION);
            for (int i = 0; i < 100; i++) {
                Observation observation = new Observation();
                observation.setStatus(Observation.ObservationStatus.FINAL);
                observation.getCode().setText("x");
                observation.setSubject(new Reference("Patient/" + LONG));
                observation.addNote().setText(text);
                stored.addEntry()
                        .setResource(observation)
                        .getRequest()
                        .setMethod(Bundle.HTTPVerb.POST)
                        .setUrl("Observation");
            }
            assertThat(SERVER.post("backend", "", stored).status()).isEqualTo(200);
        }
        String consent = Consents.record(SERVER, Consents.permit(LONG, "Practitioner/jonas-lindqvist"));
        String token = SERVER.token("physician2");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Observation");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Observation");

        HttpResponse<InputStream> answer = HttpClient.newHttpClient()
                .send(
                        SERVER.anonymous(file)
                                .header("Authorization", "Bearer " + token)
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        int seen = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("Patient/" + LONG) && seen++ == 0) {
                    Consents.end(SERVER, consent);
                }
            }
        }

        assertThat(seen).isBetween(1, 399);
    }

    @Test
    void a_file_is_packed_for_who_accepts_that() throws Exception {
        String token = SERVER.token("physician2");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Observation");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Observation");

        Answer packed = SERVER.send(SERVER.anonymous(file)
                .header("Authorization", "Bearer " + token)
                .header("Accept-Encoding", "gzip"));

        assertThat(packed.response().headers().firstValue("Content-Encoding")).contains("gzip");
        try (GZIPInputStream lines =
                new GZIPInputStream(new ByteArrayInputStream(packed.response().body()))) {
            assertThat(new String(lines.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(SERVER.get("physician2", file).text())
                    .contains("bulk-open-0");
        }
    }

    @Test
    void each_patient_has_one_record_of_each_file_that_was_sent() {
        String token = token("physician2");
        String status = Exports.status(SERVER, token, "Group/bulk-group-open/$export?_type=Observation");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Observation");
        for (String patient : List.of(OPEN, PARTLY, CLOSED)) {
            assertThat(exported(patient, file)).as(patient).isEmpty();
        }

        SERVER.send(Exports.request(SERVER, token, file).GET());

        for (String patient : List.of(OPEN, PARTLY)) {
            List<AuditEvent> events = exported(patient, file);
            assertThat(events).as(patient).hasSize(1);
            AuditEvent event = events.get(0);
            assertThat(event.getSubtype())
                    .extracting(subtype -> subtype.getCode())
                    .containsExactly("operation", "$export-file");
            assertThat(event.getAction()).isEqualTo(AuditEvent.AuditEventAction.R);
            assertThat(event.getOutcome()).isEqualTo(AuditEvent.AuditEventOutcome._0);
            assertThat(event.getEntity())
                    .anyMatch(entity -> entity.getWhat().getReference() != null
                            && entity.getWhat().getReference().equals("Patient/" + patient));
        }
        assertThat(exported(CLOSED, file)).isEmpty();
    }

    @Test
    void what_an_instance_left_behind_goes_on_when_the_requester_asks() {
        String token = token("physician2");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Patient");
        Exports.manifest(SERVER, token, status);
        String job = status.replaceAll(".*job=", "");
        JdbcTemplate database = new JdbcTemplate(SERVER.database());
        database.update("delete from export.file where job_id = ?::uuid", job);
        database.update(
                "update export.job set state = 'PREPARING', lease_until = now() - interval '1 second'"
                        + " where id = ?::uuid",
                job);

        assertThat(Exports.files(Exports.manifest(SERVER, token, status))).containsKey("Patient");

        database.update("update export.job set expires_at = now() - interval '1 second' where id = ?::uuid", job);
        assertThat(SERVER.get("physician2", status).status()).isEqualTo(404);
        SERVER.bean(ExportJobs.class).sweep();
        assertThat(rows("select count(*) from export.job where id::text = ?", job))
                .isZero();
    }

    private static List<AuditEvent> exported(String patient, String file) {
        String query = file.replaceAll(".*\\?", "");
        return SERVER
                .get(
                        "compliance",
                        "AuditEvent?patient=Patient/" + patient
                                + "&type=http://dicom.nema.org/resources/ontology/DCM%7C110106&_count=200")
                .bundle()
                .getEntry()
                .stream()
                .map(Bundle.BundleEntryComponent::getResource)
                .map(AuditEvent.class::cast)
                .filter(event -> event.getEntity().stream()
                        .anyMatch(entity -> entity.hasQuery() && new String(entity.getQuery()).contains(query)))
                .toList();
    }

    private static int rows(String sql, String argument) {
        Integer rows = new JdbcTemplate(SERVER.database()).queryForObject(sql, Integer.class, argument);
        return rows == null ? -1 : rows;
    }

    /** Without what other tests have stored. */
    private static TreeSet<String> ours(Set<String> references) {
        TreeSet<String> ours = new TreeSet<>(references);
        ours.removeIf(reference -> !reference.contains("/bulk-") || reference.contains("bulk-leaves"));
        ours.removeIf(reference -> reference.startsWith("Group/") || reference.startsWith("DocumentReference/"));
        return ours;
    }

    private static String token(String user) {
        return SERVER.token(user);
    }

    private static void group(String id, String one, String other) {
        put("Group/" + id, """
                {"resourceType":"Group","id":"%s","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/%s"}},{"entity":{"reference":"Patient/%s"}}]}
                """.formatted(id, one, other));
    }

    private static void put(String path, String json) {
        Answer answer = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(answer.status()).as(answer.toString()).isIn(200, 201);
    }
}
