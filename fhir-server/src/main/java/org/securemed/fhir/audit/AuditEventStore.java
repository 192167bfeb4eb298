package org.securemed.fhir.audit;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.EntryQuery.Order;
import org.securemed.ledger.log.EntryQuery.Place;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.replay.RecordedTransition;

/** AuditEvents, read from the ledger. Those of erased patients can't be opened and are left out. Thread-safe. */
final class AuditEventStore {
    /** The most entries that one page of a search looks at; its next link goes on behind them. */
    static final int MOST_SCANNED = 20_000;

    /**
     * Entries that the log makes about itself, that hold a consent transition beside the access that made it, or what
     * only compliance officers see.
     */
    static final Set<Op> INTERNAL = internal();

    private static final int BATCH = 500;

    private final Ledger ledger;
    private final SubjectKeys keys;
    private final AuditEvents events;

    AuditEventStore(Ledger ledger, SubjectKeys keys, AuditEvents events) {
        this.ledger = ledger;
        this.keys = keys;
        this.events = events;
    }

    /**
     * What an entry is seen as.
     *
     * @param stored the entry
     * @param detail what was sealed in it
     * @param events at least one
     */
    record Seen(StoredEntry stored, EntryDetail detail, List<AuditEvent> events) {
        /** Relative reference of the patient whom it is about; empty if it is about none. */
        Optional<String> patient() {
            return Optional.ofNullable(detail.patient());
        }
    }

    /**
     * An event and whom it is about.
     *
     * @param patient relative reference; null if it is about no patient
     */
    record Found(AuditEvent event, @Nullable String patient) {}

    /**
     * One page of a search.
     *
     * @param next where the next page begins; empty if there is none
     */
    record Page(List<Found> events, Optional<EventCursor> next) {}

    /** Whether the ledger has ever spoken of a patient of this logical id. */
    boolean knows(String patientId) {
        return keys.known(patientId).isPresent();
    }

    /** The event of this id: an entry's, or with the suffix of its consent decision. */
    Optional<Found> read(String id) {
        boolean decision = id.endsWith(ConsentDecisionEvents.SUFFIX);
        String entry = decision ? id.substring(0, id.length() - ConsentDecisionEvents.SUFFIX.length()) : id;
        return seen(entry)
                .flatMap(seen -> seen.events().stream()
                        .filter(event -> event.getIdElement().getIdPart().equals(id))
                        .map(event -> new Found(event, seen.detail().patient()))
                        .findFirst());
    }

