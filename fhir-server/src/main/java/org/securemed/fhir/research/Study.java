package org.securemed.fhir.research;

import org.securemed.ledger.consent.Coding;

/** A research study as a role: who works for it holds the role, and a Consent that is about the study names it. */
public final class Study {
    private static final String SYSTEM = "https://securemed.org/fhir/CodeSystem/research-study";
    private static final String TYPE = "ResearchStudy/";

    private Study() {}

    /**
     * The role of whoever works for a study.
     *
     * @param study {@code ResearchStudy/[id]}
     */
    public static Coding role(String study) {
        if (!study.startsWith(TYPE)) {
            throw new IllegalArgumentException("not a reference to a ResearchStudy");
        }
        return new Coding(SYSTEM, study.substring(TYPE.length()));
    }
}
