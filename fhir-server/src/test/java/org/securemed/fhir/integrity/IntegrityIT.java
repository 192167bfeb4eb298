package org.securemed.fhir.integrity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.sql.Connection;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What somebody does to HAPI's tables past the server is found, told, and put right. */
class IntegrityIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final JdbcTemplate SQL = new JdbcTemplate(SERVER.database());
    private static final String PATIENT = "integrity-" + UUID.randomUUID();
    private static final String ROW =
            " where res_id = (select res_id from hfj_resource where fhir_id = ?) and res_ver = ?";

    @BeforeAll
    static void patient() {
        Patient patient = new Patient();
        patient.setId(PATIENT);
        assertThat(SERVER.put("backend", "Patient/" + PATIENT, patient).status())
                .isEqualTo(201);
    }

    /** What was altered here is nothing that other tests could read. */
    @AfterAll
    static void takeAway() {
        SQL.update("update hfj_resource set res_deleted_at = now() where fhir_id like 'integrity-%'");
    }

    @Test
    void every_version_is_committed_to_whatever_way_it_was_written() {
        String id = create("first");
        update(id, "second");
        assertThat(SERVER.delete("backend", "Observation/" + id).status()).isEqualTo(200);
        Bundle transaction = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        String inBundle = "bundled-" + UUID.randomUUID();
        transaction
                .addEntry()
                .setResource(observation(inBundle, "in a bundle"))
                .getRequest()
                .setMethod(Bundle.HTTPVerb.PUT)
                .setUrl("Observation/" + inBundle);
        transaction
                .addEntry()
                .setResource(new Organization().setName("Shared").setId("shared-" + inBundle))
                .getRequest()
                .setMethod(Bundle.HTTPVerb.PUT)
                .setUrl("Organization/shared-" + inBundle);
        assertThat(SERVER.post("backend", "", transaction).status()).isEqualTo(200);

        assertThat(states("Observation/" + id)).isEqualTo(List.of("intact", "intact", "intact"));
        assertThat(states("Observation/" + inBundle)).isEqualTo(List.of("intact"));
        assertThat(states("Organization/shared-" + inBundle)).isEqualTo(List.of("intact"));
    }

    @Test
    void each_column_that_says_something_is_under_the_commitment() {
        Map<String, String> changes = new HashMap<>();
        changes.put("res_text_vc = replace(res_text_vc, 'honest', 'forged')", "altered");
        changes.put("res_updated = res_updated - interval '1 day'", "unrecorded");
        changes.put("res_deleted_at = now()", "altered");
        changes.put("source_uri = 'urn:elsewhere'", "altered");
        changes.put("res_encoding = 'JSONC'", "altered");
        changes.put("res_type = 'Condition'", "altered");
        changes.forEach((change, expected) -> {
            String id = create("honest");
            assertThat(SQL.update("update hfj_res_ver set " + change + ROW, id, 1))
                    .isOne();
            assertThat(states("Observation/" + id)).as(change).isEqualTo(List.of(expected));
        });
    }

    @Test
    void versions_that_were_swapped_or_taken_away_are_found() {
        String swapped = create("one");
        update(swapped, "two");
        String first = text(swapped, 1);
        SQL.update("update hfj_res_ver set res_text_vc = ?" + ROW, first, swapped, 2);
        assertThat(states("Observation/" + swapped)).isEqualTo(List.of("intact", "altered"));

        String rolledBack = create("one");
        update(rolledBack, "two");
        SQL.update("update hfj_resource set res_ver = 1 where fhir_id = ?", rolledBack);
        assertThat(states("Observation/" + rolledBack)).contains("altered");

        String lost = create("one");
        update(lost, "two");
        SQL.update("delete from hfj_res_ver" + ROW, lost, 1);
        assertThat(states("Observation/" + lost)).isEqualTo(List.of("missing", "intact"));
    }

    @Test
    void the_sweep_finds_what_was_altered_and_what_is_gone_and_tells_of_it_once() {
        String altered = create("honest");
        SQL.update("update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, altered, 1);
        String gone = create("gone");
        SQL.update("delete from hfj_res_ver" + ROW, gone, 1);

        sweep();
        sweep();

        Parameters status = parameters("AuditEvent/$integrity-status");
        assertThat(kinds(status, altered)).containsExactly("altered");
        assertThat(kinds(status, gone)).containsExactly("missing");
        Bundle events = SERVER.get("compliance", "AuditEvent?_count=200&patient=" + PATIENT)
                .bundle();
        assertThat(events.getEntry().stream()
                        .map(entry -> SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                        .filter(text -> text.contains("integrity-alarm") && text.contains(altered)))
                .hasSize(1);
    }

    @Test
    void nothing_but_the_committed_bytes_is_put_back_and_before_and_after_are_recorded() {
        String id = create("honest");
        String honest = text(id, 1);
        SQL.update("update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, id, 1);
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("forged");

        assertThat(restore("compliance", id, null).status()).isEqualTo(409);
        assertThat(restore("compliance", id, honest.replace("honest", "other")).status())
                .isEqualTo(422);
        assertThat(restore("physician", id, honest).status()).isEqualTo(403);
        Answer restored = restore("compliance", id, honest);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(SERVER.get("backend", "Observation/" + id).text())
                .contains("honest")
                .doesNotContain("forged");
        assertThat(states("Observation/" + id)).isEqualTo(List.of("intact"));
        Bundle events = SERVER.get("compliance", "AuditEvent?_count=200&patient=" + PATIENT)
                .bundle();
        assertThat(events.getEntry().stream()
                        .map(entry -> SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                        .filter(text -> text.contains("integrity-restored") && text.contains(id)))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("before sha256").contains("after sha256"));
    }

    @Test
    void a_row_that_is_gone_is_put_back_from_a_copy() {
        String id = create("first");
        update(id, "second");
        Map<String, Object> copy =
                SQL.queryForMap("select res_updated, source_uri, res_text_vc from hfj_res_ver" + ROW, id, 1);
        SQL.update("delete from hfj_res_ver" + ROW, id, 1);
        assertThat(states("Observation/" + id)).isEqualTo(List.of("missing", "intact"));
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/1").status())
                .isNotEqualTo(200);

        Parameters parameters = new Parameters();
        parameters.addParameter("version", new IntegerType(1));
        parameters.addParameter("content", new StringType(String.valueOf(copy.get("res_text_vc"))));
        parameters.addParameter("updated", new InstantType(((Timestamp) copy.get("res_updated"))));
        parameters.addParameter("source", new StringType("another"));
        String path = "Observation/" + id + "/$restore-integrity";
        assertThat(SERVER.post("compliance", path, parameters).status()).isEqualTo(422);
        parameters.getParameter().remove(3);
        if (copy.get("source_uri") != null) {
            parameters.addParameter("source", new StringType(String.valueOf(copy.get("source_uri"))));
        }
        Answer restored = SERVER.post("compliance", path, parameters);
        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states("Observation/" + id)).isEqualTo(List.of("intact", "intact"));
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/1").text())
                .contains("first");
        update(id, "third");
        assertThat(states("Observation/" + id)).isEqualTo(List.of("intact", "intact", "intact"));
    }

    @Test
    void what_was_altered_or_is_gone_comes_back_from_the_replica() throws Exception {
        String altered = create("honest");
        String gone = create("kept elsewhere");
        SQL.execute("create schema if not exists replica");
        SQL.execute("drop table if exists replica.hfj_res_ver, replica.hfj_resource");
        SQL.execute("create table replica.hfj_res_ver as table hfj_res_ver");
        SQL.execute("create table replica.hfj_resource as table hfj_resource");
        SQL.update("update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, altered, 1);
        SQL.update("delete from hfj_res_ver" + ROW, gone, 1);
        try (Connection connection = SERVER.database().getConnection()) {
            String url = connection.getMetaData().getURL();
            IntegrityProperties.Replica replica = new IntegrityProperties.Replica(
                    url + (url.contains("?") ? "&" : "?") + "currentSchema=replica",
                    connection.getMetaData().getUserName(),
                    "");
            Restoration restoration = new Restoration(
                    SERVER.bean(StoredVersionRows.class),
                    IntegrityConfiguration.replica(
                            new IntegrityProperties(Duration.ofHours(24), 50, IntegrityProperties.OnRead.OFF, replica)),
                    SERVER.bean(Comparison.class),
                    SERVER.bean(Findings.class),
                    SERVER.bean(IntegrityRecorder.class),
                    new TransactionTemplate(SERVER.bean(PlatformTransactionManager.class)));
            for (String id : List.of(altered, gone)) {
                assertThat(restoration.restore(
                                "Observation", id, 1, Optional.empty(), Optional.empty(), "Practitioner/officer"))
                        .isEqualTo(Restoration.Outcome.RESTORED);
                assertThat(states("Observation/" + id)).isEqualTo(List.of("intact"));
            }
            SQL.update("update replica.hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')");
            SQL.update(
                    "update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, altered, 1);
            assertThat(restoration.restore(
                            "Observation", altered, 1, Optional.empty(), Optional.empty(), "Practitioner/officer"))
                    .as("a replica is not believed either")
                    .isEqualTo(Restoration.Outcome.NOT_THE_RECORDED);
        } finally {
            SQL.execute("drop schema replica cascade");
        }
    }

    @Test
    void a_version_is_compared_before_it_is_shown_if_the_settings_say_so() {
        String id = create("honest");
        ReadVerification refusing = new ReadVerification(
                SERVER.bean(StoredVersionRows.class),
                SERVER.bean(Comparison.class),
                SERVER.bean(Findings.class),
                IntegrityProperties.OnRead.REFUSE);
        refusing.showing("Observation", id, 1);
        SQL.update("update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, id, 1);

        assertThatThrownBy(() -> refusing.showing("Observation", id, 1))
                .isInstanceOf(BaseServerResponseException.class);

        assertThat(kinds(parameters("AuditEvent/$integrity-status"), id)).containsExactly("altered");
        new ReadVerification(
                        SERVER.bean(StoredVersionRows.class),
                        SERVER.bean(Comparison.class),
                        SERVER.bean(Findings.class),
                        IntegrityProperties.OnRead.ALARM)
                .showing("Observation", id, 1);
    }

    @Test
    void it_is_for_compliance_staff_and_systems() {
        for (String role : List.of("physician", "nurse", "patient", "administrator")) {
            assertThat(SERVER.get(role, "Patient/" + PATIENT + "/$verify-integrity")
                            .status())
                    .isEqualTo(403);
            assertThat(SERVER.get(role, "AuditEvent/$integrity-status").status())
                    .isEqualTo(403);
            assertThat(SERVER.post(role, "AuditEvent/$integrity-sweep", new Parameters())
                            .status())
                    .isEqualTo(403);
        }
        assertThat(SERVER.get("compliance", "Observation/nobody/$verify-integrity")
                        .status())
                .isEqualTo(404);
    }

    private static void sweep() {
        Sweep sweep = SERVER.bean(Sweep.class);
        sweep.begin();
        while (!sweep.status().orElseThrow().isDone()) {
            sweep.step(100);
        }
    }

    private static List<String> kinds(Parameters status, String id) {
        return status.getParameter().stream()
                .filter(parameter -> parameter.getName().equals("finding"))
                .filter(finding -> ((Reference) finding.getPartFirstRep().getValue())
                        .getReference()
                        .contains(id))
                .map(finding -> finding.getPart().get(1).getValue().primitiveValue())
                .toList();
    }

    private static Answer restore(String user, String id, @Nullable String content) {
        Parameters parameters = new Parameters();
        parameters.addParameter("version", new IntegerType(1));
        if (content != null) {
            parameters.addParameter("content", new StringType(content));
        }
        return SERVER.post(user, "Observation/" + id + "/$restore-integrity", parameters);
    }

    private static List<String> states(String reference) {
        SERVER.bean(Ledger.class).publishCheckpoint();
        return parameters(reference + "/$verify-integrity").getParameter().stream()
                .filter(parameter -> parameter.getName().equals("version"))
                .map(ParametersParameterComponent::getPart)
                .map(parts -> parts.get(1).getValue().primitiveValue())
                .toList();
    }

    private static Parameters parameters(String path) {
        Answer answer = SERVER.get("compliance", path);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return (Parameters) answer.resource();
    }

    private static String text(String id, int version) {
        return String.valueOf(
                SQL.queryForObject("select res_text_vc from hfj_res_ver" + ROW, String.class, id, version));
    }

    private static String create(String note) {
        String id = "integrity-" + UUID.randomUUID();
        assertThat(SERVER.put("backend", "Observation/" + id, observation(id, note))
                        .status())
                .isEqualTo(201);
        return id;
    }

    private static void update(String id, String note) {
        assertThat(SERVER.put("backend", "Observation/" + id, observation(id, note))
                        .status())
                .isEqualTo(200);
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
