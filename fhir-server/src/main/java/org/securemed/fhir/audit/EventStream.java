package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** All AuditEvents in the order of the ledger. Thread-safe. */
public final class EventStream {
    private final Ledger ledger;
    private final AuditEventStore store;

    EventStream(Ledger ledger, AuditEventStore store) {
        this.ledger = ledger;
        this.store = store;
    }

    /**
     * Some events.
     *
     * @param indexes of the entry of each event
     * @param next index of the entry behind those that were looked at
     */
    public record Page(List<AuditEvent> events, List<Long> indexes, long next) {
        public Page {
            events = List.copyOf(events);
            indexes = List.copyOf(indexes);
        }
    }

    /**
     * The events of up to {@code limit} entries from index {@code from} on; those of erased patients, and entries that
     * the log makes about itself, have none.
     */
    public Page read(long from, int limit) {
        List<AuditEvent> events = new ArrayList<>();
        List<Long> indexes = new ArrayList<>();
        long next = from;
        for (StoredEntry stored : ledger.range(from, limit)) {
            try {
                store.opened(stored)
                        .ifPresent(seen -> seen.events().forEach(event -> {
                            events.add(event);
                            indexes.add(stored.index());
                        }));
            } catch (RuntimeException e) {
                if (!Unreadable.is(e)) {
                    throw e;
                }
                Unreadable.pass(stored.index());
            }
            next = stored.index() + 1;
        }
        return new Page(events, indexes, next);
    }

    /** Number of entries. */
    public long size() {
        return ledger.size();
    }
}
