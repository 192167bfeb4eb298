package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Requester;

/**
 * Whose audit a requester may see: compliance staff and the custodian's systems everybody's, a patient their own, and a
 * representative that of the patient for whom they act. Others have no role for it.
 */
final class AuditScope {
    private static final String PATIENT = "Patient/";

    private final boolean unlimited;
    private final Set<String> subjects;

    private AuditScope(boolean unlimited, Set<String> subjects) {
        this.unlimited = unlimited;
        this.subjects = Set.copyOf(subjects);
    }

    static AuditScope of(RequestDetails request, AuditSubjects subjects) {
        return isUnlimited(request)
                ? new AuditScope(true, Set.of())
                : new AuditScope(false, Exchange.of(request).map(subjects::of).orElse(Set.of()));
    }

    /** Whether a requester may see everybody's. */
    static boolean isUnlimited(RequestDetails request) {
        Requester requester = Exchange.of(request).map(Exchange::requester).orElse(Requester.anonymous());
        return requester.overseesAudit();
    }

    /** Whether events about this patient may be seen. */
    boolean mayKnow(String patientId) {
        return unlimited || subjects.contains(patientId);
    }

    /** Whether an event may be seen. */
    boolean maySee(AuditEventStore.Found found) {
        String patient = found.patient();
        return unlimited || patient != null && mayKnow(patient.substring(PATIENT.length()));
    }

    /**
     * The patients whose events a search may find.
     *
     * @param asked logical ids; each set a condition of its own, its members alternatives
     * @return empty if it can find none; of an empty set if it is about anybody or nobody
     */
    Optional<Set<String>> patients(List<Set<String>> asked) {
        Set<String> patients = new HashSet<>(subjects);
        boolean first = unlimited;
        for (Set<String> alternatives : asked) {
            if (first) {
                patients.addAll(alternatives);
            } else {
                patients.retainAll(alternatives);
            }
            first = false;
        }
        return first || !patients.isEmpty() ? Optional.of(patients) : Optional.empty();
    }
}
