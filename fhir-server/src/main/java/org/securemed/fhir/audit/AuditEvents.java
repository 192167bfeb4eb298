package org.securemed.fhir.audit;

import ca.uhn.fhir.context.FhirContext;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.securemed.ledger.entry.Entry;

/**
 * The AuditEvents that an entry of the ledger is seen as, after IHE BALP: one for what was done, and one for the
 * consent decision, if one was made.
 *
 * @see <a href="https://profiles.ihe.net/ITI/BALP/">IHE Basic Audit Log Patterns</a>
 */
final class AuditEvents {
    private final RestEvents rest;
    private final ConsentDecisionEvents decisions;
    private final SecurityEventView security;
    private final ForeignEventView foreign;

    AuditEvents(EventParts parts, FhirContext fhir) {
        this.rest = new RestEvents(parts);
        this.decisions = new ConsentDecisionEvents(parts);
        this.security = new SecurityEventView(parts);
        this.foreign = new ForeignEventView(fhir, parts);
    }

    /** At least one event; the one that has the entry's id comes first. */
    List<AuditEvent> of(long index, Entry entry, EntryDetail detail) {
        if (ForeignEvents.holds(entry)) {
            return List.of(foreign.of(index, entry, detail));
        }
        if (SecurityEventView.shows(entry)) {
            return List.of(security.of(index, entry, detail));
        }
        List<AuditEvent> events = new ArrayList<>();
        events.add(rest.of(index, entry, detail));
        decisions.of(index, entry, detail).ifPresent(events::add);
        return events;
    }
}
