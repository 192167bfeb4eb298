package org.securemed.fhir.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;

/** What Prometheus reads: figures that move, nothing about anybody, and only by those who watch the server. */
class MetricsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final JdbcTemplate SQL = new JdbcTemplate(SERVER.database());
    private static final Pattern LABEL = Pattern.compile("[{,]([a-z_]+)=\"([^\"]*)\"");

    @Test
    void the_ledgers_blocks_and_waits_are_counted() {
        String before = scrape();
        String id = patient();
        assertThat(SERVER.get("backend", "Patient/" + id).status()).isEqualTo(200);
        String after = scrape();

        assertThat(value(after, "securemed_ledger_append_seconds_count{outcome=\"appended\"}"))
                .isGreaterThanOrEqualTo(
                        2 + value(before, "securemed_ledger_append_seconds_count{outcome=\"appended\"}"));
        assertThat(value(after, "securemed_ledger_append_seconds_sum{outcome=\"appended\"}"))
                .isGreaterThan(value(before, "securemed_ledger_append_seconds_sum{outcome=\"appended\"}"));
        assertThat(after).contains("securemed_ledger_append_seconds_bucket{outcome=\"appended\",le=\"0.01\"}");
        assertThat(value(after, "securemed_ledger_blocks_total"))
                .isGreaterThan(value(before, "securemed_ledger_blocks_total"));
        assertThat(value(after, "securemed_ledger_block_entries_total"))
                .isGreaterThan(value(before, "securemed_ledger_block_entries_total"));
        assertThat(value(after, "securemed_ledger_block_largest")).isPositive();
        assertThat(value(after, "securemed_ledger_size")).isGreaterThan(value(before, "securemed_ledger_size"));
        assertThat(value(after, "securemed_ledger_running")).isEqualTo(1);
        assertThat(value(after, "securemed_ledger_outbox")).isNotNegative();
        assertThat(value(after, "securemed_ledger_waiting")).isNotNegative();
        assertThat(value(after, "securemed_witness_quorum_age_seconds")).isBetween(0.0, 60.0);
        assertThat(value(after, "securemed_witness_equivocations")).isZero();
        assertThat(value(after, "hikaricp_connections")).isPositive();
        assertThat(after).contains("jvm_memory_used_bytes", "securemed_alarm_open{code=\"integrity-findings\"}");
    }

    @Test
    void operators_are_told_of_each_meter_by_the_name_that_it_has() throws IOException {
        String told = Files.readString(Path.of("..", "docs", "operations.md"));
        Set<String> measured = new TreeSet<>(scrape().lines()
                .filter(line -> line.startsWith("securemed_"))
                .map(line -> line.replaceAll("[{ ].*", "").replaceAll("_seconds_(bucket|count|sum|max)$", "_seconds"))
                .toList());
        // There is no other repository here; see AuditFeedIT.
        measured.addAll(List.of("securemed_feed_backlog", "securemed_feed_laid_aside"));
        Set<String> named = new TreeSet<>();
        Matcher names = Pattern.compile("`(securemed_[a-z_]+)`").matcher(told);
        while (names.find()) {
            named.add(names.group(1));
        }

        assertThat(named).isEqualTo(measured);
    }

    @Test
    void an_open_finding_is_a_figure() {
        String id = patient();
        Observation observation = new Observation();
        observation.setId("metrics-" + UUID.randomUUID());
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.setSubject(new Reference("Patient/" + id));
        String name = observation.getIdElement().getIdPart();
        assertThat(SERVER.put("backend", "Observation/" + name, observation).status())
                .isEqualTo(201);
        double before = value(scrape(), "securemed_integrity_findings_open");
        SQL.update(
                "update hfj_res_ver set source_uri = 'urn:elsewhere' where res_id = (select res_id from hfj_resource"
                        + " where fhir_id = ?)",
                name);
        assertThat(SERVER.get("compliance", "Observation/" + name + "/$verify-integrity")
                        .status())
                .isEqualTo(200);

        String after = scrape();
        assertThat(value(after, "securemed_integrity_findings_open")).isEqualTo(before + 1);
        assertThat(value(after, "securemed_alarm_open{code=\"integrity-findings\"}"))
                .isEqualTo(1);
        assertThat(after)
                .contains(
                        "securemed_integrity_sweep_running",
                        "securemed_integrity_sweep_checked",
                        "securemed_integrity_sweep_age_seconds");
        SQL.update("update integrity.finding set restored_at = now() where reference like '%' || ? || '%'", name);
        SQL.update("update hfj_resource set res_deleted_at = now() where fhir_id = ?", name);
    }

    @Test
    void refusals_are_counted_by_status_and_code_and_by_nothing_else() {
        String id = patient();
        String before = scrape();
        assertThat(SERVER.get("physician", "Patient/" + id).status()).isEqualTo(404);
        assertThat(SERVER.get("physician", "AuditEvent/$integrity-status").status())
                .isEqualTo(403);
        assertThat(SERVER.send(SERVER.anonymous("Patient/" + id).GET()).status())
                .isEqualTo(401);
        assertThat(SERVER.get("physician", "Patient?family:" + id + "=x").status())
                .isGreaterThanOrEqualTo(400);
        String after = scrape();

        String role = "securemed_requests_refused_total{code=\"role-not-allowed\",status=\"403\"}";
        assertThat(value(after, role)).isGreaterThanOrEqualTo(1 + value(before, role));
        assertThat(count(after, "404")).isGreaterThanOrEqualTo(1 + count(before, "404"));
        assertThat(count(after, "401")).isGreaterThanOrEqualTo(1 + count(before, "401"));
        assertThat(after).doesNotContain(id);
        Matcher labels = LABEL.matcher(after.replaceAll("(?m)^(#|jvm_).*$", ""));
        while (labels.find()) {
            assertThat(labels.group(1)).isIn("outcome", "le", "code", "status");
            assertThat(labels.group(2)).matches("[a-zA-Z0-9.+-]{1,64}").doesNotMatch(".*[0-9a-f]{8}-[0-9a-f]{4}.*");
        }
    }

    @Test
    void they_are_for_administrators_and_machines() {
        assertThat(SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + MetricsController.PATH))
                                .GET())
                        .status())
                .isEqualTo(401);
        for (String user : List.of("physician", "nurse", "patient", "compliance")) {
            Answer answer = get(user, MetricsController.PATH);
            assertThat(answer.status()).as(user).isEqualTo(403);
            assertThat(answer.text()).doesNotContain("securemed_");
        }
        assertThat(get("administrator", MetricsController.PATH).status()).isEqualTo(200);
        for (String path : List.of("/actuator", "/actuator/env", "/actuator/prometheus/", "/actuator/prometheus;x")) {
            assertThat(get("administrator", path).status()).as(path).isGreaterThanOrEqualTo(400);
        }
    }

    @Test
    void a_code_that_is_none_has_no_meter_of_its_own() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        RefusalMeter meter = new RefusalMeter(meters);
        meter.refused(400, "Patient/elena");
        for (int i = 0; i < 600; i++) {
            meter.refused(400, "code-" + i);
        }
        assertThat(meters.getMeters()).hasSize(501);
        assertThat(meters.get("securemed.requests.refused")
                        .tag("code", "other")
                        .counter()
                        .count())
                .isEqualTo(101);
    }

    private static String patient() {
        Patient patient = new Patient();
        patient.setId("metrics-" + UUID.randomUUID());
        String id = patient.getIdElement().getIdPart();
        assertThat(SERVER.put("backend", "Patient/" + id, patient).status()).isEqualTo(201);
        return id;
    }

    private static String scrape() {
        Answer answer = get("backend", MetricsController.PATH);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.response().headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/plain");
        return answer.text();
    }

    private static Answer get(String user, String path) {
        return SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + path))
                .header("Authorization", "Bearer " + SERVER.token(user))
                .GET());
    }

    /** 0 if there is no such line. */
    private static double value(String scrape, String meter) {
        return scrape.lines()
                .filter(line -> line.startsWith(meter + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(meter.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    private static double count(String scrape, String status) {
        return scrape.lines()
                .filter(line -> line.startsWith("securemed_requests_refused_total{")
                        && line.contains("status=\"" + status + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
