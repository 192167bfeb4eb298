package org.securemed.fhir.consent;

import java.time.Instant;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;

/**
 * Who acts in a patient's place: whom the patient's contract names as a representative at that time, in their capacity
 * as the RelatedPerson that it names.
 */
final class Representation {
    private final ConsentStates states;

    Representation(ConsentStates states) {
        this.states = states;
    }

    /** Whether the requester, as their token names them, acts for this patient. */
    boolean is(Requester requester, String patientId, Instant at) {
        return requester.is(Role.REPRESENTATIVE)
                && requester
                        .user()
                        .filter(user -> user.startsWith("RelatedPerson/")
                                && states.of(patientId).isRepresentative(user, at))
                        .isPresent();
    }
}
