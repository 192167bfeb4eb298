package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.servlet.http.HttpServletRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.translate.ConsentTranslator;
import org.securemed.fhir.consent.translate.Translation;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.CardLogInException;
import org.securemed.fhir.smart.CardStatement;
import org.securemed.fhir.smart.CardStatements;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Evidence;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;

/**
 * Grants and revocations that a patient's card signs. Two judge each of them: the bridge the card (its certificate,
 * revocation, status, and whose it is), the consent contract the signature, by the key that was registered when the
 * card was handed out. Thread-safe.
 */
final class CardConsents {
    private static final String PATIENT = "Patient/";

    /**
     * What a clinician asked for.
     *
     * @param transition what the patient's card has to sign, if a card was named
     */
    record Asked(String consent, Instant until, Optional<Transition> transition) {}

    private final HouseRequests requests;
    private final AccessRequests questions;
    private final ConsentTranslator translator;
    private final ConsentStates states;
    private final OwnerIndex index;
    private final CardStatements statements;
    private final SecurityEvents events;
    private final ConsentProperties.Cards properties;
    private final AskPace pace;
    private final String issuer;
    private final Duration skew;
    private final Clock clock;

    CardConsents(
            HouseRequests requests,
            AccessRequests questions,
            ConsentTranslator translator,
            ConsentStates states,
            OwnerIndex index,
            CardStatements statements,
            SecurityEvents events,
            ConsentProperties.Cards properties,
            String issuer,
            Duration skew,
            Clock clock) {
        this.requests = requests;
        this.questions = questions;
        this.translator = translator;
        this.states = states;
        this.index = index;
        this.statements = statements;
        this.events = events;
        this.properties = properties;
        this.pace = new AskPace(properties.requestsPerHour());
        this.issuer = issuer;
        this.skew = skew;
        this.clock = clock;
    }

    /**
     * A clinician asks a patient to be let in for a while.
     *
     * @param card logical id of the Device that is to sign
     */
    Asked ask(String patient, Optional<String> card, Exchange exchange) {
        if (card.isPresent()) {
            requireBridge();
        }
        String clinician = asking(exchange);
        String id = UUID.randomUUID().toString();
        Instant until = until(exchange);
        Consent consent = PatientPresent.proposed(
                id, patient, clinician, exchange.requester().displayName(), exchange.started(), until);
        // From the request alone, so that it is the same for a patient who isn't there.
        Optional<Transition> transition = card.map(device -> {
            Consent signed = consent.copy();
            signed.setStatus(Consent.ConsentState.ACTIVE);
            return change(translator.translate(
                            ConsentState.initial(PATIENT + patient),
                            id,
                            signed,
                            author(PATIENT + patient, device),
                            exchange.started(),
                            UUID.randomUUID().toString()))
                    .orElseThrow();
        });
        if (index.partitionOf(patient).isPresent()) {
            exchange.name(patient);
        }
        questions.keep(consent, null);
        return new Asked(id, until, transition);
    }

    /** A clinician asks whoever it is of whom this is known. */
    Asked ask(Patient sought, Exchange exchange) {
        String clinician = asking(exchange);
        // Before it is kept: whether it is enough depends on what was sent alone.
        PatientCriteria criteria = new PatientCriteria(sought);
        String id = UUID.randomUUID().toString();
        Instant until = until(exchange);
        Consent proposed = PatientPresent.proposed(
                id, "", clinician, exchange.requester().displayName(), exchange.started(), until);
        proposed.setPatient(null).setPerformer(null);
        questions.keep(proposed, criteria.sought());
        return new Asked(id, until, Optional.empty());
    }

    /** The clinician who asks, whoever is meant; not too often. */
    private String asking(Exchange exchange) {
        String clinician = clinician(exchange.requester()).orElseThrow(Refusal::role);
        if (!pace.mayAsk(clinician, exchange.started())) {
            throw Refusal.tooMany(
                    "too-many-requests", "You have asked too many patients in this hour.", AskPace.WINDOW);
        }
        return clinician;
    }

    private Instant until(Exchange exchange) {
        return exchange.started()
                .plus(properties.presence())
                // FHIR counts the last second in, here by seconds.
                .truncatedTo(ChronoUnit.SECONDS)
                .minusSeconds(1);
    }

    /** What a patient's card has to sign, for a Consent of theirs to be in force or to end. */
    Transition toSign(String id, String device, boolean end, Exchange exchange) {
        requireBridge();
        String subject = patient(exchange.requester()).orElseThrow(Refusal::role);
        Consent consent = requests.read(exchange.requester(), Consent.class, id);
        if (!subject.equals(consent.getPatient().getReference())) {
            throw Refusal.notKnown("Consent", id);
        }
        String patient = subject.substring(PATIENT.length());
        states.refresh(states.subject(patient));
        consent.setStatus(end ? Consent.ConsentState.INACTIVE : Consent.ConsentState.ACTIVE);
        return change(translator.translate(
                        states.of(patient),
                        id,
                        consent,
                        author(subject, device),
                        clock.instant(),
                        UUID.randomUUID().toString()))
                .filter(transition -> CardSignature.consent(transition).isPresent())
                .orElseThrow(() -> Refusal.unprocessable("consent-unchanged", "There is nothing to sign."));
    }

