package org.securemed.fhir.audit;

import java.time.Instant;
import java.util.Date;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;

/**
 * A search for AuditEvents.
 *
 * @param patient logical id of the patient that they must be about; null if about any
 * @param from earliest time, inclusive
 * @param until latest time, exclusive
 * @param agent relative reference that one of the agents must be; null if any
 * @param entity reference, with or without version, that one of the entities must be; null if any
 * @param subtypes restful-interaction codes; empty if any
 * @param actions action codes; empty if any
 * @param outcomes outcome codes; empty if any
 */
record AuditEventQuery(
        @Nullable String patient,
        @Nullable Instant from,
        @Nullable Instant until,
        @Nullable String agent,
        @Nullable String entity,
        Set<String> subtypes,
        Set<String> actions,
        Set<String> outcomes) {

    /** Whether an event that the ledger found by patient and time is asked for. */
    boolean matches(AuditEvent event) {
        Date recorded = event.getRecorded();
        return (from == null || !recorded.toInstant().isBefore(from))
                && (until == null || recorded.toInstant().isBefore(until))
                && (agent == null
                        || event.getAgent().stream()
                                .anyMatch(found -> agent.equals(found.getWho().getReference())))
                && (entity == null
                        || event.getEntity().stream()
                                .anyMatch(found -> refersTo(found.getWhat().getReference(), entity)))
                && (subtypes.isEmpty()
                        || subtypes.contains(event.getSubtypeFirstRep().getCode()))
                && (actions.isEmpty() || actions.contains(event.getAction().toCode()))
                && (outcomes.isEmpty() || outcomes.contains(event.getOutcome().toCode()));
    }

    private static boolean refersTo(@Nullable String reference, String asked) {
        return reference != null && (Objects.equals(reference, asked) || reference.startsWith(asked + "/_history/"));
    }

    /** The patient, if one is asked for. */
    Optional<String> onlyPatient() {
        return Optional.ofNullable(patient);
    }
}
