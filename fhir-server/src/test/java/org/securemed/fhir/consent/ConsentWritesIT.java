package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.OperationOutcome.OperationOutcomeIssueComponent;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.translate.PcfProfile;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Who may write which Consent, and what becomes of the rest; ITI-108 of IHE PCF and the operations of FAST. */
class ConsentWritesIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "writes-consents";
    private static final String OTHER = "writes-consents-other";
    private static final String SELF = "mateusz-kowalczyk";
    private static final String GRANTEE = "Practitioner/jonas-lindqvist";
    private static final String MRN = "urn:writes:mrn";
    private static final String NPI = "urn:writes:npi";

    @BeforeAll
    static void load() {
        for (String patient : List.of(PATIENT, OTHER)) {
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:writes:mrn","value":"$"}]}""".replace("$", patient));
            Consents.form(SERVER, patient);
        }
        put("Practitioner/writes-npi", """
                {"resourceType":"Practitioner","id":"writes-npi","identifier":[{"system":"urn:writes:npi","value":"1"}]}""");
    }

    @Test
    void who_claims_a_profile_of_pcf_is_told_element_by_element_what_is_missing() {
        Consent consent = Consents.permit(OTHER, GRANTEE, "Goal");
        consent.getMeta().addProfile(PcfProfile.BASIC.url());

        Answer refused = SERVER.post("backend", "Consent", consent);

        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(refused.outcome().getIssue())
                .extracting(issue -> issue.getExpression().get(0).getValue())
                .containsExactly("Consent.dateTime", "Consent.organization", "Consent.provision.class");
        assertThat(refused.outcome().getIssue()).allMatch(issue -> code(issue).equals("consent-profile"));
        consent.setDateTime(new Date());
        consent.addOrganization(new Reference("Organization/riverside"));
        consent.getProvision().getClass_().clear();
        consent.getProvision().getPurpose().clear();
        consent.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HPAYMT", null));
        put("Organization/riverside", "{\"resourceType\":\"Organization\",\"id\":\"riverside\",\"name\":\"x\"}");
        String id = Consents.record(SERVER, consent);

        for (String search : List.of(
                "patient=Patient/" + OTHER,
                "patient=Patient/" + OTHER + "&status=active&actor=" + GRANTEE,
                "patient.identifier=" + MRN + "|" + OTHER)) {
            Bundle got = Probe.get("Consent?" + search)
                    .send(SERVER, SERVER.token("backend"))
                    .bundle();
            Bundle posted = Probe.form(
                            "Consent/_search", search.replace("|", "%7C").replace("/", "%2F"))
                    .send(SERVER, SERVER.token("backend"))
                    .bundle();
            assertThat(got.getEntry()).as(search).hasSize(1);
            assertThat(posted.getEntry()).as(search).hasSize(1);
        }
        assertThat(SERVER.get("backend", "Consent/" + id + "?_format=xml").text())
                .startsWith("<Consent");
        Consents.end(SERVER, id);
    }

    /** With the guide at hand: {@code -Dsecuremed.ig.dir=…}. */
    @Test
    void every_example_of_pcf_is_recorded() throws IOException {
        String guide = System.getProperty("securemed.ig.dir", "");
        assumeThat(guide).isNotEmpty();
        for (String type : List.of(
                "Organization", "Practitioner", "Patient", "Encounter", "Observation", "DocumentReference", "Group")) {
            files(guide, type).forEach((id, json) -> put(type + "/" + id, json));
        }
        Map<String, Integer> statuses = new LinkedHashMap<>();
        files(guide, "Consent").forEach((id, json) -> {
            Answer stored = SERVER.put("backend", "Consent/" + id, resource(json));
            statuses.put(id + (stored.status() < 300 ? "" : stored.text()), stored.status());
        });
        assertThat(statuses).hasSize(23).values().allMatch(status -> status < 300);
    }

    @Test
    void what_is_not_the_patients_word_is_refused_and_recorded() {
        Consent good = Consents.permit(PATIENT, GRANTEE);
        Consent bare = good.copy();
        bare.setSource(null);
        Consent unknown = good.copy();
        unknown.setSource(new Reference("DocumentReference/writes-nowhere"));
        Consent anothers = good.copy();
        anothers.setSource(new Reference("DocumentReference/form-" + OTHER));
        Consent noForm = good.copy();
        noForm.setSource(new Reference("Patient/" + PATIENT));
        put("DocumentReference/writes-gone", """
                {"resourceType":"DocumentReference","id":"writes-gone","status":"current","subject":{"reference":"Patient/writes-consents"},"content":[{"attachment":{"title":"x"}}]}""");
        SERVER.delete("backend", "DocumentReference/writes-gone");
        Consent gone = good.copy();
        gone.setSource(new Reference("DocumentReference/writes-gone"));
        String forged = SERVER.token("backend");
        forged = forged.substring(0, forged.length() - 8) + "AAAAAAAA";

        List<String> before = consents();

        refused("a clinician", SERVER.token("physician2"), good, 403);
        refused("an administrator", LogIns.now(SERVER, "administrator"), good, 403);
        refused("another patient", LogIns.now(SERVER, "patient2"), good, 400);
        refused("a recorder without a form", SERVER.token("backend"), bare, 422);
        refused("with a form that is not there", SERVER.token("backend"), unknown, 400);
        refused("with somebody else's form", SERVER.token("backend"), anothers, 422);
        refused("with what is no form", SERVER.token("backend"), noForm, 422);
        refused("with a form that was deleted", SERVER.token("backend"), gone, 400);
        refused("with a forged token", forged, good, 401);
        Consent own = Consents.permit(SELF, GRANTEE, "Flag");
        own.setSource(null);
        refused("a patient who logged in yesterday", LogIns.ago(SERVER, "patient2", Duration.ofHours(24)), own, 401);
        own.setPerformer(List.of(new Reference("Patient/" + PATIENT)));
        refused("in another's name", LogIns.now(SERVER, "patient2"), own, 400);

        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);
        assertThat(consents()).as("Consents that came of it").isEqualTo(before);
    }

    private static List<String> consents() {
        return SERVER.get("backend", "Consent?_count=200&patient=Patient/" + PATIENT).bundle().getEntry().stream()
                .map(entry -> entry.getResource().getId())
                .sorted()
                .toList();
    }

    @Test
    void an_older_version_sent_again_brings_nothing_back() {
        String id = Consents.record(SERVER, Consents.permit(PATIENT, GRANTEE, "Goal"));
        Consent first = (Consent) SERVER.get("backend", "Consent/" + id).resource();
        Consents.end(SERVER, id);
        String text = SERVER.fhir().newJsonParser().encodeResourceToString(first);

        Answer replayed =
                Probe.of("PUT", "Consent/" + id, text, "If-Match", "W/\"1\"").send(SERVER, SERVER.token("backend"));

        assertThat(replayed.status()).as(replayed.text()).isBetween(400, 499);
        assertThat(SERVER.get("physician2", "Goal?patient=" + PATIENT).bundle().getTotal())
                .isZero();
    }

    @Test
    void a_consent_is_filed_with_its_document_by_identifiers_and_revoked_with_another() {
        Consent consent = Consents.permit(PATIENT, "Practitioner/none");
        consent.setPatient(logical(MRN, PATIENT));
        consent.setPerformer(List.of(logical(MRN, PATIENT)));
        consent.setSource(new Reference("DocumentReference/is-assigned-here"));
        consent.getProvision().getActorFirstRep().setReference(logical(NPI, "1"));

        Answer filed = operation("$fileConsent", SERVER.token("backend"), consent, document(null));

        assertThat(filed.status()).as(filed.text()).isEqualTo(200);
        String path =
                filed.response().headers().firstValue("Location").orElseThrow().replaceFirst("^.*/fhir/", "");
        Consent stored = (Consent) SERVER.get("backend", path).resource();
        assertThat(stored.getPatient().getReference()).isEqualTo("Patient/" + PATIENT);
        assertThat(stored.getPerformerFirstRep().getReference()).isEqualTo("Patient/" + PATIENT);
        assertThat(stored.getProvision().getActorFirstRep().getReference().getReference())
                .isEqualTo("Practitioner/writes-npi");
        assertThat(SERVER.get("backend", stored.getSourceReference().getReference())
                        .status())
                .isEqualTo(200);
        assertThat(state(path)).isEqualTo("ACTIVE");

        Answer wrong = revoke(SERVER.token("backend"), path, OTHER);
        Answer none = revoke(SERVER.token("backend"), "Consent/none", OTHER);
        assertThat(wrong.status()).isEqualTo(none.status()).isEqualTo(404);
        assertThat(wrong.text().replace(path, "Consent/none")).isEqualTo(none.text());
        assertThat(state(path)).isEqualTo("ACTIVE");
        assertThat(revoke(SERVER.token("physician2"), path, PATIENT).status()).isEqualTo(403);

        Answer revoked = revoke(SERVER.token("backend"), path, PATIENT);
        assertThat(revoked.status()).as(revoked.text()).isEqualTo(200);
        assertThat(state(path)).isEqualTo("REVOKED");
        Consent over = (Consent) SERVER.get("backend", path).resource();
        assertThat(over.getStatus()).isEqualTo(Consent.ConsentState.INACTIVE);
        assertThat(over.getSourceReference().getReference())
                .isNotEqualTo(stored.getSourceReference().getReference());
    }

    @Test
    void what_is_filed_is_stored_whole_or_not_at_all() {
        int before = documents();
        Consent unfit = Consents.permit(PATIENT, GRANTEE);
        unfit.getMeta().addProfile(PcfProfile.BASIC.url());
        Consent app = Consents.permit(PATIENT, GRANTEE);
        app.addCategory(new CodeableConcept(new Coding(AppConsent.CATEGORIES, "app-authorization", null)));
        Consent ambiguous = Consents.permit(PATIENT, GRANTEE);
        ambiguous.setPatient(logical(MRN, "nobody"));

        assertThat(operation("$fileConsent", SERVER.token("backend"), unfit, document(null))
                        .status())
                .isEqualTo(422);
        assertThat(operation("$fileConsent", SERVER.token("backend"), ambiguous, document(null))
                        .text())
                .contains("consent-reference");
        assertThat(operation(
                                "$fileConsent",
                                SERVER.token("backend"),
                                Consents.permit(PATIENT, GRANTEE),
                                document(OTHER))
                        .text())
                .contains("consent-document");
        assertThat(operation(
                                "$fileConsent",
                                SERVER.token("backend"),
                                Consents.permit(PATIENT, GRANTEE),
                                resource("{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"}}"))
                        .text())
                .contains("consent-document");
        assertThat(operation(
                                "$fileConsent",
                                SERVER.token("physician2"),
                                Consents.permit(PATIENT, GRANTEE),
                                document(null))
                        .status())
                .isEqualTo(403);
        assertThat(documents()).isEqualTo(before);
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);
    }

    @Test
    void a_patient_files_and_revokes_in_their_own_name_and_nobody_elses() {
        String token = LogIns.now(SERVER, "patient2");
        Consent consent = Consents.permit(SELF, GRANTEE, "VisionPrescription");
        Resource answers = resource("""
                {"resourceType":"QuestionnaireResponse","status":"completed","subject":{"reference":"Patient/mateusz-kowalczyk"}}""");

        Answer weak = operation("$fileConsent", LogIns.ago(SERVER, "patient2", Duration.ofHours(24)), consent, answers);
        assertThat(weak.status()).as(weak.text()).isEqualTo(401);
        for (String other : List.of("Patient/" + PATIENT, "Patient/is-not-there", "Patient?identifier=x|" + PATIENT)) {
            org.hl7.fhir.r4.model.QuestionnaireResponse asks =
                    (org.hl7.fhir.r4.model.QuestionnaireResponse) answers.copy();
            asks.setAuthor(new Reference(other));
            Answer refused = operation("$fileConsent", token, consent, asks);
            assertThat(refused.text()).as(other).contains("consent-document");
        }
        Answer filed = operation("$fileConsent", token, consent, answers);
        assertThat(filed.status()).as(filed.text()).isEqualTo(200);
        String path =
                filed.response().headers().firstValue("Location").orElseThrow().replaceFirst("^.*/fhir/", "");
        assertThat(state(path, SELF)).isEqualTo("ACTIVE");
        Answer others = operation("$fileConsent", token, Consents.permit(PATIENT, GRANTEE), document(null));
        assertThat(others.status()).as(others.text()).isBetween(400, 499);
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(404);

        Parameters parameters = new Parameters();
        parameters.addParameter().setName("consent").setValue(new Reference(path));
        parameters.addParameter().setName("patient").setValue(new Reference("Patient/" + SELF));
        Answer revoked =
                Probe.of("POST", "Consent/$revokeConsent", text(parameters)).send(SERVER, token);
        assertThat(revoked.status()).as(revoked.text()).isEqualTo(200);
        assertThat(state(path, SELF)).isEqualTo("REVOKED");
    }

    private static void refused(String who, String token, Consent consent, int status) {
        String request = UUID.randomUUID().toString();
        Answer answer = Probe.of("POST", "Consent", text(consent), "X-Request-ID", request)
                .send(SERVER, token);
        assertThat(answer.status()).as(who + " " + answer.text()).isEqualTo(status);
        Bundle events = SERVER.get("compliance", "AuditEvent?entity.identifier=" + request)
                .bundle();
        assertThat(events.getEntry())
                .as(who)
                .isNotEmpty()
                .allSatisfy(entry -> assertThat(((org.hl7.fhir.r4.model.AuditEvent) entry.getResource())
                                .getOutcome()
                                .toCode())
                        .isNotEqualTo("0"));
    }

    private static Answer revoke(String token, String path, String patient) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("consent").setValue(new Reference(path));
        parameters.addParameter().setName("patient").setValue(new Reference("Patient/" + patient));
        parameters.addParameter().setName("document").setResource(document(null));
        return Probe.of("POST", "Consent/$revokeConsent", text(parameters)).send(SERVER, token);
    }

    private static Answer operation(String name, String token, Consent consent, Resource document) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("consent").setResource(consent);
        parameters.addParameter().setName("document").setResource(document);
        return Probe.of("POST", "Consent/" + name, text(parameters)).send(SERVER, token);
    }

    private static Resource document(@org.jspecify.annotations.Nullable String about) {
        String subject = about == null ? "" : ",\"subject\":{\"reference\":\"Patient/" + about + "\"}";
        return resource("{\"resourceType\":\"DocumentReference\",\"status\":\"current\"" + subject
                + ",\"content\":[{\"attachment\":{\"title\":\"signed\"}}]}");
    }

    private static int documents() {
        return SERVER.get("backend", "DocumentReference?patient=" + PATIENT + "&_summary=count")
                .bundle()
                .getTotal();
    }

    private static Reference logical(String system, String value) {
        return new Reference().setIdentifier(new Identifier().setSystem(system).setValue(value));
    }

    private static String state(String path) {
        return state(path, PATIENT);
    }

    private static String state(String path, String patient) {
        ConsentStates states = SERVER.bean(ConsentStates.class);
        states.refresh(states.subject(patient));
        return states.of(patient)
                .consent(path.substring("Consent/".length()))
                .orElseThrow()
                .status()
                .name();
    }

    private static String code(OperationOutcomeIssueComponent issue) {
        return issue.getDetails().getCodingFirstRep().getCode();
    }

    private static Map<String, String> files(String guide, String type) throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(Path.of(guide, "pcf"))) {
            for (Path file : files.filter(name -> name.getFileName().toString().startsWith(type + "-"))
                    .sorted()
                    .toList()) {
                String json = Files.readString(file);
                found.put(resource(json).getIdElement().getIdPart(), json);
            }
        }
        return found;
    }

    private static Resource resource(String json) {
        return (Resource) SERVER.fhir().newJsonParser().parseResource(json);
    }

    private static String text(Resource resource) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(resource);
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put("backend", path, resource(json));
        assertThat(stored.status()).as(path + " " + stored.text()).isLessThan(300);
    }
}
