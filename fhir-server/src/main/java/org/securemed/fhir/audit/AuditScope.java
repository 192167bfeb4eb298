package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;

/**
 * Whose audit a requester may see: compliance staff and the custodian's systems everybody's, a patient their own.
 * Others have no role for it.
 */
final class AuditScope {
    private static final String PATIENT = "Patient/";

    private final Requester requester;

    private AuditScope(Requester requester) {
        this.requester = requester;
    }

    static AuditScope of(RequestDetails request) {
        return new AuditScope(Exchange.of(request).map(Exchange::requester).orElse(Requester.anonymous()));
    }

    /** Whether it is everybody's. */
    boolean isUnlimited() {
        return requester.is(Role.COMPLIANCE) || requester.is(Role.SYSTEM);
    }

    /** Logical id of the patient who asks about themselves. */
    Optional<String> own() {
        return requester
                .user()
                .filter(user -> user.startsWith(PATIENT) && requester.is(Role.PATIENT))
                .map(user -> user.substring(PATIENT.length()));
    }

    /** Whether events about this patient may be seen. */
    boolean mayKnow(String patientId) {
        return isUnlimited() || own().filter(patientId::equals).isPresent();
    }

    /** Whether an event may be seen. */
    boolean maySee(AuditEventStore.Found found) {
        String patient = found.patient();
        return isUnlimited() || patient != null && mayKnow(patient.substring(PATIENT.length()));
    }

    /**
     * The patients whose events a search may find.
     *
     * @param asked logical ids; each set a condition of its own, its members alternatives
     * @return empty if it can find none; of an empty set if it is about anybody or nobody
     */
    Optional<Set<String>> patients(List<Set<String>> asked) {
        Set<String> patients = new HashSet<>();
        boolean first = true;
        if (!isUnlimited()) {
            Optional<String> self = own();
            if (self.isEmpty()) {
                return Optional.empty();
            }
            patients.add(self.get());
            first = false;
        }
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
