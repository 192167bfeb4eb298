package org.securemed.fhir.integrity;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A resource that somebody took out of HAPI's tables comes back as it was, for whoever could see it and nobody else.
 */
class ResourceRestorationIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final JdbcTemplate SQL = new JdbcTemplate(SERVER.database());
    private static final String PATIENT = "taken-" + UUID.randomUUID();
    private static final String OTHER = "other-" + UUID.randomUUID();

    @BeforeAll
    static void patients() {
        for (String id : List.of(PATIENT, OTHER)) {
            Patient patient = new Patient();
            patient.setId(id);
            put(patient, 201);
        }
    }

    @Test
    void a_resource_of_which_nothing_is_left_comes_back_from_copies_and_from_nothing_else() {
        String id = twoVersions();
        String report = report(id);
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);
        SQL.update("delete from securemed.resource_owner where reference = ?", "Observation/" + id);
        assertThat(SERVER.get("backend", "Observation/" + id).status()).isNotEqualTo(200);
        assertThat(found("DiagnosticReport?result=Observation/" + id)).isEmpty();
        assertThat(states(id)).containsExactly("missing", "missing");

        assertThat(restore("compliance", id, List.of()).status()).isEqualTo(409);
        assertThat(restore("physician", id, copies).status()).isEqualTo(403);
        assertThat(restore("compliance", id, forged(copies, "second")).status()).isEqualTo(422);
        assertThat(SQL.queryForObject("select count(*) from hfj_resource where fhir_id = ?", Long.class, id))
                .isZero();
        Answer restored = restore("compliance", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(whatBecame(restored)).containsExactly("restored", "restored");
        assertWhole(id, "second", "intact", "intact");
        assertThat(found("DiagnosticReport?result=Observation/" + id)).containsExactly(report);
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/1").text())
                .contains("first");
        Bundle events = SERVER.get("compliance", "AuditEvent?_count=200&patient=" + PATIENT)
                .bundle();
        assertThat(events.getEntry().stream()
                        .map(entry -> SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                        .filter(text -> text.contains("integrity-restored") && text.contains(id)))
                .hasSize(2)
                .allSatisfy(text -> assertThat(text).contains("before sha256").contains("after sha256"));

        Answer again = restore("compliance", id, copies);
        assertThat(((Parameters) again.resource()).getParameterBool("restored")).isFalse();
        assertThat(whatBecame(again)).containsExactly("intact", "intact");
        put(observation(id, "third"), 200);
        assertWhole(id, "third", "intact", "intact", "intact");
        assertThat(SERVER.delete("backend", "Observation/" + id).status()).isEqualTo(200);
    }

    @Test
    void a_version_that_is_not_found_again_stays_lost_and_the_newest_is_indispensable() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);

        assertThat(restore("compliance", id, copies.subList(0, 1)).status()).isEqualTo(409);
        Answer restored = restore("compliance", id, forged(copies, "first"));

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(whatBecame(restored)).containsExactly("lost", "restored");
        assertWhole(id, "second", "missing", "intact");
        assertThat(whatBecame(restore("compliance", id, copies))).containsExactly("restored", "intact");
        assertWhole(id, "second", "intact", "intact");
    }

    @Test
    void the_newest_version_alone_comes_back_and_is_the_newest_again() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        SQL.update(
                "delete from hfj_res_ver where res_ver = 2 and res_id = (select res_id from hfj_resource where fhir_id"
                        + " = ?)",
                id);
        SQL.update("update hfj_resource set res_ver = 1 where fhir_id = ?", id);
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("first");

        Answer restored = restore("compliance", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(whatBecame(restored)).containsExactly("intact", "restored");
        assertWhole(id, "second", "intact", "intact");
    }

    @Test
    void what_is_left_of_its_history_is_enough() {
        String id = twoVersions();
        String report = report(id);
        takeAway(id, false);
        assertThat(SERVER.get("backend", "Observation/" + id).status()).isNotEqualTo(200);
        assertThat(states(id)).containsExactly("missing", "missing");

        Answer restored = restore("compliance", id, List.of());

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(whatBecame(restored)).containsExactly("intact", "intact");
        assertWhole(id, "second", "intact", "intact");
        assertThat(found("DiagnosticReport?result=Observation/" + id)).containsExactly(report);
        Bundle events = SERVER.get("compliance", "AuditEvent?_count=200&patient=" + PATIENT)
                .bundle();
        assertThat(events.getEntry().stream()
                        .map(entry -> SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                        .filter(text -> text.contains("integrity-restored") && text.contains(id)))
                .hasSize(1);
    }

    @Test
    void a_deleted_resource_comes_back_deleted() {
        String id = twoVersions();
        assertThat(SERVER.delete("backend", "Observation/" + id).status()).isEqualTo(200);
        List<Map<String, Object>> copies = copies(id);
        assertThat(copies).hasSize(3);
        takeAway(id, true);

        Answer restored = restore("compliance", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(id)).containsExactly("intact", "intact", "intact");
        assertThat(SERVER.get("backend", "Observation/" + id).status()).isEqualTo(410);
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/2").text())
                .contains("second");
        assertThat(found("Observation?_id=" + id + "&patient=" + PATIENT)).isEmpty();
    }

    @Test
    void it_comes_back_to_whom_the_ledger_says_and_not_to_whom_the_index_does() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);
        SQL.update(
                "update securemed.resource_owner set patients = array[?], partition_id ="
                        + " (select partition_id from securemed.patient_partition where patient_id = ?) where reference = ?",
                OTHER,
                OTHER,
                "Observation/" + id);

        Answer restored = restore("compliance", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertWhole(id, "second", "intact", "intact");
        assertThat(SQL.queryForObject(
                        "select array_to_string(patients, ',') from securemed.resource_owner where reference = ?",
                        String.class,
                        "Observation/" + id))
                .isEqualTo(PATIENT);
    }

    @Test
    void what_was_stored_under_the_name_since_is_not_overwritten() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);
        put(observation(id, "anew"), 201);

        assertThat(restore("compliance", id, copies).status()).isEqualTo(409);
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("anew");
        assertThat(restore("compliance", "never-" + UUID.randomUUID(), copies).status())
                .isEqualTo(404);
    }

    @Test
    void a_replica_that_is_damaged_too_gives_only_what_was_recorded() throws SQLException {
        String id = twoVersions();
        String whole = twoVersions();
        SQL.execute("create schema resource_replica");
        try {
            SQL.execute("create table resource_replica.hfj_res_ver as table hfj_res_ver");
            SQL.execute("create table resource_replica.hfj_resource as table hfj_resource");
            takeAway(id, true);
            takeAway(whole, true);
            SQL.update(
                    "update resource_replica.hfj_res_ver v set res_text_vc = replace(res_text_vc, 'first', 'forged')"
                            + " from resource_replica.hfj_resource r where r.res_id = v.res_id and r.fhir_id = ?",
                    id);
            ResourceRestoration restoration = fromReplica("resource_replica");

            ResourceRestoration.Result result = restoration.restore("Observation", id, List.of(), "Practitioner/o");

            assertThat(result.outcome()).isEqualTo(ResourceRestoration.Outcome.RESTORED);
            assertThat(result.versions().values())
                    .containsExactly(ResourceRestoration.State.LOST, ResourceRestoration.State.RESTORED);
            assertWhole(id, "second", "missing", "intact");
            SQL.update(
                    "update resource_replica.hfj_res_ver v set res_text_vc = replace(res_text_vc, 'second', 'forged')"
                            + " from resource_replica.hfj_resource r where r.res_id = v.res_id and r.fhir_id = ?",
                    whole);
            assertThat(restoration
                            .restore("Observation", whole, List.of(), "Practitioner/o")
                            .outcome())
                    .isEqualTo(ResourceRestoration.Outcome.NOT_THE_RECORDED);
            assertThat(SERVER.get("backend", "Observation/" + whole).status()).isNotEqualTo(200);
        } finally {
            SQL.execute("drop schema resource_replica cascade");
        }
    }

    @Test
    void a_patient_and_what_belongs_to_nobody_come_back_too() {
        Patient patient = new Patient();
        String id = "gone-" + UUID.randomUUID();
        patient.setId(id);
        patient.addName().setFamily("Gone" + id.substring(5, 13));
        put(patient, 201);
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);

        Answer restored = restore("compliance", "Patient", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(found("Patient?family=Gone" + id.substring(5, 13))).containsExactly("Patient/" + id);
        assertThat(SERVER.get("physician", "Patient/" + id).status()).isEqualTo(404);
        Observation observation = observation("of-" + id, "after");
        observation.setSubject(new Reference("Patient/" + id));
        put(observation, 201);

        org.hl7.fhir.r4.model.Organization organization = new org.hl7.fhir.r4.model.Organization();
        String shared = "house-" + UUID.randomUUID();
        organization.setId(shared);
        organization.setName("House " + shared);
        put(organization, 201);
        List<Map<String, Object>> sharedCopies = copies(shared);
        takeAway(shared, true);
        SQL.update("delete from securemed.resource_owner where reference = ?", "Organization/" + shared);
        Answer back = restore("compliance", "Organization", shared, sharedCopies);
        assertThat(back.status()).as(back.toString()).isEqualTo(200);
        assertThat(SERVER.get("physician", "Organization/" + shared).status()).isEqualTo(200);
    }

    @Test
    void parameters_that_make_no_sense_are_refused() {
        String id = twoVersions();
        String path = "Observation/" + id + "/$restore-integrity";
        Parameters unnamed = new Parameters();
        unnamed.addParameter("content", new StringType("{}"));
        assertThat(SERVER.post("compliance", path, unnamed).status()).isEqualTo(400);
        for (ParametersParameterComponent wrong : List.of(
                new ParametersParameterComponent().setName("copy"),
                copy(Map.of("res_ver", 0L, "res_updated", new Timestamp(0), "res_text_vc", "{}")),
                copy(Map.of("res_ver", 1L, "res_updated", new Timestamp(0), "res_text_vc", "{}"))
                        .addPart(new ParametersParameterComponent()
                                .setName("version")
                                .setValue(new IntegerType(2))))) {
            assertThat(SERVER.post("compliance", path, new Parameters().addParameter(wrong))
                            .status())
                    .isEqualTo(400);
        }
    }

    private static ResourceRestoration fromReplica(String schema) throws SQLException {
        try (Connection connection = SERVER.database().getConnection()) {
            String url = connection.getMetaData().getURL();
            IntegrityProperties.Replica replica = new IntegrityProperties.Replica(
                    url + (url.contains("?") ? "&" : "?") + "currentSchema=" + schema,
                    connection.getMetaData().getUserName(),
                    "");
            return new ResourceRestoration(
                    new StoredResourceRows(SQL),
                    SERVER.bean(StoredVersionRows.class),
                    IntegrityConfiguration.replica(
                            new IntegrityProperties(Duration.ofHours(24), 50, IntegrityProperties.OnRead.OFF, replica)),
                    SERVER.bean(RecordedVersions.class),
                    SERVER.bean(Comparison.class),
                    SERVER.bean(Findings.class),
                    SERVER.bean(IntegrityRecorder.class),
                    SERVER.bean(OwnerIndex.class),
                    SERVER.bean(Adoption.class),
                    SERVER.bean(SearchIndexes.class),
                    new TransactionTemplate(SERVER.bean(PlatformTransactionManager.class)));
        }
    }

    /** Read and found by whoever may, by nobody else, and as it was recorded. */
    private static void assertWhole(String id, String note, String... states) {
        assertThat(states(id)).containsExactly(states);
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains(note);
        assertThat(found("Observation?_id=" + id + "&patient=" + PATIENT + "&status=final"))
                .containsExactly("Observation/" + id);
        assertThat(found("Observation?_id=" + id + "&patient=" + OTHER)).isEmpty();
        assertThat(SERVER.get("physician", "Observation/" + id).status()).isEqualTo(404);
        assertThat(SERVER.get("physician", "Observation?patient=" + PATIENT)
                        .bundle()
                        .getEntry())
                .isEmpty();
        assertThat(SQL.queryForObject(
                        "select count(*) from hfj_resource r join hfj_res_ver v on v.res_id = r.res_id and"
                                + " v.partition_id = r.partition_id join securemed.resource_owner o on o.reference ="
                                + " 'Observation/' || r.fhir_id and o.partition_id = r.partition_id and o.facts is not null"
                                + " join securemed.patient_partition p on p.partition_id = r.partition_id and"
                                + " p.patient_id = ? where r.fhir_id = ? and v.res_ver = r.res_ver",
                        Long.class,
                        PATIENT,
                        id))
                .isOne();
    }

    private static List<String> states(String id) {
        SERVER.bean(Ledger.class).publishCheckpoint();
        Answer answer = SERVER.get("compliance", "Observation/" + id + "/$verify-integrity");
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return whatBecame(answer);
    }

    private static List<String> whatBecame(Answer answer) {
        return ((Parameters) answer.resource())
                .getParameter().stream()
                        .filter(parameter -> parameter.getName().equals("version"))
                        .map(ParametersParameterComponent::getPart)
                        .map(parts -> parts.get(1).getValue().primitiveValue())
                        .toList();
    }

    private static List<String> found(String search) {
        return SERVER.get("backend", search).bundle().getEntry().stream()
                .map(entry -> entry.getResource()
                        .getIdElement()
                        .toUnqualifiedVersionless()
                        .getValue())
                .toList();
    }

    private static List<Map<String, Object>> copies(String id) {
        return SQL.queryForList(
                "select v.res_ver, v.res_updated, v.source_uri, v.res_text_vc from hfj_res_ver v join hfj_resource r"
                        + " on r.res_id = v.res_id where r.fhir_id = ? order by v.res_ver",
                id);
    }

    private static List<Map<String, Object>> forged(List<Map<String, Object>> copies, String word) {
        return copies.stream()
                .map(copy -> {
                    Map<String, Object> other = new java.util.HashMap<>(copy);
                    other.computeIfPresent(
                            "res_text_vc", (name, text) -> String.valueOf(text).replace(word, "forged"));
                    return other;
                })
                .toList();
    }

    private static Answer restore(String user, String id, List<Map<String, Object>> copies) {
        return restore(user, "Observation", id, copies);
    }

    private static Answer restore(String user, String type, String id, List<Map<String, Object>> copies) {
        Parameters parameters = new Parameters();
        copies.forEach(copy -> parameters.addParameter(copy(copy)));
        return SERVER.post(user, type + "/" + id + "/$restore-integrity", parameters);
    }

    private static ParametersParameterComponent copy(Map<String, Object> row) {
        ParametersParameterComponent copy = new ParametersParameterComponent().setName("copy");
        copy.addPart().setName("version").setValue(new IntegerType(String.valueOf(row.get("res_ver"))));
        copy.addPart().setName("updated").setValue(new InstantType((Timestamp) row.get("res_updated")));
        if (row.get("res_text_vc") != null) {
            copy.addPart().setName("content").setValue(new StringType(String.valueOf(row.get("res_text_vc"))));
        }
        if (row.get("source_uri") != null) {
            copy.addPart().setName("source").setValue(new StringType(String.valueOf(row.get("source_uri"))));
        }
        return copy;
    }

    /** Takes a resource out of HAPI's tables, and of its indexes, past all constraints. */
    private static void takeAway(String id, boolean versions) {
        try (Connection connection = SERVER.database().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            try {
                String key = "(select res_id from hfj_resource where fhir_id = '" + id + "')";
                statement.execute(
                        "delete from hfj_res_link where src_resource_id = " + key + " or target_resource_id = " + key);
                statement.execute("delete from hfj_spidx_string where res_id = " + key);
                if (versions) {
                    statement.execute("delete from hfj_res_ver where res_id = " + key);
                }
                statement.execute("delete from hfj_resource where fhir_id = '" + id + "'");
            } finally {
                statement.execute("set session_replication_role = origin");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String twoVersions() {
        String id = "taken-" + UUID.randomUUID();
        put(observation(id, "first"), 201);
        put(observation(id, "second"), 200);
        return id;
    }

    private static String report(String observation) {
        DiagnosticReport report = new DiagnosticReport();
        report.setId("report-" + UUID.randomUUID());
        report.setStatus(DiagnosticReport.DiagnosticReportStatus.FINAL);
        report.getCode().setText("glucose");
        report.setSubject(new Reference("Patient/" + PATIENT));
        report.addResult(new Reference("Observation/" + observation));
        put(report, 201);
        return "DiagnosticReport/" + report.getIdElement().getIdPart();
    }

    private static void put(Resource resource, int status) {
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    private static Observation observation(String id, String note) {
        Observation observation = new Observation();
        observation.setId(id);
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.getCode().setText("glucose");
        observation.setSubject(new Reference("Patient/" + PATIENT));
        observation.addNote().setText(note);
        return observation;
    }
}
