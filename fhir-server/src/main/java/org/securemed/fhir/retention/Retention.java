package org.securemed.fhir.retention;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.RetentionLog;
import org.securemed.fhir.audit.RetentionLog.Decided;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.Pruning;
import org.securemed.ledger.retention.LegalHolds;
import org.securemed.ledger.retention.PrunedEntries;
import org.securemed.ledger.retention.RetentionStatement;

/**
 * Lets go of entries that two people agreed to let go. What is to be done follows from the ledger alone: approvals, and
 * what is there; so a restart, or another instance, goes on where one was. Thread-safe.
 *
 * <p>An approval stands: what a hold kept from it is let go when the hold is released.
 */
final class Retention implements AutoCloseable {
    private static final String PROPOSAL = "retention-proposal/v1\n";
    private static final String APPROVAL = "retention-approval/v1\n";
    private static final int BATCH = 200;
    private static final Duration OPEN = Duration.ofDays(30);

    private final Ledger ledger;
    private final RetentionLog decisions;
    private final RetentionProperties settings;
    private final Clock clock;
    private final RepeatedWork work;
    // For which approval and how many holds all spans were looked through; of the working thread.
    private String looked = "";

    Retention(Ledger ledger, RetentionLog decisions, RetentionProperties settings, Clock clock, Duration pause) {
        this.ledger = ledger;
        this.decisions = decisions;
        this.settings = settings;
        this.clock = clock;
        this.work = new RepeatedWork("retention", pause, this::work);
    }

    /** What may be let go at most now. */
    Instant newest() {
        return clock.instant()
                .atOffset(ZoneOffset.UTC)
                .minus(settings.period())
                .toInstant()
                .truncatedTo(ChronoUnit.SECONDS);
    }

    /**
     * A proposal that waits for somebody else, or was approved.
     *
     * @param before what is older is let go
     * @param by relative reference of the person
     * @param approvedBy of the other; null if nobody has
     */
    record Proposal(
            UUID id,
            Instant before,
            @Nullable String by,
            Instant at,
            @Nullable String approvedBy) {}

    /** A legal hold in force; {@code patient} is the pseudonym, null for the whole log. */
    record Hold(UUID id, @Nullable String patient) {}

    /**
     * How it stands.
     *
     * @param keptFor the period in the settings, ISO 8601
     * @param newest what may be proposed at most now
     * @param named entries that retention entries let go
     * @param statements number of these
     * @param before time before which entries may be missing; null if none may
     */
    record Status(
            String keptFor,
            Instant newest,
            long named,
            long statements,
            @Nullable Instant before,
            List<Proposal> proposals,
            List<Hold> holds) {}

    Status status() {
        PrunedEntries pruned = ledger.pruning().pruned();
        List<Hold> holds = new ArrayList<>();
        for (Map.Entry<UUID, Optional<Pseudonym>> hold :
                ledger.pruning().holds().active().entrySet()) {
            holds.add(new Hold(
                    hold.getKey(), hold.getValue().map(Pseudonym::toString).orElse(null)));
        }
        return new Status(
                settings.period().toString(),
                newest(),
                pruned.count(),
                pruned.statements(),
                pruned.before().orElse(null),
                proposals(),
                holds);
    }

    /**
     * Proposes.
     *
     * @param before null for all that may be let go
     * @throws Problem 400 if it is younger than the period allows, 409 if everything is held
     */
    Proposal propose(@Nullable Instant before, Requester requester, SecurityEvent event) {
        Instant until = before == null ? newest() : before.truncatedTo(ChronoUnit.SECONDS);
        if (until.isAfter(newest())) {
            throw Problem.badRequest("too-young", "Entries are kept for longer. Ask for the status to see how long.");
        }
        requireNotHeld();
        UUID id = decisions.decide(RetentionLog.PROPOSAL, event, null, PROPOSAL + until + "\n");
        return new Proposal(id, until, requester.fhirUser(), clock.instant(), null);
    }

