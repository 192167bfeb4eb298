package org.securemed.card.record;

import java.util.Optional;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.Caller;

/** Whose record a caller may give away: their own, or that of the patient whom they represent. */
public final class Subject {
    private Subject() {}

    /**
     * The patient.
     *
     * @return logical id
     * @throws Problem 403 if the caller is neither a patient nor a patient's representative, or no patient is in the
     *     token
     */
    public static String of(Caller caller) {
        caller.requireRole("patient", "representative");
        if (caller.is("patient")) {
            return Optional.ofNullable(caller.fhirUser())
                    .filter(user -> user.startsWith("Patient/") && FhirRecords.isReference(user))
                    .map(user -> user.substring("Patient/".length()))
                    .orElseThrow(Subject::nobody);
        }
        // Whether they still represent this patient is for the FHIR server to say, when the record is read.
        return Optional.ofNullable(caller.patient())
                .filter(patient -> FhirRecords.isReference("Patient/" + patient))
                .orElseThrow(Subject::nobody);
    }

    private static Problem nobody() {
        return Problem.forbidden("patient-missing", "The access token names no patient. Log in as the patient.");
    }
}
