package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/**
 * What is to be reviewed and what reviewers said, kept in the ledger beside what it is about: erased with the patient,
 * and changed by nobody. Thread-safe.
 */
public final class ReviewLog {
    /** Stands where a finding might. */
    static final Op NOTHING = new Op("review.nothing");

    /** An access that the rules found. */
    public static final Op FINDING = new Op("review.finding");

    /** What a reviewer said of a finding or an emergency. */
    public static final Op REVIEW = new Op("review.outcome");

    /** A declared emergency. */
    public static final Op BREAK_GLASS = new Op("operation.break-glass");

    private static final String PATIENT = "Patient/";
    private static final int BATCH = 500;

    private final EntryFactory entries;
    private final LedgerGateway gateway;
    private final Ledger ledger;
    private final SubjectKeys keys;
    private final AuditEventStore store;

    ReviewLog(EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys, AuditEventStore store) {
        this.entries = entries;
        this.gateway = gateway;
        this.ledger = ledger;
        this.keys = keys;
        this.store = store;
    }

    /**
     * Something that was kept.
     *
     * @param id of the entry
     * @param op {@link #FINDING}, {@link #REVIEW} or {@link #BREAK_GLASS}
     * @param patient relative reference; null if it is about none
     * @param user relative reference of who did it; null of what the server did
     * @param about id of the event that a review is about; null of anything else
     * @param note the reason, or the reviewer's outcome and words
     * @param content of a finding
     */
    public record Kept(
            UUID id,
            Op op,
            Instant at,
            @Nullable String patient,
            @Nullable String user,
            @Nullable String name,
            @Nullable String purpose,
            @Nullable String about,
            @Nullable String note,
            @Nullable String content,
            boolean succeeded) {}

    /**
     * Keeps a finding, once: its id follows from its name and day.
     *
     * @param patient relative reference of a patient; null if it is about several
     * @param content JSON
     * @return whether it was not there already
     */
    public boolean finding(@Nullable String patient, String name, Instant day, String content) {
        String id = patient == null ? null : patient.substring(PATIENT.length());
        return gateway.appendOnce(entries.finding(FINDING, id, name, day, content));
    }

    /** Puts as many entries into the log as there might have been findings: its size tells of none. */
    public void nothing(int many) {
        if (many > 0) {
            gateway.append(
                    Stream.generate(() -> entries.nothing(NOTHING)).limit(many).toList(), List.of());
        }
    }

    /**
     * Keeps what a reviewer says; returns when it is durable.
     *
     * @param about what is reviewed
     * @param outcome a code
     */
    public UUID review(RequestDetails request, Kept about, String outcome, String words) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        String patient = about.patient();
        Entry entry = entries.review(
                exchange,
                REVIEW,
                patient == null ? null : patient.substring(PATIENT.length()),
                "AuditEvent/" + about.id(),
                outcome + ": " + words);
        gateway.append(List.of(entry), List.of());
        return entry.id();
    }

    /** The entry of this id, if it is one of these. */
    public Optional<Kept> find(String id) {
        try {
            return ledger.read(UUID.fromString(id)).flatMap(this::open);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Those of an op since a time, the newest first, {@code most} at most. */
    public List<Kept> newest(Op op, Instant since, int most) {
        List<Kept> found = new ArrayList<>();
        EntryQuery.Place place = null;
        while (true) {
            List<StoredEntry> batch = ledger.find(new EntryQuery(
                    Set.of(),
                    null,
                    Set.of(op),
                    since,
                    null,
                    Long.MAX_VALUE,
                    EntryQuery.Order.NEWEST_FIRST,
                    place,
                    BATCH));
            for (StoredEntry stored : batch) {
                place = EntryQuery.Place.of(stored);
                Optional<Kept> kept = open(stored);
                if (kept.isPresent() && found.size() == most) {
                    return found;
                }
                kept.ifPresent(found::add);
            }
            if (batch.size() < BATCH) {
                return found;
            }
        }
    }

    /**
     * What somebody saw of a patient because they had declared an emergency.
     *
     * @param most how many references at most
     */
    public List<String> opened(String patient, String user, Instant from, Duration span, int most) {
        List<String> opened = new ArrayList<>();
        store.about(
                patient.substring(PATIENT.length()),
                from,
                from.plus(span),
                EntryQuery.Order.OLDEST_FIRST,
                most,
                seen -> isUnderEmergency(seen.stored().entry())
                        && user.equals(seen.detail().user()),
                seen -> opened.add("AuditEvent/" + seen.stored().entry().id()));
        return opened;
    }

    private static boolean isUnderEmergency(Entry entry) {
        Decision decision = entry.decision();
        return decision != null
                && "break-glass".equals(decision.reason())
                && !entry.op().equals(BREAK_GLASS);
    }

    private Optional<Kept> open(StoredEntry stored) {
        Entry entry = stored.entry();
        Bytes sealed = entry.sealed();
        if (sealed == null || !Set.of(FINDING, REVIEW, BREAK_GLASS).contains(entry.op())) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).map(plain -> {
            try {
                EntryDetail detail = EntryDetail.parse(plain);
                List<String> resources = detail.resources();
                String about = entry.op().equals(REVIEW) && resources != null && !resources.isEmpty()
                        ? resources.get(0).substring("AuditEvent/".length())
                        : null;
                return new Kept(
                        entry.id(),
                        entry.op(),
                        entry.time(),
                        detail.patient(),
                        detail.user(),
                        detail.name(),
                        entry.purpose(),
                        about,
                        detail.note(),
                        detail.content(),
                        EventParts.succeeded(entry));
            } catch (IOException e) {
                throw new IllegalStateException("entry %d holds no detail".formatted(stored.index()), e);
            }
        });
    }
}
