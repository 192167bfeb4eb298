package org.securemed.fhir.audit;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** What was recorded, in the order of the ledger, for those who look at all of it. Thread-safe. */
public final class AccessStream {
    private static final Set<String> SHOWING = Set.of("read", "vread", "search", "history");

    private static final int CHUNK = 50;

    private final Ledger ledger;
    private final SubjectKeys keys;
    private final String cardBridge;

    /** @param cardBridge client id of the smart card bridge, whose events about cards are looked at */
    AccessStream(Ledger ledger, SubjectKeys keys, String cardBridge) {
        this.ledger = ledger;
        this.keys = keys;
        this.cardBridge = cardBridge;
    }

    /**
     * One entry. Of entries that were not opened or that the log makes about itself only index and time are there.
     *
     * @param index of the entry
     * @param event id of its AuditEvent
     * @param user relative reference of the person who asked
     * @param patient relative reference
     * @param decision {@code permit} or {@code deny}
     */
    public record Line(
            long index,
            String event,
            Instant at,
            String op,
            @Nullable String user,
            @Nullable String role,
            @Nullable String patient,
            @Nullable String type,
            @Nullable String decision,
            @Nullable String address,
            @Nullable String note,
            boolean succeeded) {

        /** Whether something of the patient was shown. */
        public boolean shows() {
            return succeeded
                    && !isDenied()
                    && !"AuditEvent".equals(type)
                    && (SHOWING.contains(op) || op.equals("operation.everything") || op.equals("operation.summary"));
        }

        /** Whether consent forbade it. */
        public boolean isDenied() {
            return "deny".equals(decision);
        }

        /** Whether patients were searched for. */
        public boolean isPatientSearch() {
            return op.equals("search") && "Patient".equals(type);
        }

        /** Whether a card was used. */
        public boolean isCard() {
            return op.equals(SecurityEvent.Kind.CARD.op()) && note != null && note.equals(CardUse.Kind.ACCEPTED.name())
                    || op.equals(SecurityEvent.Kind.LOGIN.op()) && note != null && note.contains("card");
        }

        /** Whether a card was used that is blocked: lost, suspended or replaced. */
        public boolean isBlockedCard() {
            return op.equals(SecurityEvent.Kind.CARD.op())
                    && CardUse.Kind.BLOCKED.name().equals(note);
        }

        /** Whether the bridge says that a card is used more often than hands can. */
        public boolean isCardTooOften() {
            return op.equals(SecurityEvent.Kind.CARD.op())
                    && CardUse.Kind.TOO_OFTEN.name().equals(note);
        }
    }

    /**
     * Up to {@code limit} (at most 1,000) lines from index {@code from} on.
     *
     * @param roles codes; entries of others are not opened
     */
    public List<Line> read(long from, int limit, Set<String> roles) {
        List<Line> lines = new ArrayList<>();
        for (StoredEntry stored : ledger.range(from, limit)) {
            try {
                lines.add(line(stored, roles));
            } catch (RuntimeException e) {
                if (!Unreadable.is(e)) {
                    throw e;
                }
                Unreadable.pass(stored.index());
                lines.add(new Line(
                        stored.index(), "", Instant.EPOCH, "", null, null, null, null, null, null, null, false));
            }
        }
        return lines;
    }

    /** Whether anybody has done anything since the log had {@code size} entries; what this server adds is nothing. */
    public boolean isActiveSince(long size) {
        long next = size;
        List<StoredEntry> entries;
        do {
            entries = ledger.range(next, CHUNK);
            if (entries.stream().anyMatch(stored -> stored.entry().actor() != null)) {
                return true;
            }
            next += CHUNK;
        } while (next < ledger.size());
        return false;
    }

    /** Number of entries. */
    public long size() {
        return ledger.size();
    }

    /** Index of the first entry that is at most {@code span} older than the one at {@code index}. */
    public long beginning(long index, Duration span) {
        if (index <= 0) {
            return 0;
        }
        return ledger.read(index - 1)
                .map(last -> last.entry().time().minus(span))
                .flatMap(since -> ledger
                        .find(new EntryQuery(
                                Set.of(), null, Set.of(), since, null, index, EntryQuery.Order.OLDEST_FIRST, null, 1))
                        .stream()
                        .findFirst())
                .map(StoredEntry::index)
                .orElse(index);
    }

    private Line line(StoredEntry stored, Set<String> roles) {
        Entry entry = stored.entry();
        if (cardBridge.equals(entry.actor()) && ForeignEvents.holds(entry)) {
            return cardLine(stored, entry);
        }
        Optional<EntryDetail> detail =
                entry.role() != null && roles.contains(entry.role()) ? detail(stored, entry) : Optional.empty();
        Decision decision = entry.decision();
        return new Line(
                stored.index(),
                entry.id().toString(),
                entry.time(),
                detail.isEmpty() ? "" : entry.op().code(),
                detail.filter(EventParts::hasUser).map(EntryDetail::user).orElse(null),
                entry.role(),
                detail.map(EntryDetail::patient).orElse(null),
                entry.resourceType(),
                decision == null ? null : decision.outcome(),
                detail.map(EntryDetail::address).orElse(null),
                detail.map(EntryDetail::note).orElse(null),
                EventParts.succeeded(entry));
    }

    /** A card that proved to be somebody's, as the smart card bridge tells; of its other events only index and time. */
    private Line cardLine(StoredEntry stored, Entry entry) {
        Optional<CardUse> use = Optional.ofNullable(entry.sealed())
                .flatMap(bytes -> keys.open(entry.patient(), entry.id(), bytes))
                .flatMap(plain -> CardUse.of(content(stored, plain)));
        return new Line(
                stored.index(),
                entry.id().toString(),
                entry.time(),
                use.isEmpty() ? "" : SecurityEvent.Kind.CARD.op(),
                use.map(CardUse::holder).orElse(null),
                null,
                null,
                null,
                null,
                use.map(CardUse::address).orElse(null),
                use.map(CardUse::kind).map(Enum::name).orElse(null),
                use.filter(one -> one.kind() == CardUse.Kind.ACCEPTED).isPresent());
    }

    private static String content(StoredEntry stored, byte[] plain) {
        try {
            String content = EntryDetail.parse(plain).content();
            return content == null ? "" : content;
        } catch (IOException e) {
            throw new IllegalStateException("entry %d holds no detail".formatted(stored.index()), e);
        }
    }

    private Optional<EntryDetail> detail(StoredEntry stored, Entry entry) {
        Bytes sealed = entry.sealed();
        if (sealed == null || AuditEventStore.INTERNAL.contains(entry.op()) || ForeignEvents.holds(entry)) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).map(plain -> {
            try {
                return EntryDetail.parse(plain);
            } catch (IOException e) {
                throw new IllegalStateException("entry %d holds no detail".formatted(stored.index()), e);
            }
        });
    }
}
