package org.securemed.fhir.consent.translate;

import java.time.Instant;
import java.time.ZoneId;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Transition;

/**
 * FHIR R4 Consent, and who writes it, as a transition of the consent contract. Thread-safe.
 *
 * <p>Only {@code status = active} authorises. A Consent that was active and is written with another status, deleted, or
 * moved to another scope is revoked.
 *
 * @see <a href="https://hl7.org/fhir/R4/consent.html">FHIR R4 Consent</a>
 * @see <a href="https://profiles.ihe.net/ITI/PCF/volume-3.html">IHE PCF, content profiles</a>
 */
public final class ConsentTranslator {
    private static final String SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope";

    private final ProvisionTranslator provisions;

    /**
     * @param zone time zone of dates without time
     * @param knownRole whether requesters of this server can be seen to hold a role; a Consent about other roles would
     *     have no effect and is refused
     */
    public ConsentTranslator(ZoneId zone, Predicate<org.securemed.ledger.consent.Coding> knownRole) {
        this.provisions = new ProvisionTranslator(new Periods(zone), knownRole);
    }

    /**
     * What storing {@code consent} means.
     *
     * @param state the patient's state
     * @param consentId the Consent's logical id
     * @param consent the resource as it will be stored
     * @param author who writes it, and how that is known
     * @param at when
     * @param transitionId id for the transition, unique in the log
     */
    public Translation translate(
            ConsentState state, String consentId, Consent consent, Author author, Instant at, String transitionId) {
        try {
            requirePatient(state, consent);
            if (!consent.hasStatus()) {
                throw UntranslatableException.required("Consent.status", "A Consent has a status.");
            }
            if (consent.getStatus() != Consent.ConsentState.ACTIVE || isNotAboutData(consent)) {
                return revocation(state, consentId, author, at, transitionId);
            }
            return grant(state, consentId, consent, author, at, transitionId);
        } catch (UntranslatableException e) {
            return e.refused();
        }
    }

    /** What deleting the Consent means; parameters as in {@link #translate}. */
    public Translation revocation(
            ConsentState state, String consentId, Author author, Instant at, String transitionId) {
        ConsentRecord known = state.consents().get(consentId);
        if (known == null || known.status() != ConsentRecord.Status.ACTIVE) {
            return new Translation.NoChange();
        }
        return new Translation.Change(
                new Transition.Revoke(transitionId, state.subject(), author, at, consentId, known.version() + 1));
    }

    private Translation grant(
            ConsentState state, String consentId, Consent consent, Author author, Instant at, String transitionId)
            throws UntranslatableException {
        requirePrivacyScope(consent);
        requireKnownMeaning(consent);
        requirePerformer(consent, author);
        if (!consent.hasProvision()) {
            throw UntranslatableException.required(
                    "Consent.provision", "An active Consent says in its provision what it permits or denies.");
        }
        Provision provision = provisions.translate(consent.getProvision(), "Consent.provision");
        String policy = policy(consent);
        ConsentRecord known = state.consents().get(consentId);
        long version = state.consentVersion(consentId) + 1;
        Transition transition = known != null && known.status() == ConsentRecord.Status.ACTIVE
                ? new Transition.Amend(transitionId, state.subject(), author, at, consentId, version, policy, provision)
                : new Transition.Grant(
                        transitionId, state.subject(), author, at, consentId, version, policy, provision);
        requireSize(transition);
        return new Translation.Change(transition);
    }

    private static void requirePatient(ConsentState state, Consent consent) throws UntranslatableException {
        if (!consent.hasPatient()) {
            throw UntranslatableException.required("Consent.patient", "A Consent names its patient.");
        }
        String patient = ProvisionTranslator.literal(consent.getPatient(), "Consent.patient");
        if (!patient.equals(state.subject())) {
            throw UntranslatableException.wrongPatient("Consent.patient", "The Consent is about another patient.");
        }
    }

    private static boolean isNotAboutData(Consent consent) {
        // An advance directive or a consent to a treatment is kept, and opens nothing.
        return hasScope(consent, "adr") || hasScope(consent, "treatment");
    }

    private static void requirePrivacyScope(Consent consent) throws UntranslatableException {
        if (!hasScope(consent, "patient-privacy")) {
            throw UntranslatableException.notEnforceable(
                    "Consent.scope",
                    "A Consent about access to data has scope patient-privacy; research is a purpose of its provision.");
        }
    }

    private static boolean hasScope(Consent consent, String code) {
        for (Coding coding : consent.getScope().getCoding()) {
            if (SCOPE.equals(coding.getSystem()) && code.equals(coding.getCode())) {
                return true;
            }
        }
        return false;
    }

    private static void requireKnownMeaning(Consent consent) throws UntranslatableException {
        if (consent.hasModifierExtension()) {
            throw UntranslatableException.notEnforceable(
                    "Consent.modifierExtension", "A modifier extension changes the meaning in a way not known here.");
        }
        if (consent.hasImplicitRules()) {
            throw UntranslatableException.notEnforceable(
                    "Consent.implicitRules", "Implicit rules change the meaning in a way not known here.");
        }
    }

    /** Who consents is who makes the Consent; a recorder writes down what somebody else consented to. */
    private static void requirePerformer(Consent consent, Author author) throws UntranslatableException {
        boolean inPerson =
                author.capacity() == Author.Capacity.PATIENT || author.capacity() == Author.Capacity.REPRESENTATIVE;
        if (!inPerson || !consent.hasPerformer()) {
            return;
        }
        for (Reference performer : consent.getPerformer()) {
            if (author.reference().equals(performer.getReference())) {
                return;
            }
        }
        throw UntranslatableException.wrongPerformer(
                "Consent.performer", "Who makes this Consent is not among those who consent.");
    }

    private static String policy(Consent consent) throws UntranslatableException {
        if (!consent.hasPolicy()) {
            return "";
        }
        String uri = consent.getPolicyFirstRep().getUri();
        if (uri == null) {
            return "";
        }
        return org.securemed.ledger.consent.Coding.ifValid(uri, "policy")
                .map(org.securemed.ledger.consent.Coding::system)
                .orElseThrow(() -> UntranslatableException.invalid(
                        "Consent.policy[0].uri", "The URI is longer than 512 characters or not printable."));
    }

    private static void requireSize(Transition transition) throws UntranslatableException {
        try {
            transition.canonicalBytes();
        } catch (IllegalStateException e) {
            throw UntranslatableException.tooLong(
                    "Consent.provision",
                    "The Consent is longer than the %d bytes that the ledger takes; split it into several."
                            .formatted(Transition.MAX_BYTES));
        }
    }
}
