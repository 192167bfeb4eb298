package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.translate.ResourceFactsExtractor;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.springframework.jdbc.core.JdbcTemplate;

/** A consent to a part of a record opens that part on every channel, with true totals, and nothing beside it. */
class PartialConsentIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "partly-open";
    private static final String GRANTEE = "Practitioner/jonas-lindqvist";
    private static final String PSY =
            "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private String consent = "";

    @BeforeAll
    static void load() {
        put("Patient/" + PATIENT, "{\"resourceType\":\"Patient\",\"id\":\"partly-open\"}");
        Consents.form(SERVER, PATIENT);
        put("Encounter/po-enc", """
                {"resourceType":"Encounter","id":"po-enc","status":"finished","class":{"code":"AMB"},"period":{"start":"2019-01-01","end":"2019-01-03"},"subject":{"reference":"Patient/partly-open"}}
                """);
        observation("po-plain", "718-7", "2021-03-01", "", "Practitioner/tomas-herrera");
        observation("po-old", "718-7", "2011-03-01", "", "Practitioner/tomas-herrera");
        observation("po-psy", "718-7", "2021-03-02", PSY, "Practitioner/tomas-herrera");
        observation("po-other", "8867-4", "2021-03-03", "", "Practitioner/linh-tran");
        put("Observation/po-in-enc", """
                {"resourceType":"Observation","id":"po-in-enc","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"effectiveDateTime":"2019-01-02","subject":{"reference":"Patient/partly-open"},"encounter":{"reference":"Encounter/po-enc"}}
                """);
    }

    @AfterEach
    void end() {
        if (!consent.isEmpty()) {
            Consents.end(SERVER, consent);
        }
    }

    @Test
    void a_label() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));

        seesExactly("po-plain", "po-old", "po-other", "po-in-enc");
    }

    @Test
    void a_code() {
        grant(provision -> provision.addCode(new CodeableConcept(new Coding("http://loinc.org", "8867-4", null))));

        seesExactly("po-other", "po-in-enc");
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);
    }

    @Test
    void a_period_of_data() {
        grant(provision -> provision.getDataPeriod().setStartElement(new DateTimeType("2020")));

        seesExactly("po-plain", "po-psy", "po-other");
    }

    @Test
    void data_of_an_encounter() {
        grant(provision -> data(provision, Consent.ConsentDataMeaning.RELATED, "Encounter/po-enc"));

        seesExactly("po-in-enc");
        assertThat(SERVER.get("physician2", "Encounter/po-enc").status()).isEqualTo(200);
        assertThat(ids("Observation?_id=po-in-enc&_include=Observation:encounter&_include=Observation:subject"))
                .containsExactly("Encounter/po-enc", "Observation/po-in-enc");
    }

    @Test
    void what_somebody_has_written() {
        grant(provision -> data(provision, Consent.ConsentDataMeaning.AUTHOREDBY, "Practitioner/tomas-herrera"));

        seesExactly("po-plain", "po-old", "po-psy");
    }

    @Test
    void an_exception_in_a_nested_provision() {
        grant(provision -> {
            Consent.ProvisionComponent but = provision.addProvision();
            but.setType(Consent.ConsentProvisionType.DENY);
            but.addSecurityLabel(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY", null));
            Consent.ProvisionComponent nor = provision.addProvision();
            nor.setType(Consent.ConsentProvisionType.DENY);
            nor.addCode(new CodeableConcept(new Coding("http://loinc.org", "8867-4", null)));
        });

        seesExactly("po-plain", "po-old");
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(200);
    }

    @Test
    void who_is_in_a_care_team_that_the_patient_names_and_nobody_puts_themselves_there() {
        Consent team = Consents.permit(PATIENT, "CareTeam/po-team");
        put("CareTeam/po-team", careTeam(""));
        consent = Consents.record(SERVER, team);
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);

        put("CareTeam/po-team", careTeam("{\"member\":{\"reference\":\"Practitioner/jonas-lindqvist\"}}"));
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(200);
        assertThat(total("Observation?patient=" + PATIENT)).isEqualTo(5);
        assertThat(ids("Patient?_id=" + PATIENT)).hasSize(1);
        assertThat(ids("Patient?_count=100")).contains("Patient/" + PATIENT);

        Answer both = SERVER.put(
                "physician2",
                "CareTeam/po-team",
                resource(
                        careTeam(
                                "{\"member\":{\"reference\":\"Practitioner/jonas-lindqvist\"}},{\"member\":{\"reference\":\"Practitioner/linh-tran\"}}")));
        assertThat(both.status()).as(both.text()).isEqualTo(200);
        assertThat(SERVER.get("nurse", "Patient/" + PATIENT).status())
                .as("put there by a clinician")
                .isEqualTo(404);

        put(
                "CareTeam/po-team",
                careTeam(
                        "{\"member\":{\"reference\":\"Practitioner/jonas-lindqvist\"},\"period\":{\"end\":\"2024-12-31\"}}"));
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);
    }

    @Test
    void a_deny_to_a_group_hides_from_its_members() {
        put("Group/po-group", """
                {"resourceType":"Group","id":"po-group","type":"practitioner","actual":true,"member":[{"entity":{"reference":"Practitioner/jonas-lindqvist"}}]}
                """);
        grant(provision -> {
            provision.getActor().clear();
            Consent.ProvisionComponent but = provision.addProvision();
            but.setType(Consent.ConsentProvisionType.DENY);
            but.addActor()
                    .setRole(new CodeableConcept(
                            new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", null)))
                    .setReference(new Reference("Group/po-group"));
        });

        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);
        assertThat(SERVER.get("nurse", "Patient/" + PATIENT).status()).isEqualTo(200);
    }

    private static String careTeam(String participants) {
        return """
                {"resourceType":"CareTeam","id":"po-team","status":"active","subject":{"reference":"Patient/partly-open"},"participant":[%s]}
                """.formatted(participants);
    }

    @Test
    void what_is_labelled_later_is_gone_at_once_and_its_restricted_versions_stay_hidden() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));
        observation("po-changing", "718-7", "2021-04-01", "", "Practitioner/tomas-herrera");
        assertThat(SERVER.get("physician2", "Observation/po-changing").status()).isEqualTo(200);
        assertThat(total("Observation?patient=" + PATIENT)).isEqualTo(5);

        observation("po-changing", "718-7", "2021-04-02", PSY, "Practitioner/tomas-herrera");
        for (String path : List.of("", "/_history", "/_history/1", "/_history/2")) {
            assertThat(SERVER.get("physician2", "Observation/po-changing" + path)
                            .status())
                    .as(path)
                    .isEqualTo(404);
        }
        assertThat(total("Observation?patient=" + PATIENT)).isEqualTo(4);

        observation("po-changing", "718-7", "2021-04-03", "", "Practitioner/tomas-herrera");
        assertThat(SERVER.get("physician2", "Observation/po-changing").status()).isEqualTo(200);
        assertThat(SERVER.get("physician2", "Observation/po-changing/_history/1")
                        .status())
                .isEqualTo(200);
        assertThat(SERVER.get("physician2", "Observation/po-changing/_history/2")
                        .status())
                .isEqualTo(404);
        Answer history = SERVER.get("physician2", "Observation/po-changing/_history");
        assertThat(history.status()).as(history.text()).isEqualTo(200);
        assertThat(history.text()).doesNotContain("PSY").doesNotContain("2021-04-02");
        SERVER.delete("backend", "Observation/po-changing");
        assertThat(SERVER.get("physician2", "Observation/po-changing").status()).isEqualTo(410);
    }

    @Test
    void what_is_hidden_is_deleted_without_a_trace() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));
        observation("po-gone", "718-7", "2021-04-01", PSY, "Practitioner/tomas-herrera");
        SERVER.delete("backend", "Observation/po-gone");

        assertThat(SERVER.get("physician2", "Observation/po-gone").status()).isEqualTo(404);
    }

    @Test
    void nothing_is_referred_to_that_its_writer_does_not_see() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));

        Answer seen = write("");
        assertThat(seen.status()).as(seen.text()).isEqualTo(201);
        Answer referring = SERVER.post("physician2", "Observation", resource("""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/partly-open"},"hasMember":[{"reference":"Observation/po-psy"}]}
                """));
        Answer nowhere = SERVER.post("physician2", "Observation", resource("""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/partly-open"},"hasMember":[{"reference":"Observation/po-none"}]}
                """));
        assertThat(referring.status()).isEqualTo(400);
        assertThat(referring.text().replace("po-psy", "po-none")).isEqualTo(nowhere.text());
        assertThat(SERVER.delete("physician2", "Observation/po-psy").text().replace("po-psy", "po-none"))
                .isEqualTo(SERVER.delete("physician2", "Observation/po-none").text());
        assertThat(SERVER.get("backend", "Observation/po-psy").status()).isEqualTo(200);
        SERVER.delete("backend", "Observation/" + seen.resource().getIdElement().getIdPart());
    }

    @Test
    void what_is_sensitive_by_its_codes_is_labelled_and_hidden_from_who_sees_only_normal_data() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));
        put("Medication/po-methadone", """
                {"resourceType":"Medication","id":"po-methadone","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"6813"}]}}
                """);
        put("Condition/po-hiv", """
                {"resourceType":"Condition","id":"po-hiv","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"B20"}]},"subject":{"reference":"Patient/partly-open"}}
                """);
        put("MedicationRequest/po-mr", """
                {"resourceType":"MedicationRequest","id":"po-mr","status":"active","intent":"order","medicationReference":{"reference":"Medication/po-methadone"},"subject":{"reference":"Patient/partly-open"}}
                """);

        assertThat(labels("Condition/po-hiv")).containsExactlyInAnyOrder("HIV", "R");
        assertThat(labels("MedicationRequest/po-mr")).containsExactlyInAnyOrder("OPIOIDUD", "R", "NORDSCLCD");
        assertThat(SERVER.get("backend", "MedicationRequest?_id=po-mr")
                        .bundle()
                        .getMeta()
                        .getSecurityFirstRep()
                        .getCode())
                .isEqualTo("NORDSCLCD");
        assertThat(SERVER.get("backend", "Condition?_id=po-hiv")
                        .bundle()
                        .getMeta()
                        .getSecurity())
                .isEmpty();
        assertThat(labels("Medication/po-methadone")).isEmpty();
        for (String path : List.of("Condition/po-hiv", "MedicationRequest/po-mr")) {
            assertThat(SERVER.get("physician2", path).status()).as(path).isEqualTo(404);
        }
    }

    @Test
    void a_sensitive_diagnosis_is_recorded_read_back_once_and_then_hidden_from_who_made_it() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));
        String hiv = """
                {"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"B20"}]},"subject":{"reference":"Patient/partly-open"}}
                """;

        Answer made = SERVER.post("physician2", "Condition", resource(hiv));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.text()).contains("\"B20\"").contains("\"HIV\"");
        String path = "Condition/" + made.resource().getIdElement().getIdPart();
        assertThat(SERVER.get("backend", path).status()).isEqualTo(200);
        assertThat(SERVER.get("physician2", path).text().replace(path, "Condition/po-none"))
                .isEqualTo(SERVER.get("physician2", "Condition/po-none").text());
        assertThat(total("Condition?patient=" + PATIENT)).isZero();

        Answer bundle = SERVER.post("physician2", "", resource("""
                {"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Condition"},"resource":%s}]}
                """.formatted(hiv)));
        assertThat(bundle.status()).as(bundle.text()).isEqualTo(200);

        Answer plain = SERVER.post("physician2", "Condition", resource(hiv.replace("B20", "J00")));
        assertThat(plain.status()).as(plain.text()).isEqualTo(201);
        String changed = "Condition/" + plain.resource().getIdElement().getIdPart();
        Resource sensitive = resource(hiv);
        sensitive.setId(changed);
        Answer update = SERVER.put("physician2", changed, sensitive);
        assertThat(update.status()).as(update.text()).isEqualTo(200);
        assertThat(update.text()).contains("\"B20\"");
        assertThat(SERVER.get("physician2", changed).status()).isEqualTo(404);
        assertThat(SERVER.put("physician2", changed, sensitive).status()).isEqualTo(404);
        List.of(path, changed).forEach(one -> SERVER.delete("backend", one));
    }

    @Test
    void what_was_stored_before_a_list_named_its_code_is_labelled_by_a_job() {
        grant(provision -> provision.addSecurityLabel(
                new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null)));
        put("Condition/po-before", """
                {"resourceType":"Condition","id":"po-before","code":{"coding":[{"system":"urn:relabel","code":"later"}]},"subject":{"reference":"Patient/partly-open"}}
                """);
        assertThat(SERVER.get("physician2", "Condition/po-before").status()).isEqualTo(200);
        Labelling lists = new Labelling(
                SensitivityLists.of("SDV urn:relabel later # " + UUID.randomUUID()),
                new ResourceFactsExtractor(ZoneId.systemDefault()),
                SERVER.bean(OwnerIndex.class));
        Relabelling job = new Relabelling(
                SERVER.bean(OwnerIndex.class),
                lists,
                SERVER.bean(HouseRequests.class),
                SERVER.fhir(),
                new JdbcTemplate(SERVER.database()),
                "http://localhost:8080");

        job.run();
        job.run();

        assertThat(labels("Condition/po-before")).containsExactlyInAnyOrder("SDV", "R");
        assertThat(SERVER.get("backend", "Condition/po-before")
                        .resource()
                        .getMeta()
                        .getVersionId())
                .as("written once")
                .isEqualTo("2");
        assertThat(SERVER.get("physician2", "Condition/po-before").status()).isEqualTo(404);
        Map<String, Object> progress = new JdbcTemplate(SERVER.database())
                .queryForMap("select * from securemed.relabelling where lists = ?", lists.digest());
        assertThat(progress.get("finished_at")).isNotNull();
        assertThat(progress).containsEntry("labelled", 1L);
    }

    @Test
    void who_is_subject_to_consent_takes_no_label_away() {
        grant(provision -> {});
        observation("po-kept", "718-7", "2021-04-01", PSY, "Practitioner/tomas-herrera");
        Answer put = SERVER.put("physician2", "Observation/po-kept", resource("""
                {"resourceType":"Observation","id":"po-kept","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/partly-open"}}
                """));

        assertThat(put.status()).as(put.text()).isEqualTo(200);
        assertThat(labels("Observation/po-kept")).containsExactly("PSY");
        SERVER.delete("backend", "Observation/po-kept");
    }

    private static List<String> labels(String path) {
        return SERVER.get("backend", path).resource().getMeta().getSecurity().stream()
                .map(Coding::getCode)
                .toList();
    }

    private static Answer write(String label) {
        return SERVER.post("physician2", "Observation", resource("""
                {"resourceType":"Observation","meta":{"security":[%s]},"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/partly-open"}}
                """.formatted(label)));
    }

    private void grant(Consumer<Consent.ProvisionComponent> narrow) {
        Consent permit = Consents.permit(PATIENT, GRANTEE);
        narrow.accept(permit.getProvision());
        consent = Consents.record(SERVER, permit);
    }

    private static void data(Consent.ProvisionComponent provision, Consent.ConsentDataMeaning meaning, String what) {
        provision.addData().setMeaning(meaning).setReference(new Reference(what));
    }

    /** On every channel these Observations, and no other of the patient's. */
    private static void seesExactly(String... ids) {
        Set<String> expected = new TreeSet<>();
        Arrays.stream(ids).map(id -> "Observation/" + id).forEach(expected::add);
        String search = "Observation?patient=" + PATIENT;
        assertThat(ids(search)).isEqualTo(expected);
        assertThat(ids("Observation?_id=po-plain,po-old,po-psy,po-other,po-in-enc"))
                .isEqualTo(expected);
        assertThat(total(search)).isEqualTo(expected.size());
        assertThat(total("Observation?code=718-7,8867-4&subject=" + PATIENT)).isEqualTo(expected.size());
        Bundle page =
                SERVER.get("physician2", search + "&_count=1&_total=accurate").bundle();
        assertThat(page.getTotal()).isEqualTo(expected.size());
        assertThat(page.getEntry()).hasSize(1);
        assertThat(ids("Patient/" + PATIENT + "/$everything"))
                .filteredOn(id -> id.startsWith("Observation/"))
                .isSubsetOf(expected);
        for (String id : List.of("po-plain", "po-old", "po-psy", "po-other", "po-in-enc")) {
            int status = expected.contains("Observation/" + id) ? 200 : 404;
            for (String path : List.of("", "/_history", "/_history/1", "?_elements=id")) {
                assertThat(SERVER.get("physician2", "Observation/" + id + path).status())
                        .as(id + path)
                        .isEqualTo(status);
            }
        }
    }

    private static int total(String search) {
        Answer answer = SERVER.get("physician2", search + "&_summary=count");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.bundle().getTotal();
    }

    private static Set<String> ids(String search) {
        Set<String> ids = new TreeSet<>();
        Answer answer = SERVER.get("physician2", search);
        if (answer.status() == 200) {
            answer.bundle()
                    .getEntry()
                    .forEach(entry -> ids.add(entry.getResource().fhirType() + "/"
                            + entry.getResource().getIdElement().getIdPart()));
        }
        return ids;
    }

    private static void observation(String id, String code, String date, String label, String author) {
        put("Observation/" + id, """
                {"resourceType":"Observation","id":"%s","meta":{"security":[%s]},"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}]},"effectiveDateTime":"%s","subject":{"reference":"Patient/partly-open"},"performer":[{"reference":"%s"}],"valueQuantity":{"value":%d}}
                """.formatted(id, label, code, date, author, NUMBER.incrementAndGet()));
    }

    private static void put(String path, String json) {
        Answer answer = SERVER.put("backend", path, resource(json));
        assertThat(answer.status()).as(answer.text()).isIn(200, 201);
    }

    private static Resource resource(String json) {
        return (Resource) SERVER.fhir().newJsonParser().parseResource(json);
    }
}
