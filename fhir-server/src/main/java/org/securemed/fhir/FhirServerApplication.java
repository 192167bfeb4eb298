package org.securemed.fhir;

/** Starts SecureMed's FHIR server. */
public final class FhirServerApplication {
    private FhirServerApplication() {}

    public static void main(String[] args) {}
}
