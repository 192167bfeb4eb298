package org.securemed.fhir.integrity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.fhir.integrity.Stored.SERVER;
import static org.securemed.fhir.integrity.Stored.SQL;
import static org.securemed.fhir.integrity.Stored.events;
import static org.securemed.fhir.integrity.Stored.observation;
import static org.securemed.fhir.integrity.Stored.put;
import static org.securemed.fhir.integrity.Stored.states;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.sql.Timestamp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.audit.WrittenVersions;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What somebody does to HAPI's tables past the server is found, told, and put right. */
class IntegrityIT {
    private static final String PATIENT = "integrity-" + UUID.randomUUID();
    private static final String ROW =
            " where res_id = (select res_id from hfj_resource where fhir_id = ?) and res_ver = ?";

    @BeforeAll
    static void patient() {
        put(Stored.patient(PATIENT), 201);
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
                .setResource(observation(inBundle, PATIENT, "in a bundle"))
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

        String claimed = create("one");
        SQL.update("update hfj_resource set res_ver = 3 where fhir_id = ?", claimed);
        assertThat(states("Observation/" + claimed)).isEqualTo(List.of("intact", "missing"));
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
        assertThat(events(PATIENT, "integrity-alarm", altered)).hasSize(1);
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
        assertThat(events(PATIENT, "integrity-restored", id))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("before sha256").contains("after sha256"));
    }

    @Test
    void a_version_whose_time_was_changed_is_put_back_with_its_time() {
        String id = create("honest");
        Map<String, Object> copy = Stored.copies(id).get(0);
        SQL.update("update hfj_res_ver set res_updated = res_updated - interval '1 day'" + ROW, id, 1);
        assertThat(states("Observation/" + id)).isEqualTo(List.of("unrecorded"));
        assertThat(restore("compliance", id, String.valueOf(copy.get("res_text_vc")))
                        .status())
                .isEqualTo(422);

        Parameters parameters = new Parameters();
        Stored.copy(copy).getPart().forEach(part -> parameters.addParameter(part.getName(), part.getValue()));
        Answer restored = SERVER.post("compliance", "Observation/" + id + "/$restore-integrity", parameters);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states("Observation/" + id)).isEqualTo(List.of("intact"));
    }

    @Test
    void a_finding_that_could_not_be_recorded_was_not_told() {
        Findings findings = SERVER.bean(Findings.class);
        Verdict odd = new Verdict("odd", Verdict.State.ALTERED, List.of());

        assertThatThrownBy(() -> findings.tell(odd)).isInstanceOf(RuntimeException.class);

        assertThat(SQL.queryForObject("select count(*) from integrity.finding where reference = 'odd'", Long.class))
                .isZero();
    }

    @Test
    void an_alarm_makes_no_key_for_whom_the_ledger_does_not_know() {
        SERVER.bean(IntegrityRecorder.class)
                .alarm(Set.of("integrity-forgotten"), "Observation/integrity-any/_history/1", "altered");

        assertThat(SERVER.bean(SubjectKeys.class).known("integrity-forgotten")).isEmpty();
    }

    @Test
    void what_was_never_stored_is_not_looked_for_in_all_of_the_log() {
        String id = create("once");
        RecordedVersions recorded = new RecordedVersions(
                SERVER.bean(Ledger.class), SERVER.bean(WrittenVersions.class), SERVER.bean(WaitingEntries.class), 16);

        assertThat(recorded.of("Observation", "integrity-never").isEmpty()).isTrue();
        assertThat(recorded.of("Observation", id).versions()).containsExactly(1L);
        update(id, "twice");
        assertThat(recorded.of("Observation", id).versions()).containsExactly(1L, 2L);

        assertThat(recorded.mayName("Patient/" + PATIENT))
                .as("one part of the log, or one more by chance")
                .hasSizeBetween(1, 2);
        assertThat(recorded.mayName("Observation/integrity-never"))
                .as("none, or one by chance")
                .hasSizeLessThan(2);
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
    void what_was_altered_or_is_gone_comes_back_from_the_replica() {
        String altered = create("honest");
        String gone = create("kept elsewhere");
        SQL.execute("create schema if not exists replica");
        SQL.execute("drop table if exists replica.hfj_res_ver, replica.hfj_resource");
        SQL.execute("create table replica.hfj_res_ver as table hfj_res_ver");
        SQL.execute("create table replica.hfj_resource as table hfj_resource");
        SQL.update("update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, altered, 1);
        SQL.update("delete from hfj_res_ver" + ROW, gone, 1);
        try {
            Restoration restoration = new Restoration(
                    SERVER.bean(StoredResourceRows.class),
                    SERVER.bean(StoredVersionRows.class),
                    Stored.replica("replica"),
                    SERVER.bean(Comparison.class),
                    SERVER.bean(Findings.class),
                    SERVER.bean(IntegrityRecorder.class),
                    new TransactionTemplate(SERVER.bean(PlatformTransactionManager.class)));
            for (String id : List.of(altered, gone)) {
                assertThat(restoration.restore("Observation", id, 1, Optional.empty(), "Practitioner/officer"))
                        .isEqualTo(Restoration.Outcome.RESTORED);
                assertThat(states("Observation/" + id)).isEqualTo(List.of("intact"));
            }
            SQL.update("update replica.hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')");
            SQL.update(
                    "update hfj_res_ver set res_text_vc = replace(res_text_vc, 'honest', 'forged')" + ROW, altered, 1);
            assertThat(restoration.restore("Observation", altered, 1, Optional.empty(), "Practitioner/officer"))
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
        put(observation(id, PATIENT, note), 201);
        return id;
    }

    private static void update(String id, String note) {
        put(observation(id, PATIENT, note), 200);
    }
}
