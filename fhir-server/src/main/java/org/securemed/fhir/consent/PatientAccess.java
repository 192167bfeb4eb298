package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.PrivacyGrant;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.ScopeContext;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Basis;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Coverage;
import org.securemed.ledger.consent.Decision;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Obligation;
import org.securemed.ledger.consent.Residual;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * Whether a requester may see resources of a type of a patient: the fixed rules for the custodian's own systems and for
 * the patient, then the consent contract. Both layers of the gate ask here, and get one answer in one request.
 */
final class PatientAccess {
    /** What no consent for clinical data opens: who else may see it is between the patient and the custodian. */
    private static final Set<String> PRIVATE_TYPES = Set.of("Consent");

    private final ConsentStates states;
    private final ImplicitPolicy policy;
    private final BreakGlassRules glass;
    private final ContractRequests requests;
    private final Representation representation;
    private final ThroughApp apps;

    PatientAccess(ConsentStates states, ImplicitPolicy policy, BreakGlassRules glass, ContractRequests requests) {
        this.requests = requests;
        this.states = states;
        this.policy = policy;
        this.glass = glass;
        this.representation = new Representation(states);
        this.apps = new ThroughApp(states, policy);
    }

    /** Whether the requester is a system of the custodian, whose duties need no consent; research is none of them. */
    boolean seesEverything(Exchange exchange) {
        return exchange.requester().isCustodiansSystem();
    }

    /** Whether any search may be answered: that of a system of the custodian whose scopes leave no type out. */
    boolean mayAskAnything(Exchange exchange) {
        return seesEverything(exchange) && ScopeBound.showsEveryType(exchange.requester());
    }

    /** Whether the requester attends to what could not be attributed to a patient. */
    boolean seesQuarantine(Exchange exchange) {
        Requester requester = exchange.requester();
        return requester.administers() && !requester.isForResearch() || seesEverything(exchange);
    }

    /**
     * Refuses what no role of the requester allows, or none of the token's scopes, whatever the data.
     *
     * @param type null for an interaction that concerns no type
     */
    void requireRole(Exchange exchange, @Nullable String type, Interaction interaction) {
        if (type == null || !RoleRules.allow(exchange.requester().roles(), type, interaction)) {
            throw Refusal.role();
        }
        if (!ScopeBound.allows(exchange.requester(), type, interaction)) {
            throw Refusal.scope();
        }
    }

    /** Whether everyone to whom a resource belongs permits the requester to see all or some of its type. */
    boolean permitsSome(Exchange exchange, Ownership ownership, String type) {
        if (!ScopeBound.shows(exchange.requester(), type)) {
            return false;
        }
        if (ownership.partition() == Partition.SHARED || seesEverything(exchange)) {
            return true;
        }
        if (ownership.partition() == Partition.QUARANTINE) {
            return seesQuarantine(exchange);
        }
        return ownership.partition() != Partition.PARTLY_KNOWN && permitsAll(exchange, ownership.patients(), type);
    }

    /** Whether each of {@code patients}, at least one, permits the requester to see resources of {@code type}. */
    boolean permitsAll(Exchange exchange, Set<String> patients, String type) {
        boolean permitted = !patients.isEmpty();
        for (String patient : patients) {
            permitted &= decide(exchange, patient, type).permitted();
        }
        return permitted;
    }

    /** Those of {@code patients} who permit the requester to see some resources of a type and not others. */
    List<String> partlyPermitting(Exchange exchange, Collection<String> patients, String type) {
        List<String> partly = new ArrayList<>();
        if (!seesEverything(exchange)) {
            for (String patient : patients) {
                if (decide(exchange, patient, type).partly()) {
                    partly.add(patient);
                }
            }
        }
        return partly;
    }

    /**
     * What a patient who permits some resources of a type says of this one.
     *
     * @return the access to this resource
     */
    Access decide(Exchange exchange, String patientId, ResourceFacts facts) {
        Access ofType = decide(exchange, patientId, facts.resourceType());
        if (!ofType.partly()) {
            return ofType;
        }
        PrivacyGrant token = exchange.requester().privacy();
        if (token != null && !token.residual().permits(facts)) {
            return ofType.denied(null);
        }
        if (ofType.consentVersion() == Access.NO_CONSENT_READ) {
            return ofType;
        }
        ConsentState state = states.of(patientId);
        if (state.version() != ofType.consentVersion()) {
            // Changed meanwhile: what was decided on will be found outdated when it is recorded.
            return ofType.denied(null);
        }
        if (isThroughApp(exchange.requester(), patientId)) {
            boolean permitted = apps.permits(state, exchange.requester(), facts, exchange.started());
            return permitted ? ofType : ofType.denied(null);
        }
        AccessRequest request = requests.of(exchange, state);
        boolean emergency = ofType.reason().equals(Access.BREAK_GLASS);
        Decision decision = ConsentContract.decide(
                state, emergency ? ContractRequests.inEmergency(request) : request, facts, policy);
        return mayBeShown(exchange.requester(), decision) ? ofType : ofType.denied(basis(decision));
    }

    /** Whether a decision permits to show a resource; what research sees of it is left to {@link ResearchView}. */
    private static boolean mayBeShown(Requester requester, Decision decision) {
        return decision.fold(
                permit -> requester.isForResearch() || !permit.obligations().contains(Obligation.DEIDENTIFY),
                deny -> false);
    }

    /** Whether a token sees only some of the resources of a type that its owners permit. */
    boolean narrows(Exchange exchange, String type) {
        return !ScopeBound.conditions(exchange.requester(), type).isEmpty()
                || !withheld(exchange).isEmpty();
    }

    /** Labels of the topics that the patient kept from the app through which they ask. */
    Set<Coding> withheld(Exchange exchange) {
        return apps.withheld(exchange.requester());
    }

