package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.hl7.fhir.r4.model.Consent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.translate.ConsentTranslator;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Evidence;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;

/**
 * Grants and revocations that a patient, or who acts for them, signs with a key of their own: a detached JWS over the
 * transition. The consent contract verifies it by the registered key, and the ledger keeps it. Thread-safe.
 */
final class KeyConsents {
    private static final String PATIENT = "Patient/";

    private final HouseRequests requests;
    private final ConsentTranslator translator;
    private final ConsentStates states;
    private final Representation representation;
    private final OwnerIndex index;
    private final SecurityEvents events;
    private final Duration lifetime;
    private final Duration skew;
    private final Clock clock;

    /** @param lifetime how long after it was made a signature has to be brought */
    KeyConsents(
            HouseRequests requests,
            ConsentTranslator translator,
            ConsentStates states,
            OwnerIndex index,
            SecurityEvents events,
            Duration lifetime,
            Duration skew,
            Clock clock) {
        this.requests = requests;
        this.translator = translator;
        this.states = states;
        this.representation = new Representation(states);
        this.index = index;
        this.events = events;
        this.lifetime = lifetime;
        this.skew = skew;
        this.clock = clock;
    }

    /**
     * What has to be signed for a Consent to be in force, or to end.
     *
     * @param keyId of the key that will sign; whether it is registered is asked when it has
     */
    Transition toSign(String id, String keyId, boolean end, Exchange exchange) {
        String signer = OwnKeys.signer(exchange.requester());
        Consent consent = requests.read(exchange.requester(), Consent.class, id);
        String subject = consent.getPatient()
                .getReferenceElement()
                .toUnqualifiedVersionless()
                .getValue();
        if (!OwnKey.isId(keyId)) {
            throw Refusal.unprocessable(
                    "signing-key", "Name the key by the id that it was given when it was registered.");
        }
        if (!subject.startsWith(PATIENT) || !actsFor(exchange, signer, subject.substring(PATIENT.length()))) {
            throw Refusal.notKnown("Consent", id);
        }
        String patient = subject.substring(PATIENT.length());
        states.refresh(states.subject(patient));
        consent.setStatus(end ? Consent.ConsentState.INACTIVE : Consent.ConsentState.ACTIVE);
        Author.Capacity capacity = signer.equals(subject) ? Author.Capacity.PATIENT : Author.Capacity.REPRESENTATIVE;
        return CardConsents.change(translator.translate(
                        states.of(patient),
                        id,
                        consent,
                        new Author(capacity, signer, Evidence.signature(keyId)),
                        clock.instant(),
                        UUID.randomUUID().toString()))
                .filter(transition -> CardSignature.consent(transition).isPresent())
                .orElseThrow(() -> Refusal.unprocessable("consent-unchanged", "There is nothing to sign."));
    }

    private boolean actsFor(Exchange exchange, String signer, String patient) {
        return signer.equals(PATIENT + patient) || representation.is(exchange.requester(), patient, exchange.started());
    }

    /**
     * The signature; whatever becomes of it is recorded.
     *
     * @throws BaseServerResponseException 422 {@code signature-refused}, in one form whatever the reason
     */
    void sign(String consentId, byte[] transition, String jws, Exchange exchange, HttpServletRequest http) {
        String signer = OwnKeys.signer(exchange.requester());
        String patient = null;
        try {
            SignedTransition signed = SignedTransition.of(transition, jws.getBytes(StandardCharsets.ISO_8859_1));
            patient = judge(consentId, signer, signed, exchange);
            new SignedConsent(consentId, signed).apply(requests, exchange.requester(), stored -> {});
        } catch (TransitionException e) {
            throw refused(exchange, http, signer, patient, "signature-malformed");
        } catch (SignatureRefusedException e) {
            throw refused(exchange, http, signer, patient, e.code);
        }
        record(exchange, http, signer, patient, null);
    }

    /** The patient whom it concerns, for whom the signer acts now. */
    private String judge(String consentId, String signer, SignedTransition signed, Exchange exchange)
            throws SignatureRefusedException {
        Transition transition = signed.transition();
        Author author = transition.author();
        // A card's key signs by the bridge, which judges the card.
        boolean own = author.evidence().kind() == Evidence.Kind.SIGNATURE
                && OwnKey.isId(author.evidence().reference());
        if (!signed.isJws() || !own) {
            throw new SignatureRefusedException("signature-malformed");
        }
        if (!author.reference().equals(signer)
                || !actsFor(exchange, signer, transition.subject().substring(PATIENT.length()))) {
            throw new SignatureRefusedException("signature-of-another-person");
        }
        new SignedConsent(consentId, signed).requireCurrent(exchange, lifetime, skew);
        return transition.subject().substring(PATIENT.length());
    }

    private BaseServerResponseException refused(
            Exchange exchange, HttpServletRequest http, String signer, @Nullable String patient, String code) {
        record(exchange, http, signer, patient, code);
        return Refusal.unprocessable(
                "signature-refused", "The signature does not count. Ask what to sign, and sign it once more.");
    }

    /** About whoever brings it, or the patient for whom they do: what the request says of others is not looked up. */
    private void record(
            Exchange exchange,
            HttpServletRequest http,
            String signer,
            @Nullable String judged,
            @Nullable String failure) {
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.SIGNATURE, http)
                .requester(exchange.requester())
                .note("consent signed");
        String patient = judged == null && signer.startsWith(PATIENT) ? signer.substring(PATIENT.length()) : judged;
        if (patient != null) {
            event.patient(patient);
            if (index.partitionOf(patient).isPresent()) {
                exchange.name(patient);
            }
        }
        events.record((failure == null ? event : event.failed(failure)).build());
    }
}
