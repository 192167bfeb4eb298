package org.securemed.card.checkin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.judge.Judge;
import org.securemed.card.record.TestPatients;
import org.securemed.card.record.TestRecords;
import org.securemed.card.server.TestBridge;
import org.springframework.jdbc.core.simple.JdbcClient;

class CheckInIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HOSPITAL = "Organization/hospital";

    private static TestRecords records;
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        records = new TestRecords();
        TestPatients.elena(records);
        TestPatients.jonas(records);
        records.permit("Practitioner/nurse", "Patient/elena");
        for (String twin : List.of("twin-1", "twin-2")) {
            records.add(
                    "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"identifier\":[{\"system\":\"%s\",\"value\":\"%s\"}]}"
                            .formatted(twin, "https://hospital.example/mrn", "MRN-2"));
            records.permit("Practitioner/nurse", "Patient/" + twin);
        }
        bridge = new TestBridge(
                "--securemed.bridge.fhir-base=" + records.base(),
                "--securemed.bridge.client.id=bridge",
                "--securemed.bridge.client.key=" + TestRecords.clientKey(),
                "--securemed.bridge.check-in.printed-system=https://hospital.example/mrn");
    }

    @AfterAll
    static void stop() {
        bridge.close();
        records.close();
    }

    private static String token(String user, String role, String organization) {
        return bridge.issuer()
                .token(
                        user,
                        role,
                        claims -> claims.audience(records.base())
                                .claim("fhirUser", records.base() + "/" + user)
                                .claim(
                                        "extensions",
                                        Map.of(
                                                "ihe_iua",
                                                Map.of(
                                                        "subject_organization_id",
                                                        organization,
                                                        "subject_role",
                                                        List.of(Map.of(
                                                                "system",
                                                                "https://securemed.org/fhir/CodeSystem/role",
                                                                "code",
                                                                role))))));
    }

    private static String elena() {
        return token("Patient/elena", "patient", "none");
    }

    private static String nurse() {
        return token("Practitioner/nurse", "nurse", HOSPITAL);
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }

    private static JsonNode show() {
        HttpResponse<String> answer =
                bridge.post("/check-in-codes", elena(), "{\"audience\":\"%s\"}".formatted(HOSPITAL));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return json(answer.body());
    }

    private static HttpResponse<String> read(String code, String token) {
        return bridge.post(
                "/check-in", token, JSON.createObjectNode().put("code", code).toString());
    }

    private static HttpResponse<String> wristband(String text, String token) {
        return bridge.post(
                "/wristband", token, JSON.createObjectNode().put("text", text).toString());
    }

    @Test
    void a_code_is_read_from_its_picture_says_who_it_is_and_is_recorded_before_that_is_told() throws Exception {
        String code = Judge.zbar(show().path("png").binaryValue());
        int before = records.events().size();
        HttpResponse<String> answer = read(code, nurse());
        assertThat(answer.body()).isEqualTo("{\"patient\":\"Patient/elena\"}");
        assertThat(records.events()).hasSize(before + 1);
        assertThat(records.events().get(before).toString()).contains("check-in", "Practitioner/nurse", "Patient/elena");
    }

    @Test
    void the_code_itself_says_nothing_about_the_patient() {
        assertThat(show().path("code").asText())
                .matches("securemed:checkin:[A-Za-z0-9_-]{43}")
                .doesNotContain("elena");
    }

    @Test
    void a_code_that_was_photographed_and_shown_again_is_refused() {
        String code = show().path("code").asText();
        assertThat(read(code, nurse()).statusCode()).isEqualTo(200);
        HttpResponse<String> again = read(code, nurse());
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("check-in-used").doesNotContain("elena");
    }

    @Test
    void a_photograph_that_is_shown_too_late_is_refused() {
        String code = show().path("code").asText();
        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.check_in_code set expires_at = now() where used_at is null")
                .update();
        assertThat(read(code, nurse()).statusCode()).isEqualTo(410);
    }

    @Test
    void a_new_code_ends_the_one_before() {
        String first = show().path("code").asText();
        String second = show().path("code").asText();
        assertThat(read(first, nurse()).statusCode()).isEqualTo(410);
        assertThat(read(second, nurse()).statusCode()).isEqualTo(200);
    }

    @Test
    void a_patient_s_new_code_ends_nobody_else_s() {
        String code = show().path("code").asText();
        assertThat(bridge.post(
                                "/check-in-codes",
                                token("Patient/jonas", "patient", "none"),
                                "{\"audience\":\"%s\"}".formatted(HOSPITAL))
                        .statusCode())
                .isEqualTo(201);
        assertThat(read(code, nurse()).statusCode()).isEqualTo(200);
    }

    @Test
    void a_reader_of_another_organization_learns_nothing_and_does_not_use_it_up() {
        String code = show().path("code").asText();
        HttpResponse<String> other = read(code, token("Practitioner/x", "nurse", "Organization/other"));
        assertThat(other.statusCode()).isEqualTo(403);
        assertThat(other.body()).doesNotContain("elena");
        assertThat(read(code, nurse()).statusCode()).isEqualTo(200);
    }

    @Test
    void of_many_readers_at_once_one_gets_it() throws Exception {
        String code = show().path("code").asText();
        String token = nurse();
        ExecutorService threads = Executors.newFixedThreadPool(10);
        List<Integer> answers = new ArrayList<>();
        try {
            Callable<HttpResponse<String>> reading = () -> read(code, token);
            for (Future<HttpResponse<String>> answer : threads.invokeAll(Collections.nCopies(10, reading))) {
                answers.add(answer.get().statusCode());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(answers.stream().filter(status -> status == 200)).hasSize(1);
        assertThat(answers.stream().filter(status -> status == 409)).hasSize(9);
    }

    @Test
    void whoever_is_no_reader_gets_nothing() {
        String code = show().path("code").asText();
        assertThat(read(code, elena()).statusCode()).isEqualTo(403);
        assertThat(read(code, "x").statusCode()).isEqualTo(401);
        for (String role : List.of("patient", "representative", "administrator", "researcher", "system")) {
            assertThat(read(code, token("Patient/jonas", role, HOSPITAL)).body())
                    .contains("forbidden")
                    .doesNotContain("elena");
        }
        for (String invented : List.of("securemed:checkin:" + "A".repeat(43), "hello", "", "950600010000000018")) {
            assertThat(read(invented, nurse()).statusCode()).as(invented).isEqualTo(404);
        }
        assertThat(bridge.post("/check-in-codes", nurse(), "{\"audience\":\"x\"}")
                        .statusCode())
                .isEqualTo(403);
        assertThat(bridge.post("/check-in-codes", elena(), "{}").statusCode()).isEqualTo(422);
    }

    @Test
    void each_code_that_is_refused_is_in_the_record_of_whose_code_it_was_and_the_reader_s() {
        // Of this test alone: the database may hold events of others that were not sent yet.
        String reader = "Practitioner/" + UUID.randomUUID();
        String here = token(reader, "nurse", HOSPITAL);
        String code = show().path("code").asText();
        read(code, token(reader, "nurse", "Organization/other"));
        read(code, here);
        read(code, here);
        read("securemed:checkin:" + "A".repeat(43), here);
        String late = show().path("code").asText();
        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.check_in_code set expires_at = now() where used_at is null")
                .update();
        read(late, here);

        bridge.context().getBean(AuditOutbox.class).send();

        for (String reason : List.of("check-in-audience", "check-in-used", "check-in-unknown", "check-in-expired")) {
            assertThat(records.events()).anySatisfy(event -> {
                assertThat(event.path("outcomeDesc").asText()).isEqualTo(reason);
                assertThat(event.path("outcome").asText()).isEqualTo("4");
                assertThat(event.at("/agent/0/who/reference").asText()).isEqualTo(reader);
                assertThat(event.toString().contains("Patient/elena")).isEqualTo(!reason.equals("check-in-unknown"));
            });
        }
        assertThat(records.events().toString()).doesNotContain(code.substring(18));
    }

    @Test
    void a_code_names_where_it_is_shown_is_kept_by_nothing_between_and_is_forgotten_after_a_day() {
        for (String audience : List.of("", " ", "x".repeat(201))) {
            assertThat(bridge.post("/check-in-codes", elena(), "{\"audience\":\"%s\"}".formatted(audience))
                            .body())
                    .contains("check-in-audience-missing");
        }
        show();
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        database.sql("update card.check_in_code set expires_at = now() - interval '25 hours'")
                .update();

        HttpResponse<String> answer =
                bridge.post("/check-in-codes", elena(), "{\"audience\":\"%s\"}".formatted(HOSPITAL));

        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(database.sql("select count(*) from card.check_in_code")
                        .query(Long.class)
                        .single())
                .isOne();
    }

    @Test
    void what_cannot_be_recorded_is_not_told() {
        String code = show().path("code").asText();
        records.recording(false);
        HttpResponse<String> answer = read(code, nurse());
        records.recording(true);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).doesNotContain("elena");
    }

    @Test
    void what_is_in_the_database_is_no_code() {
        String code = show().path("code").asText();
        assertThat(bridge.context()
                        .getBean(JdbcClient.class)
                        .sql("select row_to_json(c)::text from card.check_in_code c")
                        .query(String.class)
                        .list())
                .isNotEmpty()
                .allSatisfy(row -> assertThat(row)
                        .doesNotContain(code.substring(18))
                        .doesNotContain(HexFormat.of().formatHex(code.getBytes(StandardCharsets.US_ASCII))));
    }

    @Test
    void a_wristband_selects_a_patient_whom_its_reader_may_see_and_opens_nobody_to_anyone_else() {
        String band = "\u001d8018950600010000000018" + "\u001d80190000000001";
        HttpResponse<String> selected = wristband(band, nurse());
        assertThat(selected.body()).isEqualTo("{\"patient\":\"Patient/elena\",\"claim\":true}");
        HttpResponse<String> hidden = wristband(band, token("Practitioner/stranger", "nurse", HOSPITAL));
        assertThat(hidden.statusCode()).isEqualTo(404);
        HttpResponse<String> nobody = wristband("8018950600010000000025", nurse());
        assertThat(hidden.body()).isEqualTo(nobody.body());
    }

    @Test
    void a_wristband_is_no_check_in_code_and_what_is_no_wristband_is_refused() {
        assertThat(read("8018950600010000000018", nurse()).statusCode()).isEqualTo(404);
        for (String text : List.of("MRN|1", "a,b", "x".repeat(65), "shc:/1234", "0109506000134352", "")) {
            assertThat(wristband(text, nurse()).statusCode()).as(text).isEqualTo(422);
        }
        assertThat(wristband(show().path("code").asText(), nurse()).statusCode())
                .isEqualTo(422);
        assertThat(wristband("MRN-1", nurse()).statusCode()).isEqualTo(404);
    }

    @Test
    void a_number_of_several_patients_selects_none() {
        HttpResponse<String> answer = wristband("MRN-2", nurse());
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("wristband-ambiguous").doesNotContain("twin");
    }
}
