package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;

/** The patient's signature over the transition that a request of this server's own makes. */
final class CardSignature {
    private static final String KEY = CardSignature.class.getName();
    private static final String USED = KEY + ".used";

    private CardSignature() {}

    static void attach(HouseRequest request, SignedTransition signed) {
        request.getUserData().put(KEY, signed);
    }

    /** Notes that the transition was made. */
    static void used(RequestDetails request) {
        request.getUserData().put(USED, true);
    }

    /** Whether it was made: storing what is stored already changes nothing. */
    static boolean isUsed(HouseRequest request) {
        return request.getUserData().containsKey(USED);
    }

    /** The signature that came with a request, if it is about this Consent. */
    static Optional<SignedTransition> of(RequestDetails request, String consentId) {
        return HouseRequest.is(request)
                        && request.getUserData().get(KEY) instanceof SignedTransition signed
                        && consent(signed.transition())
                                .filter(consentId::equals)
                                .isPresent()
                ? Optional.of(signed)
                : Optional.empty();
    }

    /** The Consent that a transition grants or revokes; empty for any other transition. */
    static Optional<String> consent(Transition transition) {
        if (transition instanceof Transition.Grant grant) {
            return Optional.of(grant.consentId());
        }
        return transition instanceof Transition.Revoke revoke ? Optional.of(revoke.consentId()) : Optional.empty();
    }
}
