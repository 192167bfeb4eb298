package org.securemed.fhir.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** The AuditEvents of what the test server has recorded since a moment, read from the ledger and nowhere else. */
final class Recorded {
    private final Ledger ledger;
    private final SubjectKeys keys;
    private final AuditEvents events;
    private final long from;

    private Recorded(TestServer server) {
        this.ledger = server.bean(Ledger.class);
        this.keys = server.bean(SubjectKeys.class);
        this.events = server.bean(AuditEvents.class);
        this.from = ledger.size();
    }

    /** Begins now. */
    static Recorded since(TestServer server) {
        return new Recorded(server);
    }

    /** All events, in the order of the log; consent transitions are not among them. */
    List<AuditEvent> events() {
        List<AuditEvent> found = new ArrayList<>();
        for (long position = from; position < ledger.size(); ) {
            List<StoredEntry> page = ledger.range(position, 1000);
            page.forEach(stored -> found.addAll(events(stored)));
            position += page.size();
        }
        return found;
    }

    private List<AuditEvent> events(StoredEntry stored) {
        Entry entry = stored.entry();
        Bytes sealed = entry.sealed();
        if (sealed == null || AuditEventStore.INTERNAL.contains(entry.op())) {
            return List.of();
        }
        try {
            return events.of(
                    stored.index(),
                    entry,
                    EntryDetail.parse(
                            keys.open(entry.patient(), entry.id(), sealed).orElseThrow()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
