package org.securemed.fhir.consent;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Coverage;
import org.securemed.ledger.consent.Decision;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.ResourceFacts;

/** What a patient, or who acts for one, lets an app see of the patient's record: its authorization is a consent. */
final class ThroughApp {
    private final ConsentStates states;
    private final ImplicitPolicy policy;

    ThroughApp(ConsentStates states, ImplicitPolicy policy) {
        this.states = states;
        this.policy = policy;
    }

    /** Labels of the topics that the patient kept from the app through which they ask. */
    Set<Coding> withheld(Requester requester) {
        // Whoever acts for a patient lets the app into the record in context.
        Optional<String> patient = requester
                .user()
                .filter(user -> user.startsWith("Patient/"))
                .map(user -> user.substring("Patient/".length()))
                .or(requester::launchPatient);
        if (requester.consent() == null || patient.isEmpty()) {
            return Set.of();
        }
        return state(patient.get(), requester.consent())
                .consent(requester.consent())
                .flatMap(ConsentRecord::activeProvision)
                .map(ThroughApp::deniedLabels)
                .orElse(Set.of());
    }

    private static Set<Coding> deniedLabels(Provision provision) {
        Set<Coding> labels = new LinkedHashSet<>();
        provision.provisions().stream()
                .filter(nested -> nested.type() == ProvisionType.DENY)
                .forEach(nested -> labels.addAll(nested.securityLabels()));
        return labels;
    }

    /** A patient's own record, as far as the patient lets this app see it: the app's authorization is a consent. */
    Access decide(Requester requester, String consentId, String patientId, String type, Instant at) {
        ConsentState state = state(patientId, consentId);
        boolean inForce = isInForce(state, consentId);
        ResourceFacts plain = ResourceFacts.of(type, "");
        Decision decision = ConsentContract.decide(state, request(requester, at), plain, policy);
        Coverage coverage = ConsentContract.coarse(state, request(requester, at), type, policy);
        // Its own labels are left out by NarrowView; what other consents take from it depends on the resource.
        boolean partly = isRestricted(state, consentId)
                && (coverage == Coverage.SOME
                        || ConsentContract.coarse(state, anybodys(requester, at), type, policy) == Coverage.SOME);
        boolean permitted = inForce && coverage != Coverage.NONE && (partly || permits(state, requester, plain, at));
        return new Access(
                permitted,
                permitted && partly,
                patientId,
                states.subject(patientId),
                type,
                permitted ? "consent" : inForce ? "app-not-permitted" : "app-ended",
                state.version(),
                PatientAccess.basis(decision));
    }

    /** Whether the app may see a resource with these facts; what forbids it something forbids it for all its users. */
    boolean permits(ConsentState state, Requester requester, ResourceFacts facts, Instant at) {
        boolean forbidden = ConsentContract.decide(state, anybodys(requester, at), facts, policy)
                .fold(permit -> false, deny -> deny.reason() == Decision.Reason.CONSENT_DENIES);
        return !forbidden
                && ConsentContract.decide(state, request(requester, at), facts, policy)
                        .permits();
    }

    /** Whether the app's authorization counts. */
    static boolean isInForce(ConsentState state, String consentId) {
        return state.consent(consentId)
                .filter(consent -> consent.status() == ConsentRecord.Status.ACTIVE)
                .isPresent();
    }

    /** The app, as this user lets it work. */
    static AccessRequest request(Requester requester, Instant at) {
        return AccessRequest.by(
                AppConsent.device(requester.clientId(), requester.user().orElse(null)), Purposes.PATRQT, at);
    }

    private static AccessRequest anybodys(Requester requester, Instant at) {
        return AccessRequest.by(AppConsent.device(requester.clientId()), Purposes.PATRQT, at);
    }

    /** Whether another consent than the app's own forbids something, to whomever. */
    static boolean isRestricted(ConsentState state, String consentId) {
        return others(state, consentId).anyMatch(ThroughApp::denies);
    }

    private static Stream<Provision> others(ConsentState state, String consentId) {
        return state.active().stream()
                .filter(consent -> !consent.id().equals(consentId))
                .flatMap(consent -> consent.activeProvision().stream());
    }

    private static boolean denies(Provision provision) {
        return provision.type() == ProvisionType.DENY
                || provision.provisions().stream().anyMatch(ThroughApp::denies);
    }

    private ConsentState state(String patientId, String consentId) {
        ConsentState known = states.of(patientId);
        if (known.consent(consentId).isPresent()) {
            return known;
        }
        // Granted at another instance.
        states.refresh(states.subject(patientId));
        return states.of(patientId);
    }
}
