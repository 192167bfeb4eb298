package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.CanonicalType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;

/** How entries are seen as AuditEvents, and which profiles these claim. */
class AuditEventsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final String PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";

    private final AuditEvents events = new AuditEvents(
            new EventParts("https://hospital.example/fhir", "https://hospital.example/ledger/receipt/"),
            FhirContext.forR4Cached());

    @ParameterizedTest
    @CsvSource({
        "read,        Patient/p, 200, PatientRead,   R, IRCP, 110152, 110153",
        "vread,       Patient/p, 200, PatientRead,   R, IRCP, 110152, 110153",
        "create,      Patient/p, 201, PatientCreate, C, AUT,  110153, 110152",
        "update,      Patient/p, 200, PatientUpdate, U, AUT,  110153, 110152",
        "patch,       Patient/p, 200, PatientUpdate, U, AUT,  110153, 110152",
        "delete,      Patient/p, 204, PatientDelete, D, AUT,  110150, custodian",
        "search,      Patient/p, 200, PatientQuery,  E, IRCP, 110153, 110152",
        "read,        ,          200, Read,          R, IRCP, 110152, 110153",
        "create,      ,          201, Create,        C, AUT,  110153, 110152",
        "update,      ,          200, Update,        U, AUT,  110153, 110152",
        "delete,      ,          204, Delete,        D, AUT,  110150, custodian",
        "search,      ,          200, Query,         E, IRCP, 110153, 110152",
    })
    void a_success_meets_the_profile_of_its_interaction(
            String op,
            @Nullable String patient,
            int status,
            String profile,
            String action,
            String user,
            String client,
            String server) {
        AuditEvent event =
                only(entry(op, status, 0), detail(patient, op.equals("search") ? List.of() : List.of("List/a")));

        assertThat(profiles(event)).contains(PROFILE + profile).hasSize(2);
        assertThat(event.getAction().toCode()).isEqualTo(action);
        assertThat(agentTypes(event)).contains(user, client, server);
        assertThat(Balp.errors(event)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"read", "vread", "create", "update", "patch", "delete", "search", "history", "operation.everything"})
    void a_failure_claims_no_profile_and_holds_the_request(String op) {
        for (int outcome : List.of(4, 8)) {
            AuditEvent event = only(entry(op, outcome == 4 ? 403 : 500, outcome), detail("Patient/p", List.of()));

            assertThat(profiles(event)).isEmpty();
            assertThat(event.getOutcome().toCode()).isEqualTo(String.valueOf(outcome));
            assertThat(event.getEntity()).anyMatch(entity -> entity.hasQuery());
            assertThat(Balp.errors(event)).isEmpty();
        }
    }

    @Test
    void the_judge_would_notice() {
        Assumptions.assumeTrue(Balp.isPresent());
        AuditEvent swapped = only(entry("read", 200, 0), detail("Patient/p", List.of("List/a")));
        swapped.getAgent()
                .forEach(agent -> agent.getType()
                        .getCoding()
                        .forEach(coding -> coding.setCode(coding.getCode().replace("110152", "110153"))));
        AuditEvent nobody = only(entry("create", 201, 0), detail("Patient/p", List.of("List/a")));
        nobody.getEntity().removeIf(entity -> "1".equals(entity.getType().getCode()));

        assertThat(Balp.errors(swapped)).isNotEmpty();
        assertThat(Balp.errors(nobody)).isNotEmpty();
    }

    @Test
    void a_patient_who_writes_is_the_informant() {
        Entry entry = entry("create", 201, 0).role("patient").build();

        assertThat(agentTypes(events.of(7, entry, detail("Patient/p", List.of("Consent/c")))
                        .get(0)))
                .contains("INF")
                .doesNotContain("AUT", "IRCP");
    }

    @Test
    void a_machine_is_the_client_and_nobodys_user() {
        AuditEvent event = only(
                entry("read", 200, 0), detail("backend", "backend", "Patient/p", List.of("Observation/o/_history/1")));

        assertThat(agentTypes(event)).containsExactlyInAnyOrder("110152", "110150", "110153");
        assertThat(event.getAgent().stream().filter(agent -> agent.getRequestor()))
                .hasSize(1);
        assertThat(profiles(event)).contains(PROFILE + "OAUTHaccessTokenUse.Comprehensive");
        assertThat(Balp.errors(event)).isEmpty();
    }

    @Test
    void what_touched_more_or_less_than_one_resource_is_no_read_by_the_profile() {
        assertThat(profiles(only(entry("read", 200, 0), detail("Patient/p", List.of()))))
                .noneMatch(profile -> profile.endsWith("Read"));
        assertThat(profiles(only(entry("read", 200, 0), detail("Patient/p", List.of("A/1", "B/2")))))
                .noneMatch(profile -> profile.endsWith("Read"));
    }

    @ParameterizedTest
    @CsvSource({"permit, consent, 0", "deny, consent, 4"})
    void a_consent_decision_is_an_event_of_its_own(String outcome, String reason, String code) {
        Entry entry = entry("read", 200, 0)
                .decision(new Decision(outcome, reason, "policy/1", List.of()))
                .build();
        EntryDetail detail = detail("Patient/p", List.of("Observation/o"));

        List<AuditEvent> both = events.of(7, entry, detail);

        assertThat(both).hasSize(2);
        AuditEvent decision = both.get(1);
        assertThat(decision.getIdElement().getIdPart()).isEqualTo(entry.id() + "-consent");
        assertThat(profiles(decision)).containsExactly(PROFILE + "AuthZconsent");
        assertThat(decision.getOutcome().toCode()).isEqualTo(code);
        assertThat(Balp.errors(decision)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"self", "custodian", "role", "scope", "launch-context", "private-type"})
    void a_fixed_rule_asks_no_consent(String reason) {
        Entry entry = entry("read", 200, 0)
                .decision(new Decision("permit", reason, "policy/1", List.of()))
                .build();

        assertThat(events.of(7, entry, detail("Patient/p", List.of("Observation/o"))))
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(SecurityEvent.Kind.class)
    void every_security_event_is_seen(SecurityEvent.Kind kind) {
        for (int outcome : List.of(0, 4)) {
            AuditEvent event = only(entry(kind.op(), 200, outcome), detail("Patient/p", List.of()));

            assertThat(event.getType().getSystem()).isEqualTo("http://dicom.nema.org/resources/ontology/DCM");

            assertThat(Balp.errors(event)).isEmpty();
        }
    }

    @Test
    void an_issued_token_meets_its_profile() {
        AuditEvent event = only(entry("token.issue", 200, 0), detail("Patient/p", List.of()));

        assertThat(profiles(event)).containsExactly(AuditCodes.BALP + "IHE.IUA.71");
    }

    private AuditEvent only(Entry.Builder entry, EntryDetail detail) {
        List<AuditEvent> seen = events.of(7, entry.build(), detail);
        assertThat(seen).hasSize(1);
        return seen.get(0);
    }

    private static Entry.Builder entry(String op, int status, int outcome) {
        return Entry.builder(EntryIds.next(NOW), NOW, "server-1", new Op(op))
                .actor("app")
                .role("physician")
                .purpose("TREAT")
                .outcome(outcome)
                .status(status);
    }

    private static EntryDetail detail(@Nullable String patient, List<String> resources) {
        return detail("marino", "app", patient, resources);
    }

    private static EntryDetail detail(String subject, String client, @Nullable String patient, List<String> resources) {
        return new EntryDetail(
                patient,
                "Practitioner/marino",
                "Dr. Marino",
                List.of("Organization/ward"),
                "Ward",
                client,
                "token-1",
                "https://hospital.example",
                subject,
                null,
                "2001:db8::1",
                "GET",
                "Observation?patient=p",
                resources,
                "request-1",
                "Consent/c v3",
                null,
                null);
    }

    private static List<String> profiles(AuditEvent event) {
        return event.getMeta().getProfile().stream()
                .map(CanonicalType::getValue)
                .toList();
    }

    private static Set<String> agentTypes(AuditEvent event) {
        Set<String> types = new TreeSet<>();
        event.getAgent().forEach(agent -> agent.getType().getCoding().forEach(coding -> types.add(coding.getCode())));
        return types;
    }
}
