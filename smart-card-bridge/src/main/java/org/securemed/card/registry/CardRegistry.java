package org.securemed.card.registry;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.trust.CardVerifier;
import org.securemed.card.trust.ProvenCard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The cards that were handed out, and whose they are. What gives power (enrolment, activation) happens together with
 * its record at the FHIR server or not at all; what takes it away happens at once, and is recorded as soon as that can
 * be. Thread-safe.
 */
final class CardRegistry {
    private static final Logger log = LoggerFactory.getLogger(CardRegistry.class);
    private static final Pattern OWNER = Pattern.compile("(Patient|Practitioner|RelatedPerson)/[A-Za-z0-9.-]{1,64}");
    private static final Set<Status> POWERLESS = EnumSet.complementOf(EnumSet.of(Status.ISSUED, Status.ACTIVE));
    private static final int BATCH = 50;

    /** A card's answer to a challenge of this registry. */
    record Answer(UUID challenge, CardProof proof) {}

    @FunctionalInterface
    private interface Proving {
        ProvenCard card() throws CardRefusedException;
    }

    /** A card that has proven itself, and whose it is. */
    record Identified(Credential credential, ProvenCard card) {}

    private final Challenges challenges;
    private final Credentials credentials;
    private final CardVerifier verifier;
    private final CardRecords records;
    private final CardJournal journal;
    private final CardPace pace;
    private final TransactionTemplate transactions;
    private final Clock clock;

