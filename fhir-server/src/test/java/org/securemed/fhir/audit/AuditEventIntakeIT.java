package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;

class AuditEventIntakeIT {
    private static final TestServer SERVER = TestServer.shared();

    private static String newPatient() {
        return SERVER.post("backend", "Patient", new Patient())
                .resource()
                .getIdElement()
                .getIdPart();
    }

    private static AuditEvent opened(String patient, String recipient) {
        AuditEvent event = new AuditEvent();
        event.setType(new Coding("http://dicom.nema.org/resources/ontology/DCM", "110106", null));
        event.addSubtype(new Coding("https://securemed.org/fhir/CodeSystem/share-event", "link-opened", null));
        event.addAgent()
                .setRequestor(true)
                .setName(recipient)
                .setType(new CodeableConcept(new Coding("http://example.org", "IRCP", null)));
        event.addEntity().setWhat(new Reference("Patient/" + patient));
        event.addEntity()
                .setWhat(new Reference()
                        .setIdentifier(new Identifier().setValue("urn:uuid:0d2b8f3e-9b51-4b52-8f26-2f0f6f7f6a11")));
        return event;
    }

    private static List<Bundle.BundleEntryComponent> found(String user, String query) {
        return SERVER.get(user, query).bundle().getEntry();
    }

    @Test
    void who_received_what_a_patient_shared_is_in_the_ledger_when_the_answer_comes() {
        String patient = newPatient();
        Recorded recorded = Recorded.since(SERVER);
        TestServer.Answer answer = SERVER.post("backend", "AuditEvent", opened(patient, "Dr. Adeline Okafor"));

        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        List<AuditEvent> shares = recorded.events().stream()
                .filter(event -> "110106".equals(event.getType().getCode()))
                .filter(event -> event.getEntity().stream()
                        .anyMatch(entity ->
                                ("Patient/" + patient).equals(entity.getWhat().getReference())))
                .toList();
        assertThat(shares).hasSize(1);
        assertThat(shares.get(0).getAgent()).anyMatch(agent -> "Dr. Adeline Okafor".equals(agent.getName()));
        assertThat(shares.get(0).getSubtypeFirstRep().getCode()).isEqualTo("link-opened");
        assertThat(found("compliance", "AuditEvent?patient=Patient/" + patient)).isNotEmpty();
    }
}
