package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** What the server writes beside its log is what the log says, whatever was asked, granted and refused before. */
class LedgerWholeIT {
    private static final String PATIENT = "Patient/mateusz-kowalczyk";
    private static final String PHYSICIAN = "Practitioner/amara-okafor";

    private final TestServer server = TestServer.shared();

    @Test
    void consents_granted_amended_revoked_and_refused_lead_to_the_states_that_are_stored() throws Exception {
        Answer granted = server.post("patient2", "Consent", consent());
        assertThat(granted.status()).as(granted.text()).isEqualTo(201);
        String id = granted.resource().getIdElement().getIdPart();
        Consent amended = consent();
        amended.setId(id);
        amended.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", null));
        assertThat(server.put("patient2", "Consent/" + id, amended).status()).isEqualTo(200);
        assertThat(server.get("physician", PATIENT).status()).isEqualTo(200);

        Answer refused = server.post("patient2", "Consent", tooLong());
        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(refused.text()).contains("consent-too-long");

        assertThat(server.delete("patient2", "Consent/" + id).status()).isIn(200, 204);
        assertThat(server.get("physician", "Patient/nobody-of-that-name").status())
                .isEqualTo(404);

        Report report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isPositive();
    }

    private Report verify() throws Exception {
        Path directory = server.directory().resolve("ledger");
        VerifyKey key =
                VerifyKey.parse(Files.readString(directory.resolve("log.vkey")).strip());
        KeyEncryptionKeys epochs =
                KeyEncryptionKeys.open(directory.resolve("development-kek.p12"), "development".toCharArray());
        try (Connection connection = server.database().getConnection()) {
            return new Verifier(key).opening(epochs).verify(connection);
        }
    }

    private static Consent tooLong() {
        Consent consent = consent();
        for (int i = 0; i < 256; i++) {
            consent.getProvision()
                    .addCode(new CodeableConcept(new Coding(
                            "http://loinc.org", "a-rather-long-code-as-some-hospitals-have-them-" + i, null)));
        }
        return consent;
    }

    private static Consent consent() {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"));
        consent.addCategory(concept("http://loinc.org", "59284-0"));
        consent.setPatient(new Reference(PATIENT));
        consent.addPerformer(new Reference(PATIENT));
        consent.addPolicy().setUri("https://securemed.example/policies/sharing");
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addActor()
                .setRole(concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"))
                .setReference(new Reference(PHYSICIAN));
        return consent;
    }

    private static CodeableConcept concept(String system, String code) {
        return new CodeableConcept(new Coding(system, code, null));
    }
}
