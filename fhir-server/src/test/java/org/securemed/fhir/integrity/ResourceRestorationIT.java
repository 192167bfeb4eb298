package org.securemed.fhir.integrity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.fhir.integrity.Stored.SERVER;
import static org.securemed.fhir.integrity.Stored.SQL;
import static org.securemed.fhir.integrity.Stored.copies;
import static org.securemed.fhir.integrity.Stored.copy;
import static org.securemed.fhir.integrity.Stored.events;
import static org.securemed.fhir.integrity.Stored.observation;
import static org.securemed.fhir.integrity.Stored.patient;
import static org.securemed.fhir.integrity.Stored.put;
import static org.securemed.fhir.integrity.Stored.replica;
import static org.securemed.fhir.integrity.Stored.states;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Type;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.AdoptedVersions;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Ledger;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A resource that somebody took out of HAPI's tables comes back as it was, for whoever could see it and nobody else.
 */
class ResourceRestorationIT {
    private static final String PATIENT = "taken-" + UUID.randomUUID();
    private static final String THIS = " res_id = (select res_id from hfj_resource where fhir_id = ?)";
    private static final String OTHER = "other-" + UUID.randomUUID();

    @BeforeAll
    static void patients() {
        for (String id : List.of(PATIENT, OTHER)) {
            put(patient(id), 201);
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
        assertThat(states("Observation/" + id)).containsExactly("missing", "missing");

        assertThat(restore("compliance", id, List.of()).status()).isEqualTo(409);
        assertThat(restore("physician", id, copies).status()).isEqualTo(403);
        assertThat(restore("compliance", id, forged(copies, "second")).status()).isEqualTo(422);
        assertThat(SQL.queryForObject("select count(*) from hfj_resource where fhir_id = ?", Long.class, id))
                .isZero();
        Answer restored = restore("compliance", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(restored)).containsExactly("restored", "restored");
        assertWhole(id, "second", "intact", "intact");
        assertThat(found("DiagnosticReport?result=Observation/" + id)).containsExactly(report);
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/1").text())
                .contains("first");
        assertThat(events(PATIENT, "integrity-restored", id))
                .hasSize(2)
                .allSatisfy(text -> assertThat(text).contains("before sha256").contains("after sha256"));

        Answer again = restore("compliance", id, copies);
        assertThat(((Parameters) again.resource()).getParameterBool("restored")).isFalse();
        assertThat(states(again)).containsExactly("intact", "intact");
        put(observation(id, PATIENT, "third"), 200);
        assertWhole(id, "third", "intact", "intact", "intact");
        assertThat(SERVER.delete("backend", "Observation/" + id).status()).isEqualTo(200);
    }

    @Test
    void a_version_that_is_not_found_again_stays_lost_and_the_newest_is_indispensable() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);
        assertThat(states("Observation/" + id)).containsExactly("missing", "missing");

