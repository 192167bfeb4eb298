package org.securemed.fhir.audit;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/** Makes ledger entries of what happened in an exchange. Thread-safe. */
final class EntryFactory {
    private static final int MINOR_FAILURE = 4;
    private static final String POLICY = "securemed-consent/" + ConsentContract.ENGINE_VERSION;

    private final SubjectKeys keys;
    private final Clock clock;
    private final String instance;

    /** @param instance name of this server instance in the log */
    EntryFactory(SubjectKeys keys, Clock clock, String instance) {
        this.keys = keys;
        this.clock = clock;
        this.instance = instance;
    }

    /**
     * An entry about one patient, or about none.
     *
     * @param patientId logical id; null if the exchange concerns no patient
     * @param resources versioned references of what was read or written
     * @param outcome AuditEvent.outcome: 0, 4, 8 or 12
     */
    Entry entry(
            Exchange exchange,
            RequestFacts facts,
            Op op,
            @Nullable String type,
            @Nullable String patientId,
            List<String> resources,
            int status,
            int outcome) {
        UUID id = EntryIds.next(clock.instant());
        return entry(exchange, facts, op, type, patientId, resources, status, outcome, clock.instant(), null, id, null);
    }

    /**
     * The entry of a write, about one patient or about none; it commits to the stored bytes.
     *
     * @param patientId logical id; null if what was written belongs to no patient
     * @param version what was stored
     */
    Entry written(
            Exchange exchange,
            RequestFacts facts,
            Op op,
            @Nullable String patientId,
            VersionBytes version,
            int status) {
        SubjectKeys.Commitment commitment =
                keys.commit(patientId, version.reference(), version.updated(), version.canonical());
        return entry(
                exchange,
                facts,
                op,
                version.type(),
                patientId,
                List.of(version.reference()),
                status,
                0,
                clock.instant(),
                null,
                commitment.entry(),
                commitment.commitment());
    }

    private Entry entry(
            Exchange exchange,
            RequestFacts facts,
            Op op,
            @Nullable String type,
            @Nullable String patientId,
            List<String> resources,
            int status,
            int outcome,
            Instant time,
            @Nullable String content,
            UUID id,
            @Nullable Bytes commitment) {
        Optional<Access> access = patientId == null ? Optional.empty() : access(exchange, patientId, resources);
        Requester requester = exchange.requester();
        @Nullable Pseudonym subject = patientId == null ? null : keys.subject(patientId);
        EntryDetail detail = new EntryDetail(
                patientId == null ? null : "Patient/" + patientId,
                requester.fhirUser(),
                requester.displayName(),
                new ArrayList<>(requester.organizations()),
                requester.organizationName(),
                requester.clientId(),
                requester.tokenId(),
                requester.issuer(),
                requester.subject(),
                requester.device(),
                facts.address(),
                facts.method(),
                facts.query(),
                resources,
                exchange.requestId(),
                access.map(Access::basis).orElse(null),
                exchange.declared().map(Exchange.Declared::reason).orElse(null),
                content);
        return Entry.builder(id, time, instance, op)
                .actor(requester.clientId().isEmpty() ? null : requester.clientId())
                .role(requester.roles().stream()
                        .sorted()
                        .map(Role::code)
                        .findFirst()
                        .orElse(null))
                .purpose(purpose(exchange, access))
                .resourceType(type)
                .patient(subject)
                .resourceCommitment(commitment)
                .decision(access.map(EntryFactory::decision).orElse(null))
                .outcome(outcome)
                .status(status)
                .sealed(keys.seal(subject, id, detail.toJson()))
                .build();
    }

    /**
     * The entry that keeps an AuditEvent of somebody else.
     *
     * @param patientId logical id of the patient whom it is about; null if it is about none
     * @param recorded when it happened, by its own account; what lies ahead becomes now
     * @param content the event, packed
     */
    Entry foreign(
            Exchange exchange,
            RequestFacts facts,
            Op op,
            @Nullable String patientId,
            Instant recorded,
            String content) {
        Instant now = clock.instant();
        Instant time = recorded.isAfter(now) ? now : recorded.isBefore(Instant.EPOCH) ? Instant.EPOCH : recorded;
        UUID id = EntryIds.next(now);
        return entry(exchange, facts, op, "AuditEvent", patientId, List.of(), 201, 0, time, content, id, null);
    }

    /**
     * The entry of a security event.
     *
     * @param patientId logical id of a patient of this server; null if it concerns none
     * @param requestId X-Request-ID
     */
    Entry entry(SecurityEvent event, @Nullable String patientId, String requestId) {
        UUID id = EntryIds.next(clock.instant());
        @Nullable Pseudonym subject = patientId == null ? null : keys.subject(patientId);
        EntryDetail detail = new EntryDetail(
                patientId == null ? null : "Patient/" + patientId,
                event.fhirUser(),
                event.name(),
                List.of(),
                null,
                event.client(),
                event.tokenId(),
                event.issuer(),
                event.subject(),
                event.device(),
                event.address(),
                null,
                event.request(),
                List.of(),
                requestId,
                null,
                event.failure() == null ? event.note() : event.failure(),
                null);
        return Entry.builder(id, clock.instant(), instance, new Op(event.kind().op()))
                .actor(event.client() == null || event.client().isEmpty() ? null : event.client())
                .role(event.roles().stream()
                        .sorted()
                        .map(Role::code)
                        .findFirst()
                        .orElse(null))
                .purpose(event.purposeOfUse())
                .patient(subject)
                .outcome(event.succeeded() ? 0 : MINOR_FAILURE)
                .sealed(keys.seal(subject, id, detail.toJson()))
                .build();
    }

