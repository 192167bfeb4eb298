package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** What SecureMed is for, told once from beginning to end. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoStoryIT {
    private static final String MATEUSZ = "Patient/mateusz-kowalczyk";
    private static final String PHYSICIAN = "Practitioner/amara-okafor";

    private final TestServer server = TestServer.shared();

    @Test
    @Order(1)
    void forty_patients_are_loaded() {
        Bundle patients = server.get("backend", "Patient?_summary=count&identifier=https://securemed.example/mrn%7C")
                .bundle();

        assertThat(patients.getTotal()).isEqualTo(40);
    }

    @Test
    @Order(2)
    void a_physician_without_consent_is_refused_and_finds_nothing() {
        Answer hidden = server.get("physician", MATEUSZ);
        Answer absent = server.get("physician", "Patient/nobody-of-that-name");

        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text().replace("mateusz-kowalczyk", "?"))
                .isEqualTo(absent.text().replace("nobody-of-that-name", "?"));
        assertThat(server.get("physician", "Observation?patient=mateusz-kowalczyk")
                        .bundle()
                        .getEntry())
                .isEmpty();
        assertThat(server.get("physician", "Patient?family=Kowalczyk").bundle().getTotal())
                .isZero();
    }

    @Test
    @Order(3)
    void the_patient_grants_and_the_physician_reads_and_searches() {
        Answer granted = server.post("patient2", "Consent", consent());

        assertThat(granted.status()).as(granted.text()).isEqualTo(201);
        assertThat(server.get("physician", MATEUSZ).status()).isEqualTo(200);
        Bundle observations = server.get("physician", "Observation?patient=mateusz-kowalczyk&_total=accurate")
                .bundle();
        assertThat(observations.getTotal()).isPositive();
        assertThat(observations.getEntry()).isNotEmpty();
        assertThat(server.get("physician2", MATEUSZ).status()).isEqualTo(404);
    }

    @Test
    @Order(4)
    void the_patient_sees_who_looked_and_why() {
        Bundle events = server.get("patient2", "AuditEvent?agent=" + PHYSICIAN + "&outcome=0&subtype=read")
                .bundle();

        assertThat(events.getEntry()).isNotEmpty();
        AuditEvent event = (AuditEvent) events.getEntryFirstRep().getResource();
        assertThat(event.getAgentFirstRep().getWho().getReference()).isEqualTo(PHYSICIAN);
        assertThat(event.getAgentFirstRep().getName()).isEqualTo("Dr Amara Okafor");
        assertThat(event.getPurposeOfEventFirstRep().getCodingFirstRep().getCode())
                .isEqualTo("TREAT");
        assertThat(event.getOutcomeDesc()).contains("permit (consent)");
        Bundle refused = server.get("patient2", "AuditEvent?agent=" + PHYSICIAN + "&outcome=4")
                .bundle();
        assertThat(refused.getEntry()).as("the refused attempts are there, too").isNotEmpty();
    }

    @Test
    @Order(5)
    void the_patient_revokes_and_the_next_request_finds_nothing() {
        Bundle consents = server.get("patient2", "Consent?status=active&_sort=-_lastUpdated")
                .bundle();
        assertThat(consents.getEntry()).isNotEmpty();
        Consent consent = (Consent) consents.getEntryFirstRep().getResource();
        consent.setStatus(Consent.ConsentState.INACTIVE);

        Answer revoked =
                server.put("patient2", "Consent/" + consent.getIdElement().getIdPart(), consent);

        assertThat(revoked.status()).as(revoked.text()).isEqualTo(200);
        assertThat(server.get("physician", MATEUSZ).status()).isEqualTo(404);
        assertThat(server.get("physician", "Observation?patient=mateusz-kowalczyk")
                        .bundle()
                        .getEntry())
                .isEmpty();
    }

    @Test
    @Order(6)
    void a_row_of_the_ledger_is_altered_and_the_verifier_names_it() throws Exception {
        Ledger ledger = server.bean(Ledger.class);
        long index = ledger.size() - 2;
        try (Connection connection = server.database().getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(verify(ledger).findings()).isEmpty();

            // A superuser who turns off the triggers that refuse this.
            statement.execute("set session_replication_role = replica");
            statement.execute("update ledger.ledger_entry set op = op || '-not' where seq = " + index);
            Report altered = verify(ledger);
            statement.execute("update ledger.ledger_entry set op = left(op, -4) where seq = " + index);
            statement.execute("set session_replication_role = origin");

            assertThat(altered.findings()).singleElement().satisfies(finding -> {
                assertThat(finding.table()).isEqualTo("ledger_entry");
                assertThat(finding.row()).isEqualTo("seq " + index);
                assertThat(finding.column()).isEqualTo("op");
            });
            assertThat(verify(ledger).findings()).isEmpty();
        }
    }

    private Report verify(Ledger ledger) throws SQLException {
        try (Connection connection = server.database().getConnection()) {
            return new Verifier(ledger.logKey()).verify(connection);
        }
    }

    private static Consent consent() {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        consent.setPatient(new Reference(MATEUSZ));
        consent.addPerformer(new Reference(MATEUSZ));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.getProvision().setType(Consent.ConsentProvisionType.PERMIT);
        consent.getProvision()
                .addActor()
                .setRole(new CodeableConcept(
                        new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", null)))
                .setReference(new Reference(PHYSICIAN));
        consent.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", null));
        return consent;
    }
}
