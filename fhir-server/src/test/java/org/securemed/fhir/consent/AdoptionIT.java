package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.securemed.fhir.owner.AdoptedVersions;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.UnownedResources;
import org.securemed.fhir.server.TestServer;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The gate over a database that a HAPI server without partitions has filled: it answers nothing before it is known of
 * everything to whom it belongs, and then as if it had been there from the beginning.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AdoptionIT {
    private static TestServer server = TestServer.empty("adoption");
    private static Map<String, String> before = Map.of();

    @Test
    @Order(1)
    void what_this_server_has_stored_has_owners() {
        put("Practitioner/jonas-lindqvist", "{\"resourceType\":\"Practitioner\",\"id\":\"jonas-lindqvist\"}", "");
        for (String patient : List.of("adopted-a", "adopted-b")) {
            put(
                    "Patient/" + patient,
                    "{\"resourceType\":\"Patient\",\"id\":\"$\",\"name\":[{\"family\":\"A\"}]}",
                    patient);
            put("Observation/obs-" + patient, observation("first"), patient);
            put("Observation/obs-" + patient, observation("second"), patient);
            put("Observation/gone-" + patient, observation("gone").replace("obs-$", "gone-$"), patient);
            assertThat(server.delete("backend", "Observation/gone-" + patient).status())
                    .isEqualTo(200);
            // Belongs to the patient through what it refers to, which is stored after it has been named here.
            put("Provenance/prov-" + patient, """
                    {"resourceType":"Provenance","id":"prov-$","target":[{"reference":"Observation/obs-$"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}""", patient);
            Consents.form(server, patient);
        }
        put(
                "Basic/adopted-stray",
                "{\"resourceType\":\"Basic\",\"id\":\"adopted-stray\",\"code\":{\"text\":\"x\"}}",
                "");
        put("Group/adopted-both", """
                {"resourceType":"Group","id":"adopted-both","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/adopted-a"}},{"entity":{"reference":"Patient/adopted-b"}}]}""", "");
        Consents.record(server, Consents.permit("adopted-a", "Practitioner/jonas-lindqvist"));

        assertThat(new UnownedResources(jdbc()).any()).isFalse();
        before = owners();
        assertThat(before).containsEntry("Group/adopted-both", "{adopted-a,adopted-b} of patients");
    }

    @Test
    @Order(2)
    void a_store_without_partitions_is_taken_in_batch_by_batch() {
        // No entry of the ledger speaks of this version any more, as of none that another server has stored.
        jdbc().update("update hfj_res_ver set res_updated = res_updated - interval '1 second' where res_id ="
                + " (select res_id from hfj_resource where fhir_id = 'prov-adopted-a')");
        forgetOwners();
        UnownedResources unowned = new UnownedResources(jdbc());
        long all = unowned.count();
        assertThat(all).isEqualTo(before.size());

        assertThatThrownBy(() -> adoption().run(done -> {
                    throw new UnsupportedOperationException("power cut");
                }))
                .isInstanceOf(UnsupportedOperationException.class);

        assertThat(unowned.count()).as("the patients are done").isEqualTo(all - 2);
    }

    @Test
    @Order(3)
    void the_server_does_not_start_before_all_is_done() {
        server.close();

        assertThatIllegalStateException()
                .isThrownBy(() -> TestServer.again(server))
                .withMessageContaining("belong to nobody yet");
    }

    @Test
    @Order(4)
    void afterwards_it_answers_as_if_it_had_been_there_from_the_beginning() {
        server = TestServer.again(server, "--securemed.consent.adopt=true", "--securemed.integrity.on-read=refuse");

        assertThat(owners()).isEqualTo(before);
        assertThat(server.get("compliance", "Provenance/prov-adopted-a/$verify-integrity")
                        .text())
                .contains("\"name\":\"intact\",\"valueBoolean\":true");
        assertThat(server.get("physician2", "Patient/adopted-a").status()).isEqualTo(200);
        assertThat(server.get("physician2", "Observation?patient=adopted-a&_total=accurate")
                        .bundle()
                        .getTotal())
                .isEqualTo(1);
        assertThat(server.get("physician2", "Observation/obs-adopted-a/_history")
                        .status())
                .isEqualTo(200);
        assertThat(server.get("physician2", "Patient/adopted-b").status()).isEqualTo(404);
        assertThat(server.get("physician2", "Observation/obs-adopted-b").status())
                .isEqualTo(404);
        assertThat(server.get("physician2", "Observation?_summary=count")
                        .bundle()
                        .getTotal())
                .isEqualTo(1);
        assertThat(server.get("backend", "Provenance?target=Observation/obs-adopted-b")
                        .bundle()
                        .getEntry())
                .hasSize(1);
        put("Observation/obs-adopted-b", observation("third"), "adopted-b");
    }

    @Test
    @Order(5)
    void what_was_altered_is_not_shown_if_the_settings_say_so_and_to_others_it_still_is_not_there() {
        String alter = "update hfj_res_ver set res_text_vc = replace(res_text_vc, 'second', 'forged') where res_id ="
                + " (select res_id from hfj_resource where res_type = 'Observation' and fhir_id = 'obs-adopted-a')";
        assertThat(server.get("physician2", "Observation/obs-adopted-a").text()).contains("second");
        jdbc().update(alter);

        for (String path : List.of(
                "Observation/obs-adopted-a",
                "Observation/obs-adopted-a?_pretty=true",
                "Observation?patient=adopted-a")) {
            TestServer.Answer refused = server.get("physician2", path);
            assertThat(refused.status()).as(refused.toString()).isEqualTo(500);
            assertThat(refused.outcome()
                            .getIssueFirstRep()
                            .getDetails()
                            .getCodingFirstRep()
                            .getCode())
                    .isEqualTo("integrity");
            assertThat(refused.text()).doesNotContain("forged");
        }
        assertThat(server.get("physician", "Observation/obs-adopted-a").status())
                .isEqualTo(404);
        jdbc().update(alter.replace("'second', 'forged'", "'forged', 'second'"));
        assertThat(server.get("physician2", "Observation/obs-adopted-a").status())
                .isEqualTo(200);
    }

    @Test
    @Order(6)
    void a_resource_belongs_to_the_patients_of_all_its_versions() {
        jdbc().update(
                        "update hfj_res_ver set res_text_vc = replace(res_text_vc, 'Patient/adopted-b', 'Patient/adopted-a')"
                                + " where res_ver = 1 and res_id ="
                                + " (select res_id from hfj_resource where res_type = 'Observation' and fhir_id = 'obs-adopted-b')");
        forgetOwners();
        adoption().run(done -> {});

        assertThat(owners())
                .containsEntry("Observation/obs-adopted-b", "{adopted-a,adopted-b} of patients")
                .containsEntry("Observation/obs-adopted-a", "{adopted-a} of patients");
        server.close();
    }

    private static String observation(String text) {
        return """
                {"resourceType":"Observation","id":"obs-$","status":"final","code":{"text":"%s"},"subject":{"reference":"Patient/$"}}""".formatted(text);
    }

    /** As the database of a HAPI server without partitions is. */
    private static void forgetOwners() {
        jdbc().execute("truncate securemed.resource_owner, securemed.patient_partition, securemed.joint_partition");
        jdbc().queryForList(
                        "select table_name from information_schema.columns where column_name = 'partition_id'"
                                + " and table_name like 'hfj\\_%' and is_nullable = 'YES'",
                        String.class)
                .forEach(table -> jdbc().execute("update " + table + " set partition_id = null"));
    }

    private static Adoption adoption() {
        OwnerIndex index = new OwnerIndex(jdbc());
        return new Adoption(
                index,
                new OwnerFinder(server.fhir(), index, "http://localhost:8080/fhir"),
                server.bean(ResourceAccess.class)::facts,
                server.fhir(),
                jdbc(),
                new TransactionTemplate(server.bean(PlatformTransactionManager.class)),
                server.bean(AdoptedVersions.class));
    }

    private static Map<String, String> owners() {
        Map<String, String> owners = new TreeMap<>();
        jdbc().query(
                        "select o.reference, o.patients::text, o.partition_id, o.deleted, r.partition_id"
                                + " from securemed.resource_owner o join hfj_resource r"
                                + " on o.reference = (r.res_type || '/' || r.fhir_id) collate \"C\"",
                        row -> {
                            int partition = row.getInt(3);
                            assertThat(row.getInt(5)).as(row.getString(1)).isEqualTo(partition);
                            owners.put(
                                    row.getString(1),
                                    row.getString(2) + " of "
                                            + (Partition.isPatients(partition) ? "patients" : "partition " + partition)
                                            + (row.getBoolean(4) ? ", deleted" : ""));
                        });
        return owners;
    }

    private static JdbcTemplate jdbc() {
        return new JdbcTemplate(server.database());
    }

    private static void put(String path, String json, String patient) {
        TestServer.Answer stored = server.put(
                "backend", path, (Resource) server.fhir().newJsonParser().parseResource(json.replace("$", patient)));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
