package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TokenMint;

/** What consent opens is all there: right totals, every page, every channel; and what it doesn't open is nowhere. */
class GrantedAccessIT {
    /** Has let in physician2 with everything, the nurse with Observations. */
    private static final String OPEN = "granted-one";

    /** Has let in physician2, too. */
    private static final String ALSO_OPEN = "granted-two";

    /** Has let in nobody. */
    private static final String CLOSED = "granted-none";

    private static final TestServer SERVER = TestServer.shared();

    @BeforeAll
    static void grant() {
        for (String patient : List.of(OPEN, ALSO_OPEN, CLOSED)) {
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","name":[{"family":"Granted"}],"generalPractitioner":[{"reference":"Practitioner/tomas-herrera"}]}
                    """.replace("$", patient));
            put("Encounter/enc-" + patient, """
                    {"resourceType":"Encounter","id":"enc-$","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/$"},"location":[{"location":{"reference":"Location/riverside-ward-3"}}]}
                    """.replace("$", patient));
            put("Condition/con-" + patient, """
                    {"resourceType":"Condition","id":"con-$","code":{"text":"c"},"subject":{"reference":"Patient/$"},"encounter":{"reference":"Encounter/enc-$"}}
                    """.replace("$", patient));
            for (int i = 0; i < 25; i++) {
                put("Observation/o%02d-%s".formatted(i, patient), """
                        {"resourceType":"Observation","id":"o%1$02d-%2$s","status":"final","meta":{"tag":[{"system":"urn:t","code":"tagged"}]},"code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/%2$s"},"encounter":{"reference":"Encounter/enc-%2$s"},"performer":[{"reference":"Practitioner/jonas-lindqvist"}],"valueQuantity":{"value":%1$d}}
                        """.formatted(i, patient));
            }
            put("Provenance/prov-" + patient, """
                    {"resourceType":"Provenance","id":"prov-$","target":[{"reference":"Observation/o00-$"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/jonas-lindqvist"}}]}
                    """.replace("$", patient));
            Consents.form(SERVER, patient);
        }
        group("both-open", OPEN, ALSO_OPEN);
        group("half-open", OPEN, CLOSED);
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/jonas-lindqvist"));
        Consents.record(SERVER, Consents.permit(ALSO_OPEN, "Practitioner/jonas-lindqvist"));
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/linh-tran", "Observation"));
    }

    @Test
    void totals_and_counts_are_true() {
        assertThat(total("Observation?patient=" + OPEN + "&_total=accurate&_count=5"))
                .isEqualTo(25);
        assertThat(total("Observation?patient=" + OPEN + "," + CLOSED + "&_total=accurate"))
                .isEqualTo(25);
        assertThat(total("Observation?patient=" + OPEN + "," + ALSO_OPEN + "&_summary=count"))
                .isEqualTo(50);
        assertThat(total("Observation?code=718-7&_summary=count&_tag=urn:t%7Ctagged"))
                .isEqualTo(50);
        assertThat(total("Patient?family=Granted&_total=accurate")).isEqualTo(2);
    }

    @Test
    void every_page_is_full_and_every_match_is_on_one() {
        List<String> seen = walk("physician2", "Observation?patient=" + OPEN + "," + CLOSED + "&_count=4");

        assertThat(seen).hasSize(25).doesNotHaveDuplicates();
    }

    @Test
    void includes_bring_what_may_be_seen() {
        Bundle page = bundle(
                "physician2",
                "Observation?_id=o00-" + OPEN
                        + "&_include=Observation:subject&_include=Observation:encounter&_include=Observation:performer"
                        + "&_revinclude=Provenance:target");

        assertThat(page.getTotal()).isEqualTo(1);
        assertThat(references(page))
                .containsExactly(
                        "Observation/o00-" + OPEN,
                        "Encounter/enc-" + OPEN,
                        "Patient/" + OPEN,
                        "Practitioner/jonas-lindqvist",
                        "Provenance/prov-" + OPEN);
        assertThat(page.getEntry().get(1).getSearch().getMode()).isEqualTo(Bundle.SearchEntryMode.INCLUDE);
        assertThat(references(bundle("physician2", "Patient?_id=" + OPEN + "&_revinclude=Group:member")))
                .containsExactly("Patient/" + OPEN, "Group/both-open");
        assertThat(references(
                        bundle("physician2", "Observation?_id=o00-" + OPEN + "&_include=Observation:patient:Patient")))
                .contains("Patient/" + OPEN);
    }

    @Test
    void an_include_of_nothing_known_is_refused() {
        assertThat(SERVER.get("physician2", "Observation?patient=" + OPEN + "&_include=Observation:nonsense")
                        .status())
                .isEqualTo(400);
        assertThat(SERVER.get("physician2", "Observation?patient=" + OPEN + "&_revinclude=Nonsense:subject")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void what_belongs_to_several_patients_is_seen_by_whom_all_of_them_let_in() {
        assertThat(references(bundle("physician2", "Group?member=Patient/" + OPEN + "&_total=accurate")))
                .containsExactly("Group/both-open");
        assertThat(total("Group?_id=both-open,half-open&_summary=count")).isEqualTo(1);
        assertThat(SERVER.get("physician2", "Group/both-open").status()).isEqualTo(200);
        assertThat(SERVER.get("physician2", "Group/half-open").status()).isEqualTo(404);
        assertThat(references(bundle("backend", "Group?member=Patient/" + OPEN)))
                .contains("Group/both-open", "Group/half-open");
    }

    @Test
    void everything_is_the_record_and_no_more() {
        Bundle everything = bundle("physician2", "Patient/" + OPEN + "/$everything");
        List<String> paged = walk("physician2", "Patient/" + OPEN + "/$everything?_count=7");

        assertThat(matches(everything))
                .contains("Patient/" + OPEN, "Group/both-open", "Provenance/prov-" + OPEN)
                .doesNotContain("Group/half-open")
                .noneMatch(reference -> reference.startsWith("Consent/"))
                .hasSize(1 + 1 + 1 + 25 + 1 + 1 + 1);
        assertThat(references(everything)).contains("Location/riverside-ward-3", "Practitioner/jonas-lindqvist");
        assertThat(paged).containsExactlyElementsOf(matches(everything));
    }

    @Test
    void the_summary_is_a_document_about_the_patient() {
        Answer summary = SERVER.get("physician2", "Patient/" + OPEN + "/$summary");

        assertThat(summary.status()).as(summary.text()).isEqualTo(200);
        assertThat(summary.bundle().getType()).isEqualTo(Bundle.BundleType.DOCUMENT);
        assertThat(summary.text()).contains("con-" + OPEN).doesNotContain(CLOSED);
    }

    @Test
    void a_history_has_every_version_and_pages_by_offset() {
        String path = "Observation/versions-" + OPEN;
        for (String status : List.of("preliminary", "final", "amended")) {
            put(path, """
                    {"resourceType":"Observation","id":"versions-%s","status":"%s","code":{"text":"v"},"subject":{"reference":"Patient/%s"}}
                    """.formatted(OPEN, status, OPEN));
        }

        Bundle first = bundle("physician2", path + "/_history?_count=2");

        assertThat(first.getTotal()).isEqualTo(3);
        assertThat(first.getEntry()).hasSize(2);
        assertThat(first.getLink("next").getUrl()).contains("_offset=2").doesNotContain("_getpages");
        assertThat(walk("physician2", path + "/_history?_count=2")).hasSize(3);
        assertThat(bundle("physician2", path + "/_history").getLink("next")).isNull();
        assertThat(SERVER.get("physician2", path + "/_history/1").status()).isEqualTo(200);
        SERVER.delete("backend", path);
        assertThat(SERVER.get("physician2", path).status()).isEqualTo(410);
    }

    @Test
    void consent_to_observations_opens_observations_and_nothing_else() {
        assertThat(total("nurse", "Observation?patient=" + OPEN + "&_summary=count"))
                .isEqualTo(25);
        for (String path : List.of(
                "Patient/" + OPEN,
                "Encounter/enc-" + OPEN,
                "Condition/con-" + OPEN,
                "Provenance/prov-" + OPEN,
                "Group/both-open",
                "Patient/" + OPEN + "/_history",
                "Encounter/enc-" + OPEN + "/_history/1",
                "Patient/" + OPEN + "/$everything",
                "Patient/" + OPEN + "/$summary")) {
            assertThat(SERVER.get("nurse", path).status()).as(path).isEqualTo(404);
        }
        for (String type : List.of("Patient", "Encounter", "Condition", "Provenance", "Group", "DocumentReference")) {
            assertThat(total("nurse", type + "?_summary=count")).as(type).isZero();
        }
        Bundle page = bundle(
                "nurse",
                "Observation?_id=o00-" + OPEN
                        + "&_include=Observation:subject&_include=Observation:encounter&_include=Observation:performer"
                        + "&_revinclude=Provenance:target");
        assertThat(references(page)).containsExactly("Observation/o00-" + OPEN, "Practitioner/jonas-lindqvist");
        assertThat(page.getTotal()).isEqualTo(1);
    }

    @Test
    void consent_to_observations_lets_observations_be_written() {
        Answer written = SERVER.post("nurse", "Observation", observation(OPEN));
        assertThat(written.status()).as(written.text()).isEqualTo(201);
        SERVER.delete(
                "backend", "Observation/" + written.resource().getIdElement().getIdPart());

        assertThat(SERVER.post("nurse", "Observation", observation(CLOSED)).status())
                .isEqualTo(400);
        Answer condition = SERVER.post(
                "nurse", "Condition", (Resource) SERVER.fhir().newJsonParser().parseResource("""
                        {"resourceType":"Condition","subject":{"reference":"Patient/%s"}}""".formatted(OPEN)));
        assertThat(condition.status()).isEqualTo(400);
    }

    /** A reference to what she sees leads the nurse to a record in which she may write nothing of another type. */
    @Test
    void nobody_writes_into_a_record_what_its_consents_do_not_open() {
        Answer refused = write("nurse", "POST", "Condition", """
                {"resourceType":"Condition","code":{"text":"x"},"evidence":[{"detail":[{"reference":"Observation/o00-%s"}]}]}""".formatted(OPEN));

        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.text()).contains("Patient/" + OPEN + " not found");
    }

    @Test
    void what_a_clinician_writes_is_about_a_patient_of_this_server() {
        for (String more : List.of(
                "",
                ",\"subject\":{\"reference\":\"http://elsewhere.example/fhir/Patient/1\"}",
                ",\"subject\":{\"reference\":\"Patient/" + OPEN
                        + "\"},\"focus\":[{\"reference\":\"http://elsewhere.example/fhir/Patient/1\"}]",
                ",\"subject\":{\"reference\":\"Patient/" + OPEN
                        + "\"},\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"c\"}],\"focus\":[{\"reference\":\"#c\"}]")) {
            Answer refused = write("physician2", "POST", "Observation", """
                    {"resourceType":"Observation","status":"final","code":{"text":"x"}%s}""".formatted(more));

            assertThat(refused.status()).as(more).isEqualTo(422);
            assertThat(refused.text()).as(more).contains("no-owner");
        }
    }

    /** The clinician sees all whom it concerns. */
    @Test
    void nothing_is_moved_to_another_patient() {
        String path = "Observation/o24-" + ALSO_OPEN;
        String now = SERVER.get("physician2", path).text();
        for (String body : List.of(
                observation(ALSO_OPEN, "o24-" + ALSO_OPEN, "").replace("Patient/" + ALSO_OPEN, "Patient/" + OPEN),
                observation(ALSO_OPEN, "o24-" + ALSO_OPEN, ",\"focus\":[{\"reference\":\"Patient/" + OPEN + "\"}]"))) {
            Answer refused = write("physician2", "PUT", path, body);

            assertThat(refused.status()).as(body).isEqualTo(422);
            assertThat(refused.text()).contains("owner-changed");
        }
        for (String patch : List.of(
                "[{\"op\":\"replace\",\"path\":\"/subject/reference\",\"value\":\"Patient/" + OPEN + "\"}]",
                "[{\"op\":\"add\",\"path\":\"/focus\",\"value\":[{\"reference\":\"Patient/" + OPEN + "\"}]}]")) {
            Answer refused = Probe.jsonPatch(path, patch).send(SERVER, SERVER.token("physician2"));

            assertThat(refused.status()).as(patch).isEqualTo(422);
            assertThat(refused.text()).contains("owner-changed");
        }
        assertThat(SERVER.get("physician2", path).text()).isEqualTo(now);
    }

    private static String observation(String patient, String id, String more) {
        return """
                {"resourceType":"Observation","id":"%s","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}%s}""".formatted(id, patient, more);
    }

    private static Answer write(String user, String method, String path, String body) {
        return Probe.of(method, path, body).send(SERVER, SERVER.token(user));
    }

    @Test
    void the_scopes_of_a_token_bound_what_consent_opens() {
        String token = SERVER.bean(TokenMint.class).forPerson("physician2", "user/Observation.rs user/Patient.r");

        assertThat(with(token, "Observation?patient=" + OPEN + "&_summary=count")
                        .bundle()
                        .getTotal())
                .isEqualTo(25);
        assertThat(with(token, "Patient/" + OPEN).status()).isEqualTo(200);
        assertThat(with(token, "Patient?_id=" + OPEN).status()).isEqualTo(403);
        assertThat(with(token, "Condition/con-" + OPEN).status()).isEqualTo(403);
        assertThat(with(token, "Practitioner/jonas-lindqvist").status()).isEqualTo(403);
        assertThat(references(with(
                                token,
                                "Observation?_id=o00-" + OPEN
                                        + "&_include=Observation:encounter&_include=Observation:performer"
                                        + "&_include=Observation:subject")
                        .bundle()))
                .containsExactly("Observation/o00-" + OPEN, "Patient/" + OPEN);
        assertThat(matches(with(token, "Patient/" + OPEN + "/$everything").bundle()))
                .hasSize(26)
                .allMatch(reference -> reference.startsWith("Observation/") || reference.startsWith("Patient/"));
        assertThat(Probe.of("POST", "Observation", "{\"resourceType\":\"Observation\"}")
                        .send(SERVER, token)
                        .status())
                .isEqualTo(403);
    }

    private static Answer with(String token, String path) {
        return Probe.get(path).send(SERVER, token);
    }

    @Test
    void a_new_consent_for_the_same_grantee_and_scope_replaces_the_old_one() {
        String patient = "granted-twice";
        put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"granted-twice\"}");
        Consents.form(SERVER, patient);
        String old = Consents.record(SERVER, Consents.permit(patient, "Practitioner/miriam-halevi"));
        Consents.record(SERVER, Consents.permit(patient, "Practitioner/miriam-halevi"));

        Consent replaced = (Consent) SERVER.get("backend", "Consent/" + old).resource();

        assertThat(replaced.getStatus()).isEqualTo(Consent.ConsentState.INACTIVE);
    }

    @Test
    void the_back_end_may_refer_by_search_and_the_owner_is_found() {
        put("Patient/" + CLOSED, """
                {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:mrn","value":"CLOSED-1"}],"name":[{"family":"Granted"}],"generalPractitioner":[{"reference":"Practitioner/tomas-herrera"}]}
                """.replace("$", CLOSED));
        Answer stored = SERVER.post("backend", "Observation", (Resource)
                SERVER.fhir().newJsonParser().parseResource("""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"},"focus":[{"reference":"Patient?identifier=urn:mrn|CLOSED-1"}]}
                """.formatted(OPEN)));

        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        assertThat(((Observation) stored.resource()).getFocusFirstRep().getReference())
                .isEqualTo("Patient/" + CLOSED);
        String path = "Observation/" + stored.resource().getIdElement().getIdPart();
        assertThat(SERVER.get("physician2", path).status())
                .as("belongs to both")
                .isEqualTo(404);
        SERVER.delete("backend", path);
    }

    private static int total(String path) {
        return total("physician2", path);
    }

    private static int total(String user, String path) {
        return bundle(user, path).getTotal();
    }

    private static Bundle bundle(String user, String path) {
        Answer answer = SERVER.get(user, path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.bundle();
    }

    /** References of the matches on all pages. */
    private static List<String> walk(String user, String path) {
        List<String> seen = new ArrayList<>();
        String next = path;
        while (next != null) {
            Bundle page = bundle(user, next);
            assertThat(page.getEntry()).as(next).isNotEmpty();
            seen.addAll(page.getType() == Bundle.BundleType.HISTORY ? versions(page) : matches(page));
            next = page.getLink("next") == null
                    ? null
                    : page.getLink("next").getUrl().replace("http://localhost:8080/fhir/", "");
        }
        return seen;
    }

    private static List<String> versions(Bundle page) {
        return page.getEntry().stream()
                .map(entry -> entry.getResource().getId())
                .toList();
    }

    private static List<String> matches(Bundle page) {
        return page.getEntry().stream()
                .filter(entry -> entry.getSearch().getMode() == Bundle.SearchEntryMode.MATCH)
                .map(entry -> reference(entry.getResource()))
                .toList();
    }

    private static Set<String> references(Bundle page) {
        return page.getEntry().stream()
                .map(entry -> reference(entry.getResource()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String reference(Resource resource) {
        return resource.fhirType() + "/" + resource.getIdElement().getIdPart();
    }

    private static Resource observation(String patient) {
        return (Resource) SERVER.fhir().newJsonParser().parseResource("""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}}
                """.formatted(patient));
    }

    private static void group(String id, String... patients) {
        String members = Arrays.stream(patients)
                .sorted()
                .map(patient -> "{\"entity\":{\"reference\":\"Patient/" + patient + "\"}}")
                .collect(Collectors.joining(","));
        put("Group/" + id, """
                {"resourceType":"Group","id":"%s","type":"person","actual":true,"member":[%s]}
                """.formatted(id, members));
    }

    private static void put(String path, String json) {
        Answer answer = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(answer.status()).as(answer.text()).isIn(200, 201);
    }
}
