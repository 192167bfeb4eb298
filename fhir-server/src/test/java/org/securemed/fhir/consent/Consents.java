package org.securemed.fhir.consent;

import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Consents for the tests, recorded by the hospital's back end from a signed form. */
public final class Consents {
    private Consents() {}

    /** A form that {@code patient} signed, for Consents to refer to. */
    public static void form(TestServer server, String patient) {
        Resource form = (Resource) server.fhir().newJsonParser().parseResource("""
                {"resourceType":"DocumentReference","id":"form-$","status":"current","subject":{"reference":"Patient/$"},"content":[{"attachment":{"title":"signed form"}}]}
                """.replace("$", patient));
        server.put("backend", "DocumentReference/form-" + patient, form);
    }

    /**
     * What {@code patient} permits {@code grantee} for treatment.
     *
     * @param types resource types; all if none are named
     */
    public static Consent permit(String patient, String grantee, String... types) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        consent.setPatient(new Reference("Patient/" + patient));
        consent.addPerformer(new Reference("Patient/" + patient));
        consent.setSource(new Reference("DocumentReference/form-" + patient));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.getProvision().setType(Consent.ConsentProvisionType.PERMIT);
        consent.getProvision()
                .addActor()
                .setRole(new CodeableConcept(
                        new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", null)))
                .setReference(new Reference(grantee));
        consent.getProvision()
                .addPurpose(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", null));
        for (String type : types) {
            consent.getProvision().addClass_(new Coding("http://hl7.org/fhir/resource-types", type, null));
        }
        return consent;
    }

    /** Stores it; the id of the new Consent. */
    public static String record(TestServer server, Consent consent) {
        Answer answer = server.post("backend", "Consent", consent);
        if (answer.status() != 201) {
            throw new IllegalStateException("the Consent was refused: " + answer);
        }
        return answer.resource().getIdElement().getIdPart();
    }

    /** Ends it. */
    public static void end(TestServer server, String id) {
        Answer answer = server.delete("backend", "Consent/" + id);
        if (answer.status() >= 300) {
            throw new IllegalStateException("the Consent could not be ended: " + answer);
        }
    }
}