    /** The decision for resources of {@code type} of a patient of this server. */
    Access decide(Exchange exchange, String patientId, String type) {
        return exchange.access(patientId, type, () -> decideNow(exchange, patientId, type));
    }

    /** Whether the consents that the decisions of an exchange read are still what they were. */
    boolean isCurrent(Exchange exchange) {
        for (Access made : exchange.accesses()) {
            if (made.dependsOnConsent()) {
                states.refresh(made.subject());
                if (states.of(made.patientId()).version() != made.consentVersion()) {
                    return false;
                }
            }
        }
        return true;
    }

    private Access decideNow(Exchange exchange, String patientId, String type) {
        Access access = decideHere(exchange, patientId, type);
        PrivacyGrant token = exchange.requester().privacy();
        if (token == null || !access.permitted()) {
            return access;
        }
        // What another server's token leaves out is left out here, whatever our consents open.
        if (!token.patient().equals(patientId) || token.residual().equals(Residual.NOTHING_OPEN)) {
            return fixed(false, patientId, type, "token");
        }
        return token.residual().equals(Residual.NONE) ? access : access.inPart();
    }

    private Access decideHere(Exchange exchange, String patientId, String type) {
        Requester requester = exchange.requester();
        if (!ScopeBound.shows(requester, type, patientId)) {
            return fixed(false, patientId, type, "scope");
        }
        if (seesEverything(exchange)) {
            return fixed(true, patientId, type, "custodian");
        }
        if (isForAnotherPatient(requester, patientId)) {
            return fixed(false, patientId, type, "launch-context");
        }
        if (requester.user().filter(("Patient/" + patientId)::equals).isPresent()) {
            return requester.consent() == null || !requester.is(Role.PATIENT)
                    ? fixed(requester.is(Role.PATIENT), patientId, type, "self")
                    : apps.decide(requester, requester.consent(), patientId, type, exchange.started());
        }
        boolean representative = representation.is(requester, patientId, exchange.started());
        if (requester.consent() != null && isRelated(requester)) {
            // An app works for somebody who acts for the patient, or for nobody.
            return representative
                    ? apps.decide(requester, requester.consent(), patientId, type, exchange.started())
                    : fixed(false, patientId, type, "representation-ended");
        }
        if (PRIVATE_TYPES.contains(type) && !representative) {
            return fixed(false, patientId, type, "private-type");
        }
        if (!mayBeGranted(requester)) {
            return fixed(false, patientId, type, "role");
        }
        ConsentState state = states.of(patientId);
        AccessRequest request = requests.of(exchange, state);
        Access access = byContract(requester, state, request, patientId, type);
        boolean opensAll = access.permitted() && !access.partly();
        if (opensAll || requester.isForResearch() || !glass.isBroken(state, requester, exchange.started())) {
            return access;
        }
        // The declaration stands for the purpose of what would be hidden otherwise.
        Access emergency = byContract(requester, state, ContractRequests.inEmergency(request), patientId, type);
        boolean opensMore = emergency.permitted() && (!access.permitted() || access.partly() && !emergency.partly());
        return opensMore ? emergency : access;
    }

    /** Whether it is the authorization of an app that decides on this patient's data. */
    private static boolean isThroughApp(Requester requester, String patientId) {
        return requester.consent() != null
                && (isRelated(requester)
                        || requester
                                .user()
                                .filter(("Patient/" + patientId)::equals)
                                .isPresent());
    }

    private static boolean isRelated(Requester requester) {
        return requester
                .user()
                .filter(user -> user.startsWith("RelatedPerson/"))
                .isPresent();
    }

    private Access byContract(
            Requester requester, ConsentState state, AccessRequest request, String patientId, String type) {
        Coverage coverage = ConsentContract.coarse(state, request, type, policy);
        Decision decision = ConsentContract.decide(state, request, ResourceFacts.of(type, ""), policy);
        boolean partly = coverage == Coverage.SOME;
        boolean permitted = partly || coverage == Coverage.ALL && mayBeShown(requester, decision);
        String reason = permitted
                ? (partly && !decision.permits()
                                ? Basis.Rule.CONSENT
                                : decision.basis().rule())
                        .name()
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '-')
                : "no-consent";
        return new Access(
                permitted,
                partly,
                patientId,
                states.subject(patientId),
                type,
                reason,
                state.version(),
                partly && !decision.permits() ? null : basis(decision));
    }

    /** The consent that a decision rests on, as the record names it; null if it rests on none. */
    static @Nullable String basis(Decision decision) {
        Basis basis = decision.basis();
        return basis.rule() == Basis.Rule.CONSENT ? "Consent/" + basis.id() + " v" + basis.version() : null;
    }

    private Access fixed(boolean permitted, String patientId, String type, String rule) {
        return new Access(
                permitted, false, patientId, states.subject(patientId), type, rule, Access.NO_CONSENT_READ, null);
    }

    /** Whether the token speaks of one patient only, and it is not this one. */
    private static boolean isForAnotherPatient(Requester requester, String patientId) {
        return !requester.scopes().speaksOf(ScopeContext.USER)
                && !requester.scopes().speaksOf(ScopeContext.SYSTEM)
                && requester
                        .launchPatient()
                        .filter(launched -> !launched.equals(patientId))
                        .isPresent();
    }

    /** Whether the requester has a role to which consent can open anything. */
    static boolean mayBeGranted(Requester requester) {
        return requester.is(Role.PHYSICIAN)
                || requester.is(Role.NURSE)
                || requester.is(Role.RESEARCHER)
                || requester.is(Role.REPRESENTATIVE)
                || requester.is(Role.PATIENT);
    }
}
