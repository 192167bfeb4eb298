package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.fhir.export.Exports;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.TokenMint;

/** Research sees under pseudonyms what patients permit for it, as long as they do, and nothing that identifies them. */
class ResearchViewIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "rv-planted";
    private static final String CONTEXT = "http://hl7.org/fhir/StructureDefinition/consent-ResearchStudyContext";
    private static final List<String> TYPES = List.of(
            "Patient", "Observation", "Condition", "Encounter", "MedicationRequest", "DiagnosticReport", "Procedure");

    private final List<String> consents = new ArrayList<>();

    @BeforeAll
    static void load() {
        put("""
                {"resourceType":"Organization","id":"rv-planted-org","name":"planted clinic","address":[{"city":"planted"}],"telecom":[{"system":"phone","value":"planted"}]}
                """);
        put("""
                {"resourceType":"Patient","id":"rv-planted","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">planted</div>"},"identifier":[{"system":"urn:planted","value":"planted"}],
                "name":[{"family":"planted","given":["planted"]}],"telecom":[{"system":"email","value":"planted@planted.example"}],"gender":"female","birthDate":"1961-07-23",
                "address":[{"line":["planted"],"city":"planted","postalCode":"planted","state":"MA","country":"US"}],"photo":[{"url":"http://planted.example/p.png"}],
                "contact":[{"name":{"family":"planted"}}],"generalPractitioner":[{"reference":"Practitioner/amara-okafor","display":"planted"}],"managingOrganization":{"reference":"Organization/rv-planted-org"},
                "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}],"text":"planted"}}
                """);
        Consents.form(SERVER, PATIENT);
        for (int i = 1; i <= 5; i++) {
            put("""
                    {"resourceType":"Observation","id":"rv-planted-obs-%1$d","identifier":[{"value":"planted"}],"meta":{"tag":[{"system":"urn:planted","code":"planted"}],"profile":["http://planted.example"],"source":"http://planted.example"},"status":"final",
                    "code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"planted"},{"system":"urn:planted","code":"planted"}],"text":"planted"},"subject":{"reference":"Patient/rv-planted","display":"planted"},
                    "encounter":{"reference":"Encounter/rv-planted-enc"},"effectiveDateTime":"1987-07-0%1$dT04:05:06Z","valueQuantity":{"value":1%1$d,"unit":"planted","system":"http://unitsofmeasure.org","code":"g/dL"},"note":[{"text":"planted"}]}
                    """.formatted(i), i == 1 ? "Encounter" : "");
        }
        put("""
                {"resourceType":"Condition","id":"rv-planted-con","code":{"coding":[{"system":"http://snomed.info/sct","code":"73211009"}],"text":"planted"},"subject":{"reference":"Patient/rv-planted"},"onsetString":"planted","recordedDate":"1987-07-02","note":[{"text":"planted"}]}
                """);
        put("""
                {"resourceType":"MedicationRequest","id":"rv-planted-mr","contained":[{"resourceType":"Medication","id":"planted","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975"}],"text":"planted"}}],"status":"active","intent":"order","medicationReference":{"reference":"#planted"},"subject":{"reference":"Patient/rv-planted"},"dosageInstruction":[{"text":"planted","patientInstruction":"planted"}]}
                """);
        put("""
                {"resourceType":"DiagnosticReport","id":"rv-planted-dr","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},"subject":{"reference":"Patient/rv-planted"},"result":[{"reference":"Observation/rv-planted-obs-1"}],"conclusion":"planted","presentedForm":[{"contentType":"text/plain","data":"cGxhbnRlZA=="}]}
                """);
        put("""
                {"resourceType":"Procedure","id":"rv-planted-proc","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"80146002"}]},"subject":{"reference":"Patient/rv-planted"},"performedPeriod":{"start":"1987-07-03","end":"1987-07-05"}}
                """);
    }

    @AfterEach
    void end() {
        consents.forEach(consent -> Consents.end(SERVER, consent));
    }

    @Test
    void nothing_planted_is_in_any_byte_of_any_answer() {
        assertThat(get("Patient").bundle().getEntry()).isEmpty();
        permit(DemoClients.STUDY);

        String patient = patient(DemoClients.RESEARCH);
        List<String> resources = new ArrayList<>();
        for (String type : TYPES) {
            for (String path : List.of(
                    type,
                    type + "?" + (type.equals("Patient") ? "_id=" : "patient=") + patient,
                    type + "?" + (type.equals("Patient") ? "_id=" : "subject=Patient/") + patient + "&_count=1",
                    type + "?_format=xml")) {
                Answer answer = get(path);
                assertThat(answer.status()).as(path + answer.text()).isEqualTo(200);
                assertNothingPlanted(path, answer);
                if (!path.endsWith("xml")) {
                    assertThat(answer.bundle().getEntry()).as(path).isNotEmpty();
                    answer.bundle()
                            .getEntry()
                            .forEach(entry -> resources.add(type + "/"
                                    + entry.getResource().getIdElement().getIdPart()));
                }
            }
        }
        assertThat(new HashSet<>(resources)).hasSize(11);
        for (String resource : resources) {
            Answer answer = get(resource);
            assertThat(answer.status()).as(resource).isEqualTo(200);
            assertNothingPlanted(resource, answer);
            assertThat(answer.resource().getMeta().getSecurityFirstRep().getCode())
                    .isEqualTo("PSEUDED");
            assertThat(answer.response().headers().map().keySet())
                    .as("headers that tell of versions")
                    .doesNotContain("etag", "last-modified");
        }
        Observation first = (Observation) get("Observation?patient=" + patient)
                .bundle()
                .getEntryFirstRep()
                .getResource();
        assertThat(first.getSubject().getReference()).isEqualTo("Patient/" + patient);
        Answer encounter = get(first.getEncounter().getReference());
        assertThat(encounter.status()).as("references lead on").isEqualTo(200);
        assertThat(get("Observation?encounter="
                                + encounter.resource().getIdElement().getIdPart())
                        .bundle()
                        .getTotal())
                .isEqualTo(5);
    }

    @Test
    void pages_are_linked_by_what_was_asked() {
        permit(DemoClients.STUDY);
        String next = "Observation?patient=" + patient(DemoClients.RESEARCH)
                + "&code=http://loinc.org%7C718-7&_count=2&_total=accurate";
        Set<String> seen = new LinkedHashSet<>();
        int pages = 0;
        while (next != null) {
            Answer answer = get(next);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertNothingPlanted(next, answer);
            Bundle page = answer.bundle();
            assertThat(page.getTotal()).isEqualTo(5);
            page.getEntry().forEach(entry -> seen.add(entry.getFullUrl()));
            Bundle.BundleLinkComponent link = page.getLink("next");
            next = link == null ? null : link.getUrl().substring("http://localhost:8080/fhir/".length());
            pages++;
        }
        assertThat(pages).isEqualTo(3);
        assertThat(seen).hasSize(5);
    }

    @Test
    void an_export_holds_what_a_search_finds_under_the_same_pseudonyms() {
        assertThat(exported(DemoClients.RESEARCH, "Patient/$export")).isEmpty();
        permit(DemoClients.STUDY);

        Set<String> exported = exported(DemoClients.RESEARCH, "$export?_type=" + String.join(",", TYPES));

        Set<String> found = new HashSet<>();
        everything(DemoClients.RESEARCH).stream()
                .filter(url -> url.startsWith("http"))
                .forEach(url -> found.add(url.substring("http://localhost:8080/fhir/".length())));
        assertThat(exported).isEqualTo(found).hasSize(11);
        assertThat(exported(DemoClients.OTHER_RESEARCH, "Patient/$export")).isEmpty();
        assertThat(exported(DemoClients.RESEARCH, "$export"))
                .as("with whom it refers to")
                .containsAll(found)
                .anyMatch(reference -> reference.startsWith("Practitioner/"));
    }

    @Test
    void who_withdraws_is_in_no_file_that_is_fetched_from_then_on_and_the_record_names_the_true_patient() {
        permit(DemoClients.STUDY);
        String status = Exports.status(SERVER, token(DemoClients.RESEARCH), "Patient/$export?_type=Observation");
        String file = Exports.first(Exports.manifest(SERVER, token(DemoClients.RESEARCH), status), "Observation");
        Answer before = get(file);
        assertThat(Exports.references(before.text())).hasSize(5).isSorted();
        assertNothingPlanted(file, before);
        assertThat(before.text()).contains("PSEUDED");
        assertThat(get(DemoClients.OTHER_RESEARCH, file).status()).isEqualTo(404);
        assertThat(SERVER.get("compliance", "AuditEvent?patient=Patient/" + PATIENT + "&_count=20")
                        .text())
                .contains("$export-file")
                .contains("HRESCH");

        consents.forEach(consent -> Consents.end(SERVER, consent));
        consents.clear();

        Answer after = get(file);
        assertThat(after.status()).isEqualTo(200);
        assertThat(after.text()).isEmpty();
        assertThat(Exports.files(Exports.manifest(SERVER, token(DemoClients.RESEARCH), status)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$export?_since=2020-01-01T00:00:00Z",
                "$export?_type=DocumentReference",
                "$export?_type=Patient,AuditEvent",
                "Group/rv-planted/$export"
            })
    void an_export_of_what_has_no_view_is_refused_whether_or_not_anybody_has_consented(String path) {
        Answer before = Exports.begin(SERVER, token(DemoClients.RESEARCH), path);
        permit(DemoClients.STUDY);
        Answer after = Exports.begin(SERVER, token(DemoClients.RESEARCH), path);

        assertThat(after.status()).as(after.text()).isBetween(400, 403);
        assertThat(after.text()).isEqualTo(before.text());
    }

    @Test
    void two_studies_cannot_be_joined() {
        permit(null);

        Set<String> one = everything(DemoClients.RESEARCH);
        Set<String> other = everything(DemoClients.OTHER_RESEARCH);

        assertThat(one).hasSameSizeAs(other).hasSizeGreaterThan(10).doesNotContainAnyElementsOf(other);
        assertThat(everything(DemoClients.RESEARCH)).as("the same again").isEqualTo(one);
        String patient = patient(DemoClients.RESEARCH);
        assertThat(get(DemoClients.OTHER_RESEARCH, "Patient/" + patient).status())
                .isEqualTo(404);
        assertThat(get(DemoClients.OTHER_RESEARCH, "Observation?patient=" + patient)
                        .bundle()
                        .getTotal())
                .isZero();
    }

    @Test
    void a_consent_to_one_study_opens_nothing_to_another() {
        permit(DemoClients.OTHER_STUDY);

        assertThat(get("Patient").bundle().getEntry()).isEmpty();
        assertThat(get(DemoClients.OTHER_RESEARCH, "Patient").bundle().getEntry())
                .hasSize(1);
    }

    @Test
    void who_withdraws_is_gone_from_the_next_answer() {
        permit(DemoClients.STUDY);
        String patient = patient(DemoClients.RESEARCH);
        String observation = get("Observation?patient=" + patient)
                .bundle()
                .getEntryFirstRep()
                .getResource()
                .getIdElement()
                .getIdPart();
        assertThat(get("Observation/" + observation).status()).isEqualTo(200);
        String never = UUID.randomUUID().toString();

        consents.forEach(consent -> Consents.end(SERVER, consent));
        consents.clear();

        for (String path : List.of("Observation/" + observation, "Patient/" + patient)) {
            String id = path.substring(path.indexOf('/') + 1);
            Answer gone = get(path);
            assertThat(gone.status()).isEqualTo(404);
            assertThat(gone.text().replace(id, never))
                    .as("like one that never was")
                    .isEqualTo(get(path.replace(id, never)).text());
        }
        assertThat(get("Observation?patient=" + patient).bundle().getTotal()).isZero();
        assertThat(get("Patient?_id=" + patient).bundle().getTotal()).isZero();
        assertThat(get("Patient?_summary=count").bundle().getTotal()).isZero();
    }

    @Test
    void a_deny_for_one_study_beats_a_permit_for_all() {
        permit(null);
        Consent deny = research(DemoClients.STUDY);
        deny.getProvision().setType(Consent.ConsentProvisionType.DENY);
        consents.add(Consents.record(SERVER, deny));

        assertThat(get("Patient").bundle().getEntry()).isEmpty();
        assertThat(get(DemoClients.OTHER_RESEARCH, "Patient").bundle().getEntry())
                .hasSize(1);
    }

    @Test
    void what_a_consent_to_research_leaves_out_is_not_there_and_its_error_names_no_stored_id() {
        Consent only = research(DemoClients.STUDY);
        only.getProvision().addClass_(new Coding("http://hl7.org/fhir/resource-types", "Observation", null));
        consents.add(Consents.record(SERVER, only));

        Bundle found = get("Observation?code=http://loinc.org%7C718-7").bundle();
        assertThat(found.getTotal()).isEqualTo(5);
        String patient = ((Observation) found.getEntryFirstRep().getResource())
                .getSubject()
                .getReference();
        Answer hidden = get(patient);
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text()).contains(patient);
        assertNothingPlanted(patient, hidden);
    }

    @Test
    void a_deleted_resource_is_as_absent_as_one_that_never_was() {
        permit(DemoClients.STUDY);
        put("""
                {"resourceType":"Condition","id":"rv-planted-gone","code":{"coding":[{"system":"http://snomed.info/sct","code":"38341003"}]},"subject":{"reference":"Patient/rv-planted"}}
                """);
        String gone = get("Condition?code=http://snomed.info/sct%7C38341003")
                .bundle()
                .getEntryFirstRep()
                .getResource()
                .getIdElement()
                .getIdPart();
        SERVER.delete("backend", "Condition/rv-planted-gone");

        Answer answer = get("Condition/" + gone);

        assertThat(answer.status()).isEqualTo(404);
        assertNothingPlanted(gone, answer);
    }

    @Test
    void what_is_sought_is_in_the_record_of_the_true_patient() {
        permit(DemoClients.STUDY);
        String patient = patient(DemoClients.RESEARCH);
        String request = "rv-" + UUID.randomUUID();
        SERVER.send(request(DemoClients.RESEARCH, "Patient/" + patient)
                .header("X-Request-ID", request)
                .GET());

        String events = SERVER.get("compliance", "AuditEvent?patient=Patient/" + PATIENT + "&_count=20")
                .text();

        assertThat(events).contains(request).contains("Patient/" + PATIENT).contains("HRESCH");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Patient?identifier=urn:planted%7Cplanted",
                "Patient?name=planted",
                "Patient?family=planted",
                "Patient?birthdate=1961-07-23",
                "Patient?birthdate=gt1961",
                "Patient?address-city=planted",
                "Patient?phone=planted",
                "Patient?email=planted",
                "Patient?_lastUpdated=gt2020",
                "Patient?_sort=birthdate",
                "Patient?_sort=_id",
                "Patient?_has:Observation:patient:code=718-7",
                "Patient?_include=Patient:general-practitioner",
                "Patient?_revinclude=Observation:subject",
                "Patient?_elements=name",
                "Patient?_summary=text",
                "Patient?_tag=urn:planted%7Cplanted",
                "Patient?_profile=http://planted.example",
                "Patient?_security=PSEUDED",
                "Patient?gender=Planted",
                "Patient?organization=Organization/rv-planted-org",
                "Observation?date=1987-07-01",
                "Observation?date=gt1987",
                "Observation?code=718-7",
                "Observation?code=urn:planted%7Cplanted",
                "Observation?code=http://loinc.org%7Cplanted",
                "Observation?code=%7C718-7",
                "Observation?code:text=planted",
                "Observation?code:not=http://loinc.org%7C718-7",
                "Observation?code=http://loinc.org%7C718-7,planted",
                "Observation?value-quantity=11",
                "Observation?subject.name=planted",
                "Observation?subject:identifier=planted",
                "Observation?subject:Group=x",
                "Observation?patient:missing=true",
                "Observation?patient=%5C%5C",
                "Observation/rv-planted-obs-1/_history",
                "Observation/rv-planted-obs-1/_history/1",
                "Patient/rv-planted/$everything",
                "Patient/rv-planted/$summary",
                "Patient/rv-planted?_elements=name",
                "DocumentReference",
                "Binary/x",
                "Consent",
                "Person",
                "RelatedPerson",
                "Communication",
                "AuditEvent",
                "ResearchSubject",
                "Group",
                "List"
            })
    void what_would_identify_is_refused_whether_or_not_anybody_has_consented(String path) {
        Answer before = get(path);
        permit(DemoClients.STUDY);
        Answer after = get(path);

        assertThat(after.status()).as(after.text()).isEqualTo(403);
        assertThat(after.text()).contains("not-offered").isEqualTo(before.text());
        assertNothingPlanted(path, after);
    }

    @Test
    void writes_bundles_and_conditions_are_refused() {
        permit(DemoClients.STUDY);
        String patient = patient(DemoClients.RESEARCH);
        String json = "application/fhir+json";
        for (HttpRequest.Builder request : List.of(
                request(DemoClients.RESEARCH, "Patient/" + patient)
                        .header("If-None-Match", "W/\"1\"")
                        .GET(),
                request(DemoClients.RESEARCH, "Patient/" + patient)
                        .header("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")
                        .GET(),
                request(DemoClients.RESEARCH, "Patient/" + patient).DELETE(),
                request(DemoClients.RESEARCH, "")
                        .header("Content-Type", json)
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"Patient?name=planted\"}}]}")),
                request(DemoClients.RESEARCH, "Observation")
                        .header("Content-Type", json)
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"resourceType\":\"Observation\",\"status\":\"final\"}")),
                request(DemoClients.RESEARCH, "Patient/_search")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("name=planted")))) {
            Answer answer = SERVER.send(request);
            assertThat(answer.status()).as(answer.text()).isEqualTo(403);
            assertNothingPlanted("", answer);
        }
        Answer form = SERVER.send(request(DemoClients.RESEARCH, "Observation/_search")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("patient=" + patient)));
        assertThat(form.status()).as(form.text()).isEqualTo(200);
        assertThat(form.bundle().getTotal()).isEqualTo(5);
        assertNothingPlanted("form", form);
    }

    @Test
    void a_scope_with_a_query_is_no_way_around() {
        permit(DemoClients.STUDY);
        String token = SERVER.bean(TokenMint.class)
                .forClient(DemoClients.RESEARCH, "system/Patient.rs?identifier=urn:planted|planted");

        Answer answer = SERVER.send(SERVER.anonymous("Patient")
                .header("Authorization", "Bearer " + token)
                .GET());

        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    }

    private static void assertNothingPlanted(String what, Answer answer) {
        String served = answer.response().headers().map() + answer.text();
        assertThat(served.toLowerCase(Locale.ROOT))
                .as(what)
                .doesNotContain(
                        "planted", "cgxhbnrlz", "1961-07", "1987-07", "04:05:06", "718-7 ", "springfield", "rossi");
    }

    private void permit(@org.jspecify.annotations.Nullable String study) {
        consents.add(Consents.record(SERVER, research(study)));
    }

    private static Consent research(@org.jspecify.annotations.Nullable String study) {
        Consent consent = Consents.permit(PATIENT, "Practitioner/x");
        consent.setProvision(new Consent.ProvisionComponent());
        consent.getProvision().setType(Consent.ConsentProvisionType.PERMIT);
        consent.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HRESCH", null));
        if (study != null) {
            consent.getProvision().addExtension(new Extension(CONTEXT, new Reference(study)));
        }
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        return consent;
    }

    private static String patient(String client) {
        Bundle found = get(client, "Patient").bundle();
        assertThat(found.getEntry()).hasSize(1);
        return found.getEntryFirstRep().getResource().getIdElement().getIdPart();
    }

    /** Ids and dates of all that a study sees. */
    private static Set<String> everything(String client) {
        Set<String> all = new HashSet<>();
        for (String type : TYPES) {
            for (Bundle.BundleEntryComponent entry :
                    get(client, type + "?_count=50").bundle().getEntry()) {
                all.add(entry.getFullUrl());
                if (entry.getResource() instanceof Observation observation) {
                    all.add(observation.getEffectiveDateTimeType().getValueAsString());
                    all.add(observation.getSubject().getReference());
                }
            }
        }
        return all;
    }

    /** {@code Type/pseudonym} of a whole export; nothing planted is in any of its answers. */
    private static Set<String> exported(String client, String path) {
        Set<String> all = new HashSet<>();
        var manifest = Exports.manifest(SERVER, token(client), Exports.status(SERVER, token(client), path));
        assertThat(manifest.toString().toLowerCase(Locale.ROOT)).doesNotContain("planted");
        Exports.files(manifest)
                .values()
                .forEach(files -> files.forEach(file -> {
                    Answer answer = get(client, file);
                    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
                    assertNothingPlanted(file, answer);
                    all.addAll(Exports.references(answer.text()));
                }));
        return all;
    }

    private static String token(String client) {
        return SERVER.bean(TokenMint.class).forClient(client, "system/*.rs");
    }

    private static Answer get(String path) {
        return get(DemoClients.RESEARCH, path);
    }

    private static Answer get(String client, String path) {
        return SERVER.send(request(client, path).GET());
    }

    private static HttpRequest.Builder request(String client, String path) {
        return SERVER.anonymous(path).header("Authorization", "Bearer " + token(client));
    }

    private static void put(String json, String... before) {
        if (Stream.of(before).anyMatch("Encounter"::equals)) {
            put("""
                    {"resourceType":"Encounter","id":"rv-planted-enc","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB","display":"planted"},"subject":{"reference":"Patient/rv-planted"},"period":{"start":"1987-07-01T04:05:06Z"},"hospitalization":{"origin":{"display":"planted"}}}
                    """);
        }
        Resource resource = (Resource) SERVER.fhir().newJsonParser().parseResource(json);
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.text()).isIn(200, 201);
    }
}