    /** The entry of this id, if it is one that is seen as AuditEvents. */
    Optional<Seen> seen(String entryId) {
        try {
            UUID uuid = UUID.fromString(entryId);
            return uuid.toString().equals(entryId) ? ledger.read(uuid).flatMap(this::open) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** What a stored entry is seen as, if it is seen as AuditEvents. */
    Optional<Seen> opened(StoredEntry stored) {
        return open(stored);
    }

    /**
     * A page of the events that match.
     *
     * @param patients logical ids of whom they are about; empty if about anybody or nobody
     */
    Page search(EventSearch search, Set<String> patients) {
        Scan scan = new Scan(search, subjects(patients));
        if (!patients.isEmpty() && scan.subjects.isEmpty()) {
            return new Page(List.of(), Optional.empty());
        }
        return scan.page();
    }

    /** How many events match; empty if too many entries would have to be looked at. */
    OptionalLong count(EventSearch search, Set<String> patients) {
        Scan scan = new Scan(search, subjects(patients));
        return !patients.isEmpty() && scan.subjects.isEmpty() ? OptionalLong.of(0) : scan.count();
    }

    /**
     * Walks over the entries about a patient.
     *
     * @param from earliest time, inclusive; null if any
     * @param until latest time, exclusive; null if any
     * @param most how many wanted ones are taken at most
     * @return whether there are no more
     */
    boolean about(
            String patientId,
            @Nullable Instant from,
            @Nullable Instant until,
            Order order,
            int most,
            Predicate<Seen> wanted,
            Consumer<Seen> taker) {
        Set<Pseudonym> subject = subjects(Set.of(patientId));
        if (subject.isEmpty()) {
            return true;
        }
        long below = ledger.size();
        Place place = null;
        int taken = 0;
        while (true) {
            List<StoredEntry> batch =
                    ledger.find(new EntryQuery(subject, null, Set.of(), from, until, below, order, place, BATCH));
            for (StoredEntry stored : batch) {
                place = Place.of(stored);
                Optional<Seen> seen = open(stored).filter(wanted);
                if (seen.isPresent() && taken++ == most) {
                    return false;
                }
                seen.ifPresent(taker);
            }
            if (batch.size() < BATCH) {
                return true;
            }
        }
    }

    private Set<Pseudonym> subjects(Set<String> patients) {
        Set<Pseudonym> subjects = new HashSet<>();
        patients.forEach(patient -> keys.known(patient).ifPresent(subjects::add));
        return subjects;
    }

    private final class Scan {
        private final EventSearch search;
        private final Set<Pseudonym> subjects;
        private final long below;
        private final List<Found> found = new ArrayList<>();

        Scan(EventSearch search, Set<Pseudonym> subjects) {
            this.search = search;
            this.subjects = subjects;
            EventCursor cursor = search.cursor();
            this.below = cursor == null ? ledger.size() : cursor.below();
        }

        Page page() {
            EventCursor cursor = search.cursor();
            Place place = cursor == null ? null : cursor.last();
            if (cursor != null && cursor.shown() > 0) {
                Optional<EventCursor> full =
                        ledger.read(cursor.last().index()).flatMap(stored -> take(stored, cursor.shown()));
                if (full.isPresent()) {
                    return new Page(found, full);
                }
            }
            for (int scanned = 0; scanned < MOST_SCANNED; scanned += BATCH) {
                int limit = search.filters() == 0 ? Math.max(1, Math.min(BATCH, search.count() + 1)) : BATCH;
                List<StoredEntry> batch = ledger.find(query(place, limit));
                for (StoredEntry stored : batch) {
                    place = Place.of(stored);
                    Optional<EventCursor> full = take(stored, 0);
                    if (full.isPresent()) {
                        return new Page(found, full);
                    }
                }
                if (batch.size() < limit) {
                    return new Page(found, Optional.empty());
                }
            }
            return new Page(found, Optional.of(new EventCursor(below, java.util.Objects.requireNonNull(place), 0)));
        }

        OptionalLong count() {
            long count = 0;
            Place place = null;
            for (int scanned = 0; scanned < MOST_SCANNED; scanned += BATCH) {
                List<StoredEntry> batch = ledger.find(query(place, BATCH));
                for (StoredEntry stored : batch) {
                    place = Place.of(stored);
                    count += open(stored).map(this::matching).map(List::size).orElse(0);
                }
                if (batch.size() < BATCH) {
                    return OptionalLong.of(count);
                }
            }
            return OptionalLong.empty();
        }

        /** Takes an entry's events but the first few; a cursor if the page is full with some left, or just full. */
        private Optional<EventCursor> take(StoredEntry stored, int skipped) {
            Optional<Seen> seen = open(stored);
            List<Found> events = seen.map(this::matching).orElse(List.of());
            for (int i = skipped; i < events.size(); i++) {
                if (found.size() == search.count()) {
                    return Optional.of(new EventCursor(below, Place.of(stored), i));
                }
                found.add(events.get(i));
            }
            return found.size() == search.count()
                    ? Optional.of(new EventCursor(below, Place.of(stored), 0))
                    : Optional.empty();
        }

        private List<Found> matching(Seen seen) {
            return seen.events().stream()
                    .filter(search.filter())
                    .map(event -> new Found(event, seen.detail().patient()))
                    .toList();
        }

        private EntryQuery query(@Nullable Place after, int limit) {
            return new EntryQuery(
                    subjects, null, search.ops(), search.from(), search.until(), below, search.order(), after, limit);
        }
    }

    private static Set<Op> internal() {
        Set<Op> ops = new HashSet<>(RecordedTransition.ops());
        ops.addAll(Set.of(
                Op.KEY,
                Op.CHECKPOINT,
                Op.ERASE,
                ReviewLog.FINDING,
                ReviewLog.NOTHING,
                ReviewLog.REVIEW,
                AdoptionRecorder.ADOPT));
        return Set.copyOf(ops);
    }

    private Optional<Seen> open(StoredEntry stored) {
        Entry entry = stored.entry();
        Bytes sealed = entry.sealed();
        if (sealed == null || INTERNAL.contains(entry.op())) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).map(plain -> {
            try {
                EntryDetail detail = EntryDetail.parse(plain);
                return new Seen(stored, detail, events.of(stored.index(), entry, detail));
            } catch (IOException e) {
                throw new IllegalStateException("entry %d holds no detail".formatted(stored.index()), e);
            }
        });
    }
}
