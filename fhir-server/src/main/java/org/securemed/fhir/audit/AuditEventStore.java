package org.securemed.fhir.audit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.replay.RecordedTransition;

/** AuditEvents, read from the ledger. Those of erased patients can't be opened and are left out. Thread-safe. */
final class AuditEventStore {
    /** The most entries that one page of a search looks at; its next link goes on behind them. */
    static final int MOST_SCANNED = 20_000;

    private static final int BATCH = 200;

    /** Entries that the log makes about itself, or that hold a consent transition beside the access that made it. */
    static final Set<Op> INTERNAL = internal();

    private final Ledger ledger;
    private final SubjectKeys keys;
    private final AuditEvents events;

    AuditEventStore(Ledger ledger, SubjectKeys keys, AuditEvents events) {
        this.ledger = ledger;
        this.keys = keys;
        this.events = events;
    }

    /**
     * An event and whom it is about.
     *
     * @param patient relative reference; null if it is about no patient
     */
    record Found(AuditEvent event, @Nullable String patient) {}

    /**
     * One page of a search, newest first.
     *
     * @param next index below which the next page begins; empty if there is none
     */
    record Page(List<AuditEvent> events, Optional<Long> next) {}

    /** Whether the ledger has ever spoken of a patient of this logical id. */
    boolean knows(String patientId) {
        return keys.known(patientId).isPresent();
    }

    /** The event of this id. */
    Optional<Found> read(UUID id) {
        return ledger.read(id).flatMap(this::open);
    }

    /**
     * Events that match, newest first.
     *
     * @param before only events below this ledger index; {@link Long#MAX_VALUE} for the newest
     */
    Page search(AuditEventQuery query, long before, int count) {
        Optional<Pseudonym> patient = query.onlyPatient().flatMap(keys::known);
        if (query.onlyPatient().isPresent() && patient.isEmpty()) {
            return new Page(List.of(), Optional.empty());
        }
        Set<Pseudonym> patients = patient.map(Set::of).orElse(Set.of());
        List<AuditEvent> found = new ArrayList<>();
        long position = before;
        for (int scanned = 0; scanned < MOST_SCANNED; scanned += BATCH) {
            List<StoredEntry> batch =
                    ledger.find(new EntryQuery(patients, null, Set.of(), query.from(), query.until(), position, BATCH));
            for (StoredEntry stored : batch) {
                position = stored.index();
                open(stored).map(Found::event).filter(query::matches).ifPresent(found::add);
                if (found.size() == count) {
                    return new Page(found, Optional.of(position));
                }
            }
            if (batch.size() < BATCH) {
                return new Page(found, Optional.empty());
            }
        }
        return new Page(found, Optional.of(position));
    }

    private static Set<Op> internal() {
        Set<Op> ops = new HashSet<>(RecordedTransition.ops());
        ops.addAll(Set.of(Op.KEY, Op.CHECKPOINT, Op.ERASE));
        return Set.copyOf(ops);
    }

    private Optional<Found> open(StoredEntry stored) {
        Entry entry = stored.entry();
        Bytes sealed = entry.sealed();
        if (sealed == null || INTERNAL.contains(entry.op())) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).map(plain -> {
            try {
                EntryDetail detail = EntryDetail.parse(plain);
                return new Found(events.of(stored.index(), entry, detail).get(0), detail.patient());
            } catch (IOException e) {
                throw new IllegalStateException("entry %d holds no detail".formatted(stored.index()), e);
            }
        });
    }
}
