package org.securemed.fhir.consent;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.ConsentState;

/**
 * Who may declare an emergency, and for whom one is declared. All but {@link #isBroken} looks at the requester alone,
 * so that a refusal can't tell of any patient.
 */
record BreakGlassRules(ConsentProperties properties) {
    /** Whether emergencies can be declared at all. */
    boolean offered() {
        return properties.implicitPolicy().allowsBreakGlass();
    }

    /** Whether the requester is a person in a role that may. */
    boolean mayDeclare(Requester requester) {
        return requester.user().isPresent()
                && !requester.isMachine()
                && !Collections.disjoint(
                        requester.roles(), properties.breakGlass().roles());
    }

    /** How long it opens a record. */
    Duration duration() {
        return properties.breakGlass().duration();
    }

    /** Whether the requester has declared an emergency for this patient that is not over. */
    boolean isBroken(ConsentState state, Requester requester, Instant at) {
        return !state.breakGlass().isEmpty()
                && offered()
                && mayDeclare(requester)
                && state.breakGlass().stream()
                        .anyMatch(access -> access.user().equals(requester.fhirUser()) && at.isBefore(access.until()));
    }
}