    /**
     * The entry of what this server found or did by itself about a stored version.
     *
     * @param patientId logical id; null if it belongs to none
     * @param outcome AuditEvent.outcome
     * @param content what was there, packed; null if nothing is to be kept
     */
    Entry integrity(
            Op op, @Nullable String patientId, String reference, String note, int outcome, @Nullable String content) {
        UUID id = EntryIds.next(clock.instant());
        @Nullable Pseudonym subject = patientId == null ? null : keys.subject(patientId);
        EntryDetail detail = new EntryDetail(
                patientId == null ? null : "Patient/" + patientId,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                List.of(reference),
                null,
                null,
                note,
                content);
        return Entry.builder(id, clock.instant(), instance, op)
                .resourceType(reference.substring(0, reference.indexOf('/')))
                .patient(subject)
                .outcome(outcome)
                .sealed(keys.seal(subject, id, detail.toJson()))
                .build();
    }

    /** The entry of a version that was there before; it commits to the stored bytes. */
    Entry adopted(Op op, @Nullable String patientId, VersionBytes version, SubjectKeys.Commitment commitment) {
        Entry made =
                own(op, commitment.entry(), patientId, null, List.of(version.reference()), "found and taken in", null);
        return Entry.builder(made.id(), made.time(), instance, op)
                .resourceType(version.type())
                .patient(made.patient())
                .resourceCommitment(commitment.commitment())
                .outcome(0)
                .sealed(made.sealed())
                .build();
    }

    /** The entry of a finding; the same finding has the same id. */
    Entry finding(Op op, @Nullable String patientId, String name, Instant day, String content) {
        UUID id =
                keys.commit(patientId, op.code() + "|" + name, day, new byte[0]).entry();
        return own(op, id, patientId, null, List.of(), null, content);
    }

    /** An entry that says nothing. */
    Entry nothing(Op op) {
        return own(op, EntryIds.next(clock.instant()), null, null, List.of(), null, null);
    }

    /** An entry about the retention of others, which this server makes because it was approved. */
    Entry retention(Op op, String note) {
        return own(op, EntryIds.next(clock.instant()), null, null, List.of(), note, null);
    }

    /** The entry of what a reviewer says. */
    Entry review(Exchange exchange, Op op, @Nullable String patientId, String about, String note) {
        return own(op, EntryIds.next(clock.instant()), patientId, exchange, List.of(about), note, null);
    }

    private Entry own(
            Op op,
            UUID id,
            @Nullable String patientId,
            @Nullable Exchange exchange,
            List<String> resources,
            @Nullable String note,
            @Nullable String content) {
        @Nullable Requester requester = exchange == null ? null : exchange.requester();
        @Nullable Pseudonym subject = patientId == null ? null : keys.subject(patientId);
        EntryDetail detail = new EntryDetail(
                patientId == null ? null : "Patient/" + patientId,
                requester == null ? null : requester.fhirUser(),
                requester == null ? null : requester.displayName(),
                null,
                null,
                requester == null ? null : requester.clientId(),
                requester == null ? null : requester.tokenId(),
                requester == null ? null : requester.issuer(),
                requester == null ? null : requester.subject(),
                requester == null ? null : requester.device(),
                null,
                null,
                null,
                resources,
                exchange == null ? null : exchange.requestId(),
                null,
                note,
                content);
        return Entry.builder(id, clock.instant(), instance, op)
                .patient(subject)
                .outcome(0)
                .sealed(keys.seal(subject, id, detail.toJson()))
                .build();
    }

    /** As declared for the request; of what only an emergency opens, the emergency; otherwise as the token says. */
    private static @Nullable String purpose(Exchange exchange, Optional<Access> access) {
        return exchange.declared()
                .map(Exchange.Declared::purpose)
                .or(() -> access.filter(one -> one.reason().equals(Access.BREAK_GLASS))
                        .map(one -> AuditCodes.BREAK_GLASS))
                .or(() -> exchange.requester().purposesOfUse().stream().sorted().findFirst())
                .orElse(null);
    }

    /**
     * The decision that counts for a patient: a permit if there was one, since something was shown then; if nothing was
     * shown, the one about the very resource that was asked for.
     */
    private static Optional<Access> access(Exchange exchange, String patientId, List<String> shown) {
        return exchange.accesses().stream()
                .filter(access -> access.patientId().equals(patientId))
                .min(Comparator.comparing((Access access) ->
                                !(shown.isEmpty() && access.reason().equals(Access.PARTIAL)))
                        .thenComparing(access -> !access.permitted())
                        .thenComparing(Access::resourceType));
    }

    private static Decision decision(Access access) {
        return new Decision(access.permitted() ? "permit" : "deny", access.reason(), POLICY, List.of());
    }
}
