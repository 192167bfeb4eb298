package org.securemed.fhir.audit;

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

    /** @param baseUrl of this server, which is the source of every event of its own */
    AuditEvents(String baseUrl) {
        EventParts parts = new EventParts(baseUrl);
        this.rest = new RestEvents(parts);
        this.decisions = new ConsentDecisionEvents(parts);
        this.security = new SecurityEventView(parts);
    }

    /** At least one event; the one that has the entry's id comes first. */
    List<AuditEvent> of(long index, Entry entry, EntryDetail detail) {
        if (SecurityEventView.shows(entry)) {
            return List.of(security.of(index, entry, detail));
        }
        List<AuditEvent> events = new ArrayList<>();
        events.add(rest.of(index, entry, detail));
        decisions.of(index, entry, detail).ifPresent(events::add);
        return events;
    }
}
