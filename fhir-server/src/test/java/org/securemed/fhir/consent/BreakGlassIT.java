package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** An emergency from its declaration to its end, over HTTP. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BreakGlassIT {
    private static final String PATIENT = "emergency-one";
    private static final String ALSO = "emergency-two";
    private static final String FORBIDS = "emergency-forbids";
    private static final String PHYSICIAN = "physician2";
    private static final String USER = "Practitioner/jonas-lindqvist";
    private static final String REASON = "Unconscious after an accident, no relatives.";

    private static final TestServer SERVER = TestServer.shared();

    private static long begin;

    @BeforeAll
    static void store() {
        for (String patient : List.of(PATIENT, ALSO, FORBIDS)) {
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","name":[{"family":"Emergency"}]}""", patient);
            put("AllergyIntolerance/allergy-" + patient, """
                    {"resourceType":"AllergyIntolerance","id":"allergy-$","code":{"text":"penicillin"},"patient":{"reference":"Patient/$"}}""", patient);
            Consents.form(SERVER, patient);
        }
        Consents.record(SERVER, forbidden(FORBIDS));
        begin = SERVER.bean(Ledger.class).size();
    }

    @Test
    @Order(1)
    void before_it_is_declared_there_is_no_such_patient() {
        assertThat(read(PATIENT).status()).isEqualTo(404);
        assertThat(allergies(PATIENT)).isZero();
    }

    @Test
    @Order(2)
    void who_may_not_is_refused_and_recorded() {
        for (String user : List.of("nurse", "administrator", "compliance", "patient2")) {
            Answer refused = declare(LogIns.now(SERVER, user), PATIENT, REASON);

            assertThat(refused.status()).as(user + " " + refused).isEqualTo(403);
            assertThat(code(refused)).isEqualTo("role-not-allowed");
        }
        assertThat(declarations()).hasSize(4).allMatch(entry -> Objects.equals(entry.outcome(), 4));
        assertThat(read(PATIENT).status()).isEqualTo(404);
    }

    @Test
    @Order(3)
    void who_logged_in_long_ago_has_to_log_in_again() {
        Answer refused = declare(LogIns.ago(SERVER, PHYSICIAN, Duration.ofHours(13)), PATIENT, REASON);

        assertThat(refused.status()).as(refused.text()).isEqualTo(401);
        assertThat(code(refused)).isEqualTo("step-up-required");
        assertThat(refused.response().headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge)
                        .contains("insufficient_user_authentication")
                        .contains("max_age=43200"));
        assertThat(read(PATIENT).status()).isEqualTo(404);
    }

    @Test
    @Order(4)
    void without_a_reason_or_for_another_purpose_it_is_refused() {
        String token = LogIns.now(SERVER, PHYSICIAN);

        assertThat(code(declare(token, PATIENT, " "))).isEqualTo("break-glass-reason");
        assertThat(code(declare(token, PATIENT, "x".repeat(1025)))).isEqualTo("break-glass-reason");
        assertThat(declareRaw(token, PATIENT, "{\"resourceType\":\"Parameters\"}")
                        .status())
                .isGreaterThanOrEqualTo(400)
                .isLessThan(500);
        Parameters research = parameters(REASON);
        research.addParameter()
                .setName("purpose")
                .setValue(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HRESCH", null));
        assertThat(code(declareRaw(token, PATIENT, text(research)))).isEqualTo("break-glass-purpose");
        assertThat(SERVER.get(PHYSICIAN, "Patient/" + PATIENT + "/$break-glass").status())
                .isBetween(400, 499);
        assertThat(read(PATIENT).status()).isEqualTo(404);
    }

    @Test
    @Order(5)
    void once_declared_the_record_is_open_to_this_clinician_and_nobody_else() {
        Answer declared = declare(LogIns.now(SERVER, PHYSICIAN), PATIENT, REASON);

        assertThat(declared.status()).as(declared.text()).isEqualTo(200);
        Instant until = ((InstantType)
                        ((Parameters) declared.resource()).getParameter("until").getValue())
                .getValue()
                .toInstant();
        assertThat(until)
                .isBetween(
                        Instant.now().plus(Duration.ofMinutes(239)),
                        Instant.now().plus(Duration.ofMinutes(240)));
        assertThat(read(PATIENT).status()).isEqualTo(200);
        assertThat(allergies(PATIENT)).isEqualTo(1);
        assertThat(SERVER.get(PHYSICIAN, "AllergyIntolerance?_summary=count")
                        .bundle()
                        .getTotal())
                .as("also without naming the patient")
                .isPositive();
        assertThat(SERVER.get(PHYSICIAN, "Consent?patient=" + PATIENT).bundle().getTotal())
                .as("whom the patient has let in stays private")
                .isZero();
        assertThat(SERVER.get("physician", "Patient/" + PATIENT).status()).isEqualTo(404);
        assertThat(read(ALSO).status()).as("another patient").isEqualTo(404);
    }

    @Test
    @Order(6)
    void the_patient_sees_the_declaration_with_its_reason_and_each_access_as_an_emergency() {
        List<AuditEvent> events = events(PATIENT);

        assertThat(events)
                .filteredOn(event -> event.getSubtype().stream()
                        .anyMatch(subtype -> subtype.getCode().equals("110127")))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getOutcomeDesc()).contains(REASON).contains("permit (break-glass)");
                    assertThat(purpose(event)).isEqualTo("BTG");
                    assertThat(event.getAgentFirstRep().getWho().getReference()).isEqualTo(USER);
                });
        assertThat(events)
                .filteredOn(event -> event.getSubtypeFirstRep().getCode().equals("read")
                        && event.getOutcome() == AuditEvent.AuditEventOutcome._0)
                .isNotEmpty()
                .allMatch(event -> purpose(event).equals("BTG"));
        assertThat(events)
                .filteredOn(event -> event.getOutcomeDesc().contains("403"))
                .as("the refused declarations are there, too")
                .hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    @Order(7)
    void it_is_a_transition_of_the_contract_and_queued_for_review() {
        assertThat(SERVER.bean(ConsentStates.class).of(PATIENT).breakGlass())
                .singleElement()
                .satisfies(access -> {
                    assertThat(access.user()).isEqualTo(USER);
                    assertThat(Duration.between(access.from(), access.until())).isEqualTo(Duration.ofHours(4));
                });
        assertThat(entries().stream().filter(entry -> entry.op().equals(Op.BREAK_GLASS)))
                .singleElement()
                .satisfies(entry -> assertThat(entry.purpose()).isEqualTo("BTG"));
        assertThat(declarations())
                .filteredOn(entry -> Objects.equals(entry.outcome(), 0))
                .singleElement()
                .satisfies(entry -> {
                    assertThat(entry.patient())
                            .isEqualTo(SERVER.bean(SubjectKeys.class).subject(PATIENT));
                    assertThat(entry.purpose()).isEqualTo("BTG");
                });
    }

    @Test
    @Order(8)
    void the_patient_ends_it_by_a_consent_that_denies_the_purpose() {
        Consents.record(SERVER, forbidden(PATIENT));

        assertThat(read(PATIENT).status()).isEqualTo(404);
        assertThat(allergies(PATIENT)).isZero();
    }

    @Test
    @Order(9)
    void one_that_opens_nothing_is_answered_like_any_other_and_recorded() {
        Answer forbidden = declare(LogIns.now(SERVER, PHYSICIAN), FORBIDS, REASON);
        Answer absent = declare(LogIns.now(SERVER, PHYSICIAN), "emergency-nobody", REASON);

        assertThat(forbidden.status()).isEqualTo(200);
        assertThat(Normal.of(absent)).isEqualTo(Normal.of(forbidden));
        assertThat(read(FORBIDS).status()).isEqualTo(404);
        assertThat(read("emergency-nobody").status()).isEqualTo(404);
        assertThat(SERVER.bean(SubjectKeys.class).known("emergency-nobody"))
                .as("nobody gets a key")
                .isEmpty();
        assertThat(declarations().stream().filter(entry -> Objects.equals(entry.outcome(), 0)))
                .as("both, beside the one that opened a record")
                .hasSize(3);
    }

    private static Consent forbidden(String patient) {
        Consent consent = Consents.permit(patient, USER);
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.DENY)
                .getPurpose()
                .clear();
        consent.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "BTG", null));
        return consent;
    }

    private static Answer declare(String token, String patient, String reason) {
        return declareRaw(token, patient, text(parameters(reason)));
    }

    private static Answer declareRaw(String token, String patient, String body) {
        return Probe.of("POST", "Patient/" + patient + "/$break-glass", body).send(SERVER, token);
    }

    private static Parameters parameters(String reason) {
        Parameters parameters = new Parameters();
        parameters.addParameter("reason", reason);
        return parameters;
    }

    private static String text(Resource resource) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(resource);
    }

    private static Answer read(String patient) {
        return SERVER.get(PHYSICIAN, "Patient/" + patient);
    }

    private static int allergies(String patient) {
        return SERVER.get(PHYSICIAN, "AllergyIntolerance?patient=" + patient)
                .bundle()
                .getTotal();
    }

    private static String code(Answer answer) {
        return answer.outcome()
                .getIssueFirstRep()
                .getDetails()
                .getCodingFirstRep()
                .getCode();
    }

    private static String purpose(AuditEvent event) {
        return event.getPurposeOfEventFirstRep().getCodingFirstRep().getCode();
    }

    /** As the patient's own page would find them. */
    private static List<AuditEvent> events(String patient) {
        Bundle bundle = SERVER.get("compliance", "AuditEvent?patient=Patient/" + patient + "&_count=200")
                .bundle();
        return bundle.getEntry().stream()
                .map(entry -> (AuditEvent) entry.getResource())
                .toList();
    }

    /** What a review queue finds: declarations of emergencies, whatever became of them. */
    private static List<Entry> declarations() {
        return entries().stream()
                .filter(entry -> entry.op().code().equals("operation.break-glass"))
                .filter(entry -> List.of(200, 403).contains(entry.status()))
                .toList();
    }

    private static List<Entry> entries() {
        Ledger ledger = SERVER.bean(Ledger.class);
        List<Entry> entries = new ArrayList<>();
        for (long position = begin; position < ledger.size(); ) {
            List<StoredEntry> page = ledger.range(position, 1000);
            page.forEach(stored -> entries.add(stored.entry()));
            position += page.size();
        }
        return entries;
    }

    private static void put(String path, String json, String patient) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json.replace("$", patient)));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