    /**
     * The signature; whatever becomes of it is recorded with the card.
     *
     * @throws BaseServerResponseException 422 {@code card-signature-refused}, in one form whatever the reason
     */
    void sign(
            String consentId,
            byte[] transition,
            byte[] signature,
            String statement,
            Exchange exchange,
            HttpServletRequest http) {
        requireBridge();
        Requester requester = exchange.requester();
        if (patient(requester).isEmpty() && clinician(requester).isEmpty()) {
            throw Refusal.role();
        }
        CardStatement said = null;
        try {
            SignedTransition signed = SignedTransition.of(transition, signature);
            said = statements.signature(statement);
            judge(consentId, signed, transition, said, exchange);
            questions.deliver(consentId);
            apply(consentId, signed, requester);
        } catch (TransitionException e) {
            throw refused(exchange, http, null, "signature-malformed", null);
        } catch (CardLogInException e) {
            throw refused(exchange, http, null, e.code(), e.device());
        } catch (SignatureRefusedException e) {
            throw refused(exchange, http, said, e.code, null);
        }
        record(exchange, http, said, null, null);
    }

    private void judge(String consentId, SignedTransition signed, byte[] bytes, CardStatement said, Exchange exchange)
            throws SignatureRefusedException {
        Transition transition = signed.transition();
        Author author = transition.author();
        if (!sha256(bytes).equals(said.signed())) {
            throw new SignatureRefusedException("signature-of-something-else");
        }
        boolean owners = said.owner().equals(transition.subject())
                && author.capacity() == Author.Capacity.PATIENT
                && author.reference().equals(transition.subject());
        if (!owners) {
            throw new SignatureRefusedException("signature-of-another-person");
        }
        boolean byThisCard = author.evidence().kind() == Evidence.Kind.SIGNATURE
                && said.device().equals("Device/" + author.evidence().reference());
        if (!byThisCard) {
            throw new SignatureRefusedException("signature-of-another-card");
        }
        new SignedConsent(consentId, signed).requireCurrent(exchange, properties.signature(), skew);
    }

    private void apply(String consentId, SignedTransition signed, Requester requester)
            throws SignatureRefusedException {
        boolean self =
                patient(requester).filter(signed.transition().subject()::equals).isPresent();
        boolean grant = signed.transition() instanceof Transition.Grant;
        Optional<String> clinician = clinician(requester);
        if (!self && (clinician.isEmpty() || !grant)) {
            throw new SignatureRefusedException("signature-without-session");
        }
        new SignedConsent(consentId, signed).apply(requests, self ? requester : Requester.custodian(issuer), stored -> {
            if (!self && !PatientPresent.isFor(stored, clinician.orElseThrow())) {
                throw Refusal.notKnown("Consent", consentId);
            }
        });
    }

    private BaseServerResponseException refused(
            Exchange exchange,
            HttpServletRequest http,
            @Nullable CardStatement said,
            String code,
            @Nullable String device) {
        record(exchange, http, said, device, code);
        return Refusal.unprocessable(
                "card-signature-refused", "The card's signature does not count. Start again, with the card in hand.");
    }

    /** About whoever's card it is, as the bridge says: what the request says of patients is not looked up. */
    private void record(
            Exchange exchange,
            HttpServletRequest http,
            @Nullable CardStatement said,
            @Nullable String device,
            @Nullable String failure) {
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.CARD, http)
                .requester(exchange.requester())
                .device(said == null ? device : said.device())
                .note("consent signed");
        if (said != null && said.owner().startsWith(PATIENT)) {
            String patient = said.owner().substring(PATIENT.length());
            event.patient(patient);
            if (index.partitionOf(patient).isPresent()) {
                exchange.name(patient);
            }
        }
        events.record((failure == null ? event : event.failed(failure)).build());
    }

    /** The transition that a translation leads to; empty if there is none to make. */
    static Optional<Transition> change(Translation translation) {
        return translation.fold(change -> Optional.of(change.transition()), none -> Optional.empty(), refused -> {
            throw Refusal.unprocessable(refused.reason().code(), refused.text() + " (" + refused.expression() + ")");
        });
    }

    private static Author author(String subject, String device) {
        return new Author(Author.Capacity.PATIENT, subject, Evidence.signature(device));
    }

    private static Optional<String> clinician(Requester requester) {
        boolean role = requester.is(Role.PHYSICIAN) || requester.is(Role.NURSE);
        return role && !requester.isMachine() ? requester.user() : Optional.empty();
    }

    private static Optional<String> patient(Requester requester) {
        return requester.is(Role.PATIENT)
                ? requester.user().filter(user -> user.startsWith(PATIENT))
                : Optional.empty();
    }

    private void requireBridge() {
        if (!statements.offered()) {
            throw Refusal.notOffered("There are no cards here: this server knows no smart card bridge.");
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