    CardRegistry(
            Challenges challenges,
            Credentials credentials,
            CardVerifier verifier,
            CardRecords records,
            CardJournal journal,
            CardPace pace,
            TransactionTemplate transactions,
            Clock clock) {
        this.challenges = challenges;
        this.credentials = credentials;
        this.verifier = verifier;
        this.records = records;
        this.journal = journal;
        this.pace = pace;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** A challenge for a card. */
    Challenges.Open challenge(Asker asker) {
        try {
            return challenges.make(asker.workstation());
        } catch (Challenges.TooManyException e) {
            throw Problem.tooMany(
                    "too-many-challenges", "Too many cards are being read. Try again.", Duration.ofSeconds(5));
        }
    }

    /**
     * Which enrolled card answered. That it was asked for is on its way to the ledger before this is said, whichever
     * way it goes.
     *
     * @throws CardRefusedException naming why it is none, or may not be used
     */
    Identified identify(CardJournal.Kind kind, Answer answer, Asker asker) throws CardRefusedException {
        return judged(
                kind,
                answer.proof(),
                asker,
                () -> verifier.verify(answer.proof(), challenges.take(answer.challenge(), asker.workstation())));
    }

    /**
     * Which enrolled card has signed a document of its owner's; recorded like {@link #identify}.
     *
     * @param message exactly what was signed
     * @throws CardRefusedException naming why it is none, or may not be used
     */
    Identified signed(CardProof proof, byte[] message, Asker asker) throws CardRefusedException {
        return judged(CardJournal.Kind.SIGNATURE, proof, asker, () -> verifier.verifySigned(proof, message));
    }

    private Identified judged(CardJournal.Kind kind, CardProof proof, Asker asker, Proving proving)
            throws CardRefusedException {
        ProvenCard card = proven(kind, proof, asker, proving);
        Optional<Credential> credential = credentials.find(card);
        Optional<RefusalReason> refusal =
                credential.isEmpty() ? Optional.of(RefusalReason.NOT_ENROLLED) : refusal(kind, credential.get(), card);
        if (refusal.isPresent()) {
            journal.refused(
                    kind,
                    asker,
                    credential.map(it -> new CardJournal.Named(it, true)).orElse(null),
                    card.slot(),
                    refusal.get().code());
            throw new CardRefusedException(refusal.get());
        }
        Identified found = new Identified(credential.orElseThrow(), card);
        journal.accepted(kind, asker, found);
        pace.used(found.credential(), asker).ifPresent(alarm -> journal.alarm(alarm, asker, found));
        return found;
    }

    private Optional<RefusalReason> refusal(CardJournal.Kind kind, Credential credential, ProvenCard card) {
        // A signed document may be shown again, with the signature that it has.
        if (kind != CardJournal.Kind.SIGNATURE && credentials.repeatsItself(card)) {
            return Optional.of(RefusalReason.RANDOMNESS_WEAK);
        }
        if (kind == CardJournal.Kind.SIGNATURE && !signsDocuments(card)) {
            return Optional.of(RefusalReason.KEY_UNSUPPORTED);
        }
        boolean usable =
                credential.status() == Status.ACTIVE && credential.validUntil().isAfter(clock.instant());
        return usable ? Optional.empty() : Optional.of(RefusalReason.NOT_ACTIVE);
    }

    private static boolean signsDocuments(ProvenCard card) {
        return CardKey.of(card.certificate().getPublicKey())
                .filter(CardReading::signsDocuments)
                .isPresent();
    }

    /**
     * A reader gave up on a card that was to answer a challenge, which is spent by that.
     *
     * @throws CardRefusedException if there is no such challenge
     */
    void refuse(UUID challenge, RefusalReason reason, Asker asker) throws CardRefusedException {
        challenges.take(challenge, asker.workstation());
        journal.refused(CardJournal.Kind.IDENTIFICATION, asker, null, null, reason.code());
    }

    /**
     * Enrols a card that has proven its keys.
     *
     * @param answers of one card, one for each slot that is to be used
     * @param owner whose it becomes, relative reference
     * @param replaces the card in whose place it comes
     * @throws CardRefusedException if the card cannot prove itself
     * @throws Problem 400 for what makes no sense, 409 if card or key are enrolled, 503 if the FHIR server was not told
     */
    Credential enrol(List<Answer> answers, String owner, @Nullable UUID replaces, Asker asker)
            throws CardRefusedException {
        try {
            return enrolled(answers, owner, replaces, asker);
        } catch (Problem e) {
            journal.refused(CardJournal.Kind.ENROLMENT, asker, null, null, e.code());
            throw e;
        }
    }

    private Credential enrolled(List<Answer> answers, String owner, @Nullable UUID replaces, Asker asker)
            throws CardRefusedException {
        if (!OWNER.matcher(owner).matches()) {
            throw Problem.badRequest("card-owner", "Name a Patient, Practitioner or RelatedPerson of the FHIR server.");
        }
        if (answers.isEmpty() || answers.size() > 2) {
            throw Problem.badRequest("card-proofs", "Send the answer of the card's key, and of its holder's key.");
        }
        java.util.ArrayList<ProvenCard> proofs = new java.util.ArrayList<>();
        for (Answer answer : answers) {
            proofs.add(proven(
                    CardJournal.Kind.ENROLMENT,
                    answer.proof(),
                    asker,
                    () -> verifier.verify(answer.proof(), challenges.take(answer.challenge(), asker.workstation()))));
        }
        boolean oneCard = proofs.stream().map(ProvenCard::guid).distinct().count() == 1
                && proofs.stream().map(ProvenCard::profile).distinct().count() == 1
                && proofs.stream().map(ProvenCard::slot).distinct().count() == proofs.size();
        if (!oneCard) {
            throw Problem.badRequest("card-proofs", "All answers come from one card, each of another key.");
        }
        requireOwner(owner);
        try {
            return transactions.execute(status -> {
                Credential card = credentials.insert(proofs, owner);
                Optional<Credential> old = replaces == null ? Optional.empty() : credentials.lock(replaces);
                if (replaces != null) {
                    if (old.isEmpty()
                            || !old.get().owner().equals(owner)
                            || !old.get().status().mayBecome(Status.REPLACED)) {
                        throw Problem.conflict("card-replaced", "The card to replace is not this owner's, or is over.");
                    }
                    Credential replaced = tell(credentials.change(old.get(), Status.REPLACED, card.id()));
                    journal.changed(CardJournal.Kind.STATUS_CHANGE, asker, replaced);
                }
                journal.changed(CardJournal.Kind.ENROLMENT, asker, card);
                return tell(card);
            });
        } catch (DuplicateKeyException e) {
            throw Problem.conflict("card-enrolled", "This card, or a key of it, is enrolled already.");
        }
    }

    /**
     * Changes a card's status.
     *
     * @throws Problem 404 if there is no such card, 409 if it cannot take this status, 503 if it would gain power and
     *     the FHIR server was not told
     */
    Credential change(UUID id, Status next, Asker asker) {
        Credential changed;
        try {
            changed = transactions.execute(status -> changed(id, next, asker));
        } catch (TransactionException | DataAccessException e) {
            credentials.unrecorded(id);
            throw e;
        } catch (Problem e) {
            // The FHIR server may have been told of what did not happen: it is told again how the card is.
            if (e.status() == HttpStatus.SERVICE_UNAVAILABLE.value()) {
                credentials.unrecorded(id);
            }
            throw e;
        }
        if (changed.recorded() < changed.version()) {
            record();
        }
        return credentials.find(id).orElseThrow(CardRegistry::unknown);
    }

    private Credential changed(UUID id, Status next, Asker asker) {
        Credential card = credentials.lock(id).orElseThrow(CardRegistry::unknown);
        if (next == Status.REPLACED || !card.status().mayBecome(next)) {
            throw Problem.conflict("card-status", "A card of this status cannot take that one.");
        }
        Credential now = credentials.change(card, next, null);
        journal.changed(CardJournal.Kind.STATUS_CHANGE, asker, now);
        return POWERLESS.contains(next) ? now : tell(now);
    }

    /** A card. */
    Credential find(UUID id) {
        return credentials.find(id).orElseThrow(CardRegistry::unknown);
    }

    /** Somebody's cards. */
    List<Credential> of(String owner) {
        return credentials.of(owner);
    }

    /** Ends cards whose time is over, and tells the FHIR server what it does not know yet. */
    void sweep() {
        for (Credential card : credentials.overdue(BATCH)) {
            change(card.id(), Status.EXPIRED, Asker.BRIDGE);
        }
        record();
    }

    private void record() {
        for (Credential card : credentials.unrecorded(BATCH)) {
            try {
                records.record(card);
                credentials.recorded(card);
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("card", card.id())
                        .addKeyValue("failure", e.getMessage())
                        .log("the FHIR server does not know of a card yet");
            }
        }
    }

    private Credential tell(Credential card) {
        try {
            records.record(card);
        } catch (IOException e) {
            log.atWarn().addKeyValue("failure", e.getMessage()).log("the FHIR server could not be told of a card");
            throw unavailable();
        }
        credentials.recorded(card);
        return credentials.find(card.id()).orElseThrow();
    }

    private void requireOwner(String owner) {
        try {
            if (!records.exists(owner)) {
                throw Problem.badRequest(
                        "card-owner", "Name a Patient, Practitioner or RelatedPerson of the FHIR server.");
            }
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("failure", e.getMessage())
                    .log("the FHIR server could not be asked for a card's owner");
            throw unavailable();
        }
    }

    /** The card that answered; a refusal is recorded, with the enrolled card whose number was used. */
    private ProvenCard proven(CardJournal.Kind kind, CardProof proof, Asker asker, Proving proving)
            throws CardRefusedException {
        try {
            return proving.card();
        } catch (CardRefusedException e) {
            CardJournal.Named claimed = credentials
                    .numbered(proof.guid())
                    .map(it -> new CardJournal.Named(it, false))
                    .orElse(null);
            journal.refused(kind, asker, claimed, proof.slot(), e.reason().code());
            throw e;
        }
    }

    private static Problem unknown() {
        return Problem.notFound("card-unknown", "There is no such card.");
    }

    private static Problem unavailable() {
        return Problem.unavailable(
                "record-unavailable", "The FHIR server cannot be asked now. Try again.", Duration.ofSeconds(5));
    }
}
