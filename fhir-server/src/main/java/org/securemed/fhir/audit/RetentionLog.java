package org.securemed.fhir.audit;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.retention.LegalHolds;

/**
 * What is decided about the retention of entries, kept in the ledger: proposals and approvals to let go of what is old,
 * the retention entries that follow from them, and legal holds. Thread-safe.
 */
public final class RetentionLog {
    /** Somebody proposes to let go of what is older than a time. */
    public static final Op PROPOSAL = new Op("retention.proposal");

    /** Somebody else agrees. */
    public static final Op APPROVAL = new Op("retention.approval");

    private static final int PAGE = 500;

    private final EntryFactory entries;
    private final LedgerGateway gateway;
    private final Ledger ledger;
    private final SubjectKeys keys;

    RetentionLog(EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys) {
        this.entries = entries;
        this.gateway = gateway;
        this.ledger = ledger;
        this.keys = keys;
    }

    /**
     * What somebody decided.
     *
     * @param statement in the clear; empty if there is none
     * @param issuer with {@code subject}: who
     * @param user relative reference of the person
     * @param note why
     */
    public record Decided(
            UUID id,
            Op op,
            Instant at,
            String statement,
            @Nullable String issuer,
            @Nullable String subject,
            @Nullable String user,
            @Nullable String note) {

        /** Whether the same person decided both; somebody who is not known is taken for the same. */
        public boolean isOfSamePerson(
                @Nullable String otherIssuer, @Nullable String otherSubject, @Nullable String other) {
            boolean sameAccount = issuer == null
                    || subject == null
                    || otherIssuer == null
                    || otherSubject == null
                    || issuer.equals(otherIssuer) && subject.equals(otherSubject);
            return sameAccount || user != null && user.equals(other);
        }
    }

    /**
     * Keeps a decision; returns when it is durable.
     *
     * @param event who decides
     * @param patientId logical id of the patient whom it is about; null if it is about none
     * @param statement in the clear; nothing that identifies
     */
    public UUID decide(Op op, SecurityEvent event, @Nullable String patientId, @Nullable String statement) {
        Entry made = entries.entry(event, patientId, UUID.randomUUID().toString());
        gateway.append(List.of(with(op, made, statement)), List.of());
        return made.id();
    }

    /**
     * Keeps a retention entry, by whoever approved it; returns when it is durable.
     *
     * @param approval on which it rests
     * @param statement signed by the log
     */
    public void letGo(Decided approval, Decided proposal, String statement) {
        String note = "proposed by %s, AuditEvent/%s; approved by %s, AuditEvent/%s"
                .formatted(proposal.user(), proposal.id(), approval.user(), approval.id());
        Entry made = entries.retention(Op.RETENTION, note);
        gateway.append(List.of(with(Op.RETENTION, made, statement)), List.of());
    }

    /** All of an op, the oldest first. */
    public List<Decided> all(Op op) {
        List<Decided> all = new ArrayList<>();
        EntryQuery.Place place = null;
        List<StoredEntry> batch;
        do {
            batch = ledger.find(new EntryQuery(
                    Set.of(),
                    null,
                    Set.of(op),
                    null,
                    null,
                    Long.MAX_VALUE,
                    EntryQuery.Order.OLDEST_FIRST,
                    place,
                    PAGE));
            for (StoredEntry stored : batch) {
                place = EntryQuery.Place.of(stored);
                open(stored.entry()).ifPresent(all::add);
            }
        } while (batch.size() == PAGE);
        return all;
    }

    /** The decision with this id. */
    public Optional<Decided> find(String id, Op op) {
        try {
            return ledger.read(UUID.fromString(id))
                    .map(StoredEntry::entry)
                    .filter(entry -> entry.op().equals(op))
                    .flatMap(this::open);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Ends a hold, of the same patient as the hold; returns when it is durable. */
    public void release(UUID hold, SecurityEvent event) {
        Entry held = ledger.read(hold).map(StoredEntry::entry).orElseThrow();
        Entry made = entries.entry(event, null, UUID.randomUUID().toString());
        Entry entry = Entry.builder(made.id(), made.time(), made.instance(), Op.HOLD_RELEASE)
                .actor(made.actor())
                .role(made.role())
                .outcome(made.outcome())
                .sealed(made.sealed())
                .statement(LegalHolds.release(held.id()))
                .build();
        gateway.append(List.of(entry), List.of());
    }

    private Optional<Decided> open(Entry entry) {
        Bytes sealed = entry.sealed();
        String statement = entry.statement();
        if (sealed == null) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).map(plain -> {
            try {
                EntryDetail detail = EntryDetail.parse(plain);
                return new Decided(
                        entry.id(),
                        entry.op(),
                        entry.time(),
                        statement == null ? "" : statement,
                        detail.issuer(),
                        detail.subject(),
                        detail.user(),
                        detail.note());
            } catch (IOException e) {
                throw new IllegalStateException("entry %s holds no detail".formatted(entry.id()), e);
            }
        });
    }

    private static Entry with(Op op, Entry made, @Nullable String statement) {
        return Entry.builder(made.id(), made.time(), made.instance(), op)
                .actor(made.actor())
                .role(made.role())
                .patient(made.patient())
                .outcome(made.outcome())
                .sealed(made.sealed())
                .statement(statement)
                .build();
    }
}
