package org.securemed.fhir.consent;

import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;

/** The FHIR Consent by which a patient, here at the desk, lets one clinician in for a while. */
final class PatientPresent {
    static final String CATEGORY = "patient-present";
    private static final String POLICY = "https://securemed.org/policy/patient-present";
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    private PatientPresent() {}

    /** Whether a Consent says of itself that it is one. */
    static boolean is(Consent consent) {
        return consent.getCategory().stream().anyMatch(category -> category.hasCoding(AppConsent.CATEGORIES, CATEGORY));
    }

    /**
     * What a clinician asks for; grants nothing before the patient has signed it.
     *
     * @param id of the Consent, random
     * @param patient logical id
     * @param clinician relative reference
     */
    static Consent proposed(String id, String patient, String clinician, String name, Instant from, Instant until) {
        Consent consent = new Consent();
        consent.setId(id);
        consent.setStatus(Consent.ConsentState.PROPOSED);
        consent.setScope(new CodeableConcept(new Coding(
                "http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent")));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", "Consent Document")));
        consent.addCategory(new CodeableConcept(new Coding(AppConsent.CATEGORIES, CATEGORY, "Patient present")));
        consent.setPatient(new Reference("Patient/" + patient));
        consent.setDateTime(Date.from(from));
        consent.addPerformer(new Reference("Patient/" + patient));
        consent.addPolicy().setUri(POLICY);
        Consent.ProvisionComponent provision = consent.getProvision();
        provision.setType(Consent.ConsentProvisionType.PERMIT);
        provision.getPeriod().setStart(Date.from(from)).setEnd(Date.from(until));
        provision
                .addActor()
                .setRole(new CodeableConcept(new Coding(
                        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")))
                .setReference(new Reference(clinician).setDisplay(name));
        provision.addPurpose(new Coding(ACT_REASON, "TREAT", "treatment"));
        return consent;
    }

    /** Whether this is what {@code clinician} asked for. */
    static boolean isFor(Consent consent, String clinician) {
        List<Consent.provisionActorComponent> actors = consent.getProvision().getActor();
        return is(consent)
                && actors.size() == 1
                && clinician.equals(actors.get(0).getReference().getReference());
    }
}
