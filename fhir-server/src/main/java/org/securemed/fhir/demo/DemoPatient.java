package org.securemed.fhir.demo;

import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Patient;

/**
 * One invented patient and all that their hospital knows about them.
 *
 * @param mrn the medical record number: value of the identifier whose system is {@link Hospital#MRN_SYSTEM}
 * @param patient the first resource of the bundle
 * @param bundle a transaction in which each entry is a POST; resources of the patient refer to each other by
 *     {@code urn:uuid}, and to those of {@link DemoPatients#shared()} by their fixed ids
 */
public record DemoPatient(String mrn, Patient patient, Bundle bundle) {

    /** Given and family name as they are written in Latin letters. */
    public String name() {
        return patient.getNameFirstRep().getNameAsSingleString();
    }
}
