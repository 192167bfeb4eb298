package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Consent;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;

/**
 * A signed transition on its way into the Consent that it is about, whoever's key signed it.
 *
 * @param consentId of the Consent
 * @param signed the transition
 */
record SignedConsent(String consentId, SignedTransition signed) {
    /**
     * Refuses what is about another Consent, or was made too long ago.
     *
     * @param lifetime how long it counts
     * @param skew how much clocks may differ
     */
    void requireCurrent(Exchange exchange, Duration lifetime, Duration skew) throws SignatureRefusedException {
        Transition transition = signed.transition();
        if (CardSignature.consent(transition).filter(consentId::equals).isEmpty()) {
            throw new SignatureRefusedException("signature-of-another-consent");
        }
        Instant at = transition.at();
        if (at.isAfter(exchange.started().plus(skew)) || at.plus(lifetime).isBefore(exchange.started())) {
            throw new SignatureRefusedException("signature-expired");
        }
    }

    /**
     * Applies it: the Consent is active from here on, or ended.
     *
     * @param check refuses a stored Consent by what it throws
     */
    void apply(HouseRequests requests, Requester requester, Consumer<Consent> check) throws SignatureRefusedException {
        boolean grant = signed.transition() instanceof Transition.Grant;
        try {
            requests.change(requester, Consent.class, consentId, signed, stored -> {
                check.accept(stored);
                stored.setStatus(grant ? Consent.ConsentState.ACTIVE : Consent.ConsentState.INACTIVE);
                return stored;
            });
        } catch (BaseServerResponseException e) {
            if (e.getStatusCode() >= 500) {
                throw e;
            }
            boolean absent = e.getStatusCode() == 404 || e.getStatusCode() == 410;
            throw new SignatureRefusedException(absent ? "consent-unknown" : "contract-refused");
        }
    }
}