        assertThat(restore("compliance", id, copies.subList(0, 1)).status()).isEqualTo(409);
        Answer restored = restore("compliance", id, forged(copies, "first"));

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(restored)).containsExactly("lost", "restored");
        assertThat(open(id)).containsExactly("Observation/" + id + "/_history/1");
        assertWhole(id, "second", "missing", "intact");
        assertThat(states(restore("compliance", id, copies))).containsExactly("restored", "intact");
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
        assertThat(states(restored)).containsExactly("intact", "restored");
        assertWhole(id, "second", "intact", "intact");
    }

    @Test
    void a_version_that_the_ledger_knows_nothing_of_is_taken_away_and_its_text_is_kept_in_the_record() {
        String id = twoVersions();
        forge(id, 3, "forged");
        SQL.update("update hfj_resource set res_ver = 3 where fhir_id = ?", id);
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("forged");
        assertThat(states("Observation/" + id)).containsExactly("intact", "intact", "unrecorded");
        assertThat(restore("physician", id, List.of()).status()).isEqualTo(403);

        Answer restored = restore("compliance", id, List.of());

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(restored)).containsExactly("intact", "intact", "removed");
        assertWhole(id, "second", "intact", "intact");
        assertThat(SERVER.get("backend", "Observation/" + id + "/_history/3").status())
                .isEqualTo(404);
        assertThat(events(PATIENT, "integrity-restored", id + "/_history/3"))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("before sha256").contains("after sha256"));
        assertThat(open(id)).isEmpty();
        put(observation(id, PATIENT, "third"), 200);
        assertWhole(id, "third", "intact", "intact", "intact");
    }

    @Test
    void what_was_written_after_such_a_version_stays() {
        String id = twoVersions();
        forge(id, 3, "forged");
        SQL.update("update hfj_resource set res_ver = 3 where fhir_id = ?", id);
        put(observation(id, PATIENT, "fourth"), 200);
        assertThat(states("Observation/" + id)).containsExactly("intact", "intact", "unrecorded", "intact");

        assertThat(states(restore("compliance", id, List.of())))
                .containsExactly("intact", "intact", "intact", "removed");

        assertWhole(id, "fourth", "intact", "intact", "intact");
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("\"versionId\":\"4\"");
    }

    @Test
    void what_was_written_while_somebody_looked_is_not_taken_for_forged() {
        String id = twoVersions();
        RecordedVersions recorded = SERVER.bean(RecordedVersions.class);
        RecordedVersions.Recorded before = recorded.of("Observation", id);
        put(observation(id, PATIENT, "third"), 200);
        ResourceRepair repair =
                new ResourceRepair(parts(Optional.empty()), "Observation", id, List.of(), before, "Practitioner/o");

        ResourceRestoration.Outcome outcome = transaction().execute(status -> repair.run());
        assertThat(outcome).isEqualTo(ResourceRestoration.Outcome.UNCHANGED);

        assertThat(before.versions()).containsExactly(1L, 2L);
        assertThat(recorded.completed("Observation", id, before).versions()).containsExactly(1L, 2L, 3L);
        assertWhole(id, "third", "intact", "intact", "intact");
    }

    @Test
    void what_is_on_its_way_into_the_log_is_recorded_and_is_compared_like_what_is_there() {
        String id = twoVersions();
        Ledger ledger = SERVER.bean(Ledger.class);
        VersionBytes second = SERVER.bean(StoredVersionRows.class)
                .of("Observation", id, 2)
                .orElseThrow()
                .bytes();
        SubjectKeys.Commitment commitment = SERVER.bean(SubjectKeys.class)
                .commit(PATIENT, second.reference(), second.updated(), second.canonical());
        Bytes body = ledger.read(commitment.entry()).orElseThrow().body();
        RecordedVersions.Recorded first =
                new RecordedVersions.Recorded(new TreeSet<>(Set.of(1L)), 1, Set.of(PATIENT), ledger.size());
        VersionBytes waiting = at(second, second.updated().plusSeconds(5), "{}");
        SubjectKeys.Commitment expected = SERVER.bean(SubjectKeys.class)
                .commit(PATIENT, waiting.reference(), waiting.updated(), waiting.canonical());
        Entry entry = Entry.builder(expected.entry(), waiting.updated(), "elsewhere", Op.UPDATE)
                .resourceCommitment(expected.commitment())
                .build();
        Comparison comparison = SERVER.bean(Comparison.class);

        // What is put there is gone again before anybody else sees it.
        transaction().executeWithoutResult(status -> {
            status.setRollbackOnly();
            assertThat(SERVER.bean(RecordedVersions.class)
                            .completed("Observation", id, first)
                            .versions())
                    .containsExactly(1L);
            stage(UUID.randomUUID(), body.toByteArray());
            assertThat(SERVER.bean(RecordedVersions.class)
                            .completed("Observation", id, first)
                            .versions())
                    .containsExactly(1L, 2L);
            assertThat(comparison.verdict(waiting, Set.of(PATIENT)).state()).isEqualTo(Verdict.State.UNRECORDED);
            stage(entry.id(), entry.toJson());
            assertThat(comparison.verdict(waiting, Set.of(PATIENT)).state()).isEqualTo(Verdict.State.PENDING);
            assertThat(comparison
                            .verdict(at(second, waiting.updated(), "{ }"), Set.of(PATIENT))
                            .state())
                    .isEqualTo(Verdict.State.ALTERED);
        });
    }

    @Test
    void a_forged_version_that_its_record_could_not_keep_is_left_and_nothing_is_half_done() {
        String id = twoVersions();
        forge(id, 3, "forged");
        SQL.update(
                "update hfj_res_ver set res_text_vc = (select string_agg(md5(n::text), '') from generate_series(1, 2000) n)"
                        + " where res_ver = 3 and res_id = (select res_id from hfj_resource where fhir_id = ?)",
                id);

        assertThat(restore("compliance", id, List.of()).status()).isEqualTo(409);

        assertThat(states("Observation/" + id)).containsExactly("intact", "intact", "unrecorded");
        assertThat(found("Observation?_id=" + id + "&patient=" + PATIENT)).containsExactly("Observation/" + id);
    }

    @Test
    void what_cannot_be_read_any_more_keeps_nothing_else_from_coming_back() {
        String id = twoVersions();
        List<Map<String, Object>> copies = copies(id);
        SQL.update("update hfj_res_ver set res_text_vc = '{' where res_ver = 1 and" + THIS, id);
        SQL.update("delete from hfj_res_ver where res_ver = 2 and" + THIS, id);

        Answer restored = restore("compliance", id, copies.subList(1, 2));

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(restored)).containsExactly("lost", "restored");
        assertWhole(id, "second", "altered", "intact");
        assertThat(states(restore("compliance", id, copies))).containsExactly("restored", "intact");
        assertWhole(id, "second", "intact", "intact");
    }

    @Test
    void what_refers_to_each_other_comes_back_one_by_one() {
        String id = twoVersions();
        String report = report(id).substring("DiagnosticReport/".length());
        List<Map<String, Object>> copies = copies(id);
        List<Map<String, Object>> reports = copies(report);
        takeAway(id, true);
        takeAway(report, true);

        Answer first = restore("compliance", "DiagnosticReport", report, reports);
        assertThat(first.status()).as(first.toString()).isEqualTo(200);
        assertThat(((Parameters) first.resource())
                        .getParameter("unindexed")
                        .getValue()
                        .primitiveValue())
                .as("what it refers to is not there yet")
                .isEqualTo("1");
        assertThat(SERVER.get("backend", "DiagnosticReport/" + report).status()).isEqualTo(200);
        assertThat(found("DiagnosticReport?_id=" + report + "&status=final")).isEmpty();
        Answer again = restore("compliance", "DiagnosticReport", report, reports);
        assertThat(((Parameters) again.resource()).getParameterBool("restored")).isFalse();
        assertThat(((Parameters) again.resource()).hasParameter("unindexed"))
                .as("it is tried again")
                .isTrue();
        Answer second = restore("compliance", id, copies);
        assertThat(second.status()).as(second.toString()).isEqualTo(200);
        assertThat(((Parameters) second.resource()).hasParameter("unindexed")).isFalse();

        assertThat(found("DiagnosticReport?_id=" + report + "&status=final"))
                .containsExactly("DiagnosticReport/" + report);
        assertThat(found("DiagnosticReport?result=Observation/" + id)).containsExactly("DiagnosticReport/" + report);
    }

    @Test
    void what_HAPI_had_packed_comes_back_to_the_byte() throws IOException {
        String id = packed();
        List<Map<String, Object>> copies = copies(id);
        assertThat(copies)
                .singleElement()
                .satisfies(copy ->
                        assertThat(copy).containsEntry("res_encoding", "JSONC").containsEntry("res_text_vc", null));
        assertThat(states("Observation/" + id)).containsExactly("intact");
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("first");
        byte[] bytes = Objects.requireNonNull((byte[]) copies.get(0).get("packed"));

        SQL.update("update hfj_res_ver set res_text = lo_from_bytea(0, ?) where" + THIS, gzip("{}"), id);
        assertThat(states("Observation/" + id)).containsExactly("altered");
        assertThat(restore(id, "packed", new Base64BinaryType(gzip(unpacked(bytes) + " ")))
                        .status())
                .isEqualTo(422);
        assertThat(restore(id, "content", new StringType(unpacked(bytes))).status())
                .isEqualTo(422);
        assertThat(restore(id, "packed", new Base64BinaryType(bytes)).status()).isEqualTo(200);
        assertThat(states("Observation/" + id)).containsExactly("intact");
        assertThat(SERVER.get("backend", "Observation/" + id).text()).contains("first");

        SQL.update("update hfj_res_ver set res_text = 4294967290 where" + THIS, id);
        assertThat(states("Observation/" + id))
                .as("a large object that is gone stops nobody")
                .containsExactly("altered");
        takeAway(id, true);
        Answer restored = restore("compliance", id, copies);
        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertWhole(id, "first", "intact");
        assertThat((byte[]) copies(id).get(0).get("packed")).isEqualTo(bytes);

        SQL.execute("create schema packed_replica");
        try {
            SQL.execute("create table packed_replica.hfj_res_ver as table hfj_res_ver");
            SQL.execute("create table packed_replica.hfj_resource as table hfj_resource");
            SQL.update(
                    "update hfj_res_ver set res_text = null, res_text_vc = '{}', res_encoding = 'JSON' where" + THIS,
                    id);
            assertThat(fromReplica("packed_replica")
                            .restore("Observation", id, List.of(), "Practitioner/o")
                            .versions())
                    .containsValues(ResourceRestoration.State.RESTORED);
        } finally {
            SQL.execute("drop schema packed_replica cascade");
        }
        assertWhole(id, "first", "intact");
    }

    @Test
    void what_is_left_of_its_history_is_enough() {
        String id = twoVersions();
        String report = report(id);
        takeAway(id, false);
        assertThat(SERVER.get("backend", "Observation/" + id).status()).isNotEqualTo(200);
        assertThat(states("Observation/" + id)).containsExactly("missing", "missing");

        Answer restored = restore("compliance", id, List.of());

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(states(restored)).containsExactly("intact", "intact");
        assertWhole(id, "second", "intact", "intact");
        assertThat(found("DiagnosticReport?result=Observation/" + id)).containsExactly(report);
        assertThat(events(PATIENT, "integrity-restored", id)).hasSize(1);
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
        assertThat(states("Observation/" + id)).containsExactly("intact", "intact", "intact");
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
        put(observation(id, PATIENT, "anew"), 201);

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
        String id = "gone-" + UUID.randomUUID();
        Patient patient = patient(id);
        patient.addName().setFamily("Gone" + id.substring(5, 13));
        put(patient, 201);
        List<Map<String, Object>> copies = copies(id);
        takeAway(id, true);

        Answer restored = restore("compliance", "Patient", id, copies);

        assertThat(restored.status()).as(restored.toString()).isEqualTo(200);
        assertThat(found("Patient?family=Gone" + id.substring(5, 13))).containsExactly("Patient/" + id);
        assertThat(SERVER.get("physician", "Patient/" + id).status()).isEqualTo(404);
        Observation observation = observation("of-" + id, id, "after");
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
                copy(Map.of(
                        "res_ver", 1L, "res_updated", new Timestamp(0), "res_text_vc", "{}", "packed", new byte[1])),
                copy(Map.of("res_ver", 1L, "res_updated", new Timestamp(0), "res_text_vc", "{}"))
                        .addPart(new ParametersParameterComponent()
                                .setName("version")
                                .setValue(new IntegerType(2))))) {
            assertThat(SERVER.post("compliance", path, new Parameters().addParameter(wrong))
                            .status())
                    .isEqualTo(400);
        }
    }

    private static void stage(UUID id, byte[] body) {
        SQL.update(
                "insert into ledger.ledger_outbox (id, inst, body, key_id, sig) values (?, 'elsewhere', ?, ?, ?)",
                id,
                body,
                new byte[32],
                new byte[64]);
    }

    private static VersionBytes at(VersionBytes of, Instant time, String text) {
        return new VersionBytes(
                of.type(),
                of.id(),
                of.version(),
                time,
                of.encoding(),
                of.source(),
                text.getBytes(StandardCharsets.UTF_8));
    }

    /** A resource of one version as an older HAPI kept it, and as it is taken in. */
    private static String packed() throws IOException {
        String id = "taken-" + UUID.randomUUID();
        put(observation(id, PATIENT, "first"), 201);
        String text = String.valueOf(copies(id).get(0).get("res_text_vc"));
        SQL.update(
                "update hfj_res_ver set res_text_vc = null, res_encoding = 'JSONC', res_text = lo_from_bytea(0, ?),"
                        + " res_updated = res_updated + interval '1 second' where" + THIS,
                gzip(text),
                id);
        VersionBytes version = SERVER.bean(StoredVersionRows.class)
                .of("Observation", id, 1)
                .orElseThrow()
                .bytes();
        transaction()
                .executeWithoutResult(
                        status -> SERVER.bean(AdoptedVersions.class).adopted(version, Set.of(PATIENT)));
        return id;
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String unpacked(byte[] bytes) throws IOException {
        return new String(new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A version behind the others, made of the newest one. */
    private static void forge(String id, int version, String note) {
        assertThat(SQL.update(
                        "insert into hfj_res_ver (pid, partition_id, res_version, has_tags, res_published, res_updated,"
                                + " res_encoding, res_text_vc, res_id, res_type, res_type_id, res_ver)"
                                + " select nextval('seq_resource_history_id'), v.partition_id, v.res_version, v.has_tags,"
                                + " v.res_published, v.res_updated + interval '1 second', v.res_encoding,"
                                + " replace(v.res_text_vc, 'second', ?), v.res_id, v.res_type, v.res_type_id, ?"
                                + " from hfj_res_ver v where v.res_ver = ? and" + THIS,
                        note,
                        version,
                        version - 1,
                        id))
                .isOne();
    }

    private static Answer restore(String id, String part, Type value) {
        Parameters parameters = new Parameters();
        parameters.addParameter("version", new IntegerType(1));
        parameters.addParameter().setName(part).setValue(value);
        return SERVER.post("compliance", "Observation/" + id + "/$restore-integrity", parameters);
    }

    /** Versions of which there is a finding that is open. */
    private static List<String> open(String id) {
        return SQL.queryForList(
                "select reference from integrity.finding where restored_at is null and reference like ?",
                String.class,
                "Observation/" + id + "/%");
    }

    private static TransactionTemplate transaction() {
        return new TransactionTemplate(SERVER.bean(PlatformTransactionManager.class));
    }

    private static ResourceRestoration fromReplica(String schema) {
        return new ResourceRestoration(parts(replica(schema)), SERVER.bean(Findings.class), transaction());
    }

    private static ResourceRestoration.Parts parts(Optional<StoredVersionRows> replica) {
        return new ResourceRestoration.Parts(
                SERVER.bean(StoredResourceRows.class),
                SERVER.bean(StoredVersionRows.class),
                replica,
                SERVER.bean(RecordedVersions.class),
                SERVER.bean(Comparison.class),
                SERVER.bean(IntegrityRecorder.class),
                SERVER.bean(OwnerIndex.class),
                SERVER.bean(Adoption.class),
                SERVER.bean(SearchIndexes.class));
    }

    /** Read and found by whoever may, by nobody else, and as it was recorded. */
    private static void assertWhole(String id, String note, String... states) {
        assertThat(states("Observation/" + id)).containsExactly(states);
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

    private static List<String> found(String search) {
        return SERVER.get("backend", search).bundle().getEntry().stream()
                .map(entry -> entry.getResource()
                        .getIdElement()
                        .toUnqualifiedVersionless()
                        .getValue())
                .toList();
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
        put(observation(id, PATIENT, "first"), 201);
        put(observation(id, PATIENT, "second"), 200);
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
}