    /**
     * Approves somebody else's proposal; it is then carried out in the background.
     *
     * @throws Problem 404 if there is none that is open, 403 if it is one's own, 409 if everything is held
     */
    Proposal approve(String id, Requester requester, SecurityEvent event) {
        Decided proposal = decisions
                .find(id, RetentionLog.PROPOSAL)
                .filter(one -> before(one).isPresent())
                .filter(one -> one.at().plus(OPEN).isAfter(clock.instant()))
                .orElseThrow(() -> Problem.notFound("not-found", "There is no such proposal, or it is too old."));
        if (proposal.isOfSamePerson(requester.issuer(), requester.subject(), requester.fhirUser())) {
            throw Problem.forbidden("own-proposal", "Somebody else has to approve what you proposed.");
        }
        requireNotHeld();
        decisions.decide(RetentionLog.APPROVAL, event, null, APPROVAL + proposal.id() + "\n");
        return new Proposal(
                proposal.id(), before(proposal).orElseThrow(), proposal.user(), proposal.at(), requester.fhirUser());
    }

    /** Holds a patient's entries, or all: from the answer on nothing of them is deleted. */
    UUID hold(@Nullable String patientId, SecurityEvent event) {
        List<UUID> made = new ArrayList<>();
        ledger.pruning().whilePaused(() -> made.add(decisions.decide(Op.HOLD, event, patientId, null)));
        return made.get(0);
    }

    /**
     * Releases a hold.
     *
     * @throws Problem 404 if there is none of this id in force
     */
    void release(String id, SecurityEvent event) {
        UUID hold = ledger.pruning().holds().active().keySet().stream()
                .filter(active -> active.toString().equals(id))
                .findFirst()
                .orElseThrow(() -> Problem.notFound("not-found", "There is no such hold in force."));
        decisions.release(hold, event);
        // It counts when a checkpoint covers it.
        ledger.publishCheckpoint();
    }

    private void requireNotHeld() {
        if (ledger.pruning().holds().isWhole()) {
            throw Problem.of(409, "legal-hold", IssueType.CONFLICT, "Everything is held.");
        }
    }

    private List<Proposal> proposals() {
        Map<String, Decided> approvals = new HashMap<>();
        decisions.all(RetentionLog.APPROVAL).forEach(approval -> approvals.putIfAbsent(about(approval), approval));
        List<Proposal> proposals = new ArrayList<>();
        for (Decided one : decisions.all(RetentionLog.PROPOSAL)) {
            Decided approval = approvals.get(one.id().toString());
            before(one)
                    .ifPresent(before -> proposals.add(new Proposal(
                            one.id(), before, one.user(), one.at(), approval == null ? null : approval.user())));
        }
        return proposals;
    }

    /** Does what was approved: says what goes, in the ledger, and deletes it. */
    synchronized void work() {
        Optional<Decided> newest = Optional.empty();
        Instant until = Instant.MIN;
        for (Decided approval : decisions.all(RetentionLog.APPROVAL)) {
            Optional<Instant> before =
                    decisions.find(about(approval), RetentionLog.PROPOSAL).flatMap(Retention::before);
            if (before.isPresent() && before.get().isAfter(until)) {
                until = before.get();
                newest = Optional.of(approval);
            }
        }
        if (newest.isPresent()) {
            name(newest.get(), until);
        }
        delete();
    }

    private void name(Decided approval, Instant before) {
        Pruning pruning = ledger.pruning();
        LegalHolds holds = pruning.holds();
        Set<UUID> active = new HashSet<>(holds.active().keySet());
        String now = approval.id() + " " + active;
        if (looked.equals(now)) {
            return;
        }
        Decided proposal =
                decisions.find(about(approval), RetentionLog.PROPOSAL).orElseThrow();
        // One span after the other; of several instances each names what the others have not.
        long[] next = {0};
        boolean[] more = {true};
        while (more[0]) {
            pruning.whilePaused(() -> {
                Optional<RetentionStatement> plan = pruning.plan(next[0], before, settings.period());
                plan.ifPresent(statement -> {
                    decisions.letGo(approval, proposal, pruning.sign(statement));
                    next[0] = statement.from() + RetentionStatement.SPAN;
                });
                more[0] = plan.isPresent();
            });
        }
        ledger.publishCheckpoint();
        looked = now;
    }

    private void delete() {
        for (int gone = ledger.pruning().next(BATCH);
                gone > 0;
                gone = ledger.pruning().next(BATCH)) {
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos() * gone / settings.rate());
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }

    private static Optional<Instant> before(Decided proposal) {
        if (!proposal.statement().startsWith(PROPOSAL)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(
                    proposal.statement().substring(PROPOSAL.length()).strip()));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static String about(Decided approval) {
        return approval.statement().startsWith(APPROVAL)
                ? approval.statement().substring(APPROVAL.length()).strip()
                : "";
    }

    @Override
    public void close() {
        work.close();
    }
}
