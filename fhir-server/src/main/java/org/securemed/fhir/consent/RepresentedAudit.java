package org.securemed.fhir.consent;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.securemed.fhir.audit.AuditSubjects;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;

/** Patients read who has looked at their records; so do their representatives, as long as the contract names them. */
final class RepresentedAudit implements AuditSubjects {
    private static final String PATIENT = "Patient/";
    private static final String TYPE = "AuditEvent";

    private final PatientAccess access;
    private final Representation representation;
    private final OwnerIndex index;

    RepresentedAudit(PatientAccess access, Representation representation, OwnerIndex index) {
        this.access = access;
        this.representation = representation;
        this.index = index;
    }

    @Override
    public Set<String> of(Exchange exchange) {
        Requester requester = exchange.requester();
        if (!ScopeBound.conditions(requester, TYPE).isEmpty()) {
            // Events are not resources: no query of a scope is compared with them.
            return Set.of();
        }
        Stream<String> own = requester
                .user()
                .filter(user -> user.startsWith(PATIENT) && requester.is(Role.PATIENT))
                .map(user -> user.substring(PATIENT.length()))
                .stream();
        return Stream.concat(own, represented(exchange))
                .filter(patient -> access.decide(exchange, patient, TYPE).permitted())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * By the patient to whom the RelatedPerson belongs, which all instances know, and then by that patient's contract.
     */
    private Stream<String> represented(Exchange exchange) {
        Requester requester = exchange.requester();
        if (!requester.is(Role.REPRESENTATIVE)) {
            return Stream.empty();
        }
        return requester
                .user()
                .filter(user -> user.startsWith("RelatedPerson/"))
                .flatMap(index::find)
                .map(Ownership::patients)
                .orElse(Set.of())
                .stream()
                // Decided first: if the contract changed at another instance, the record will say so.
                .filter(patient -> access.decide(exchange, patient, TYPE).permitted()
                        && representation.is(requester, patient, exchange.started()));
    }
}
