package org.securemed.fhir.demo;

import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/** A code of a code system with the display that the system gives it. */
record Coded(String system, String code, String display) {

    static Coded snomed(String code, String display) {
        return new Coded("http://snomed.info/sct", code, display);
    }

    static Coded loinc(String code, String display) {
        return new Coded("http://loinc.org", code, display);
    }

    /** WHO's Anatomical Therapeutic Chemical classification, level 5. */
    static Coded atc(String code, String display) {
        return new Coded("http://www.whocc.no/atc", code, display);
    }

    /** Vaccines administered, CDC. */
    static Coded cvx(String code, String display) {
        return new Coded("http://hl7.org/fhir/sid/cvx", code, display);
    }

    /** A code system of terminology.hl7.org, for example {@code v3-ActCode} or {@code condition-clinical}. */
    static Coded hl7(String name, String code, String display) {
        return new Coded("http://terminology.hl7.org/CodeSystem/" + name, code, display);
    }

    Coding coding() {
        return new Coding(system, code, display);
    }

    CodeableConcept concept() {
        return new CodeableConcept(coding()).setText(display);
    }
}
