package org.securemed.fhir.consent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.JointPartition;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.research.Study;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.ScopeContext;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Basis;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Coverage;
import org.securemed.ledger.consent.Decision;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Obligation;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * Whether a requester may see resources of a type of a patient: the fixed rules for the custodian's own systems and for
 * the patient, then the consent contract. Both layers of the gate ask here, and get one answer in one request.
 */
final class PatientAccess {
    /** The most patients that a search over all consented ones spans; beyond it a patient has to be named. */
    static final int MOST_PATIENTS = 1000;

    /** So few that HAPI searches among them as fast as among one. */
    private static final int FEW_PATIENTS = 50;

    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /** What no consent for clinical data opens: who else may see it is between the patient and the custodian. */
    private static final Set<String> PRIVATE_TYPES = Set.of("Consent");

    private final ConsentStates states;
    private final OwnerIndex index;
    private final ImplicitPolicy policy;
    private final BreakGlassRules glass;
    private final GroupMembers members;
    private final Representation representation;

    PatientAccess(
            ConsentStates states,
            OwnerIndex index,
            ImplicitPolicy policy,
            BreakGlassRules glass,
            GroupMembers members) {
        this.members = members;
        this.states = states;
        this.index = index;
        this.policy = policy;
        this.glass = glass;
        this.representation = new Representation(states);
    }

    /** Whether the requester is a system of the custodian, whose duties need no consent; research is none of them. */
    boolean seesEverything(Exchange exchange) {
        return exchange.requester().is(Role.SYSTEM) && !exchange.requester().isForResearch();
    }

    /** Whether any search may be answered: that of a system of the custodian whose scopes leave no type out. */
    boolean mayAskAnything(Exchange exchange) {
        return seesEverything(exchange) && ScopeBound.showsEveryType(exchange.requester());
    }

    /** Whether the requester attends to what could not be attributed to a patient. */
    boolean seesQuarantine(Exchange exchange) {
        return exchange.requester().is(Role.ADMINISTRATOR)
                        && !exchange.requester().isForResearch()
                || seesEverything(exchange);
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
    private boolean permitsAll(Exchange exchange, Set<String> patients, String type) {
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
        ConsentState state = states.of(patientId);
        if (state.version() != ofType.consentVersion()) {
            // Changed meanwhile: what was decided on will be found outdated when it is recorded.
            return ofType.denied(null);
        }
        AccessRequest request = request(exchange, state);
        boolean emergency = ofType.reason().equals(Access.BREAK_GLASS);
        Decision decision = ConsentContract.decide(state, emergency ? inEmergency(request) : request, facts, policy);
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
        Requester requester = exchange.requester();
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
                .map(PatientAccess::deniedLabels)
                .orElse(Set.of());
    }

    private static Set<Coding> deniedLabels(Provision provision) {
        Set<Coding> labels = new LinkedHashSet<>();
        provision.provisions().stream()
                .filter(nested -> nested.type() == ProvisionType.DENY)
                .forEach(nested -> labels.addAll(nested.securityLabels()));
        return labels;
    }

    /** Partitions of what belongs to any of {@code patients}, as far as all whom it concerns permit to see it. */
    Set<Integer> partitions(Exchange exchange, Collection<String> patients, String type) {
        Set<Integer> partitions = new TreeSet<>();
        List<String> permitting = new ArrayList<>();
        index.partitionsOf(patients).forEach((patient, partition) -> {
            if (decide(exchange, patient, type).permitted()) {
                partitions.add(partition);
                permitting.add(patient);
            }
        });
        for (JointPartition joint : index.jointPartitions(permitting)) {
            if (permitsAll(exchange, joint.patients(), type)) {
                partitions.add(joint.partition());
            }
        }
        if (partitions.size() > MOST_PATIENTS) {
            throw tooMany();
        }
        return partitions;
    }

    /** The decision for resources of {@code type} of a patient of this server. */
    Access decide(Exchange exchange, String patientId, String type) {
        return exchange.access(patientId, type, () -> decideNow(exchange, patientId, type));
    }

    /** The patients who may have let the requester in: those whose consents name them, and themselves. */
    Set<String> candidates(Exchange exchange) {
        return candidates(exchange, Integer.MAX_VALUE);
    }

    /** @param most so many, and a few more if there are more */
    private Set<String> candidates(Exchange exchange, int most) {
        Set<String> candidates = new LinkedHashSet<>(
                states.patientsNaming(request(exchange, groups(exchange)).keys(), most));
        exchange.requester()
                .user()
                .filter(user -> user.startsWith("Patient/"))
                .ifPresent(user -> candidates.add(user.substring("Patient/".length())));
        if (isOpenToAll(exchange)) {
            String last = "";
            List<String> page = index.patientsAfter(last, MOST_PATIENTS);
            while (!page.isEmpty()) {
                candidates.addAll(page);
                last = page.get(page.size() - 1);
                page = index.patientsAfter(last, MOST_PATIENTS);
            }
        }
        return candidates;
    }

    /** Whether the implicit policy opens to the requester normal data of patients who say nothing of it. */
    private boolean isOpenToAll(Exchange exchange) {
        return mayBeGranted(exchange.requester()) && policy.permitsNormalData(request(exchange, groups(exchange)));
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

    /** Partitions of all that the requester may see of resources of {@code type}. */
    Set<Integer> partitions(Exchange exchange, String type) {
        if (isOpenToAll(exchange)) {
            return partitionsOfAll(exchange, type);
        }
        Set<String> candidates = candidates(exchange, MOST_PATIENTS);
        if (candidates.size() > MOST_PATIENTS) {
            // Who says no is not there, and does not count.
            candidates = permitting(exchange, candidates, type);
        }
        return partitions(exchange, candidates, type);
    }

    private Set<String> permitting(Exchange exchange, Set<String> candidates, String type) {
        Set<String> permitting = new LinkedHashSet<>();
        for (String patient : candidates) {
            if (decide(exchange, patient, type).permitted()) {
                permitting.add(patient);
                if (permitting.size() > MOST_PATIENTS) {
                    throw tooMany();
                }
            }
        }
        return permitting;
    }

    /** Whether so many may have let the requester in that it is worth while to find out first who is meant. */
    boolean spansMany(Exchange exchange) {
        return isOpenToAll(exchange)
                || states.namingMoreThan(request(exchange, groups(exchange)).keys(), FEW_PATIENTS);
    }

    /** Under a policy that opens normal data anybody may be visible who doesn't forbid it. */
    private Set<Integer> partitionsOfAll(Exchange exchange, String type) {
        Set<Integer> partitions = new TreeSet<>();
        String last = "";
        List<String> patients = index.patientsAfter(last, MOST_PATIENTS);
        while (!patients.isEmpty()) {
            partitions.addAll(partitions(exchange, patients, type));
            if (partitions.size() > MOST_PATIENTS) {
                throw tooMany();
            }
            last = patients.get(patients.size() - 1);
            patients = index.patientsAfter(last, MOST_PATIENTS);
        }
        return partitions;
    }

    /** The refusal of a search that spans more than can be looked through at once. */
    static RuntimeException tooMany() {
        return Refusal.notOffered("Name the patient: too many patients have consented to search all at once.");
    }

    private Access decideNow(Exchange exchange, String patientId, String type) {
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
                    : throughApp(requester, requester.consent(), patientId, type, exchange.started());
        }
        boolean representative = representation.is(requester, patientId, exchange.started());
        if (requester.consent() != null && isRelated(requester)) {
            // An app works for somebody who acts for the patient, or for nobody.
            return representative
                    ? throughApp(requester, requester.consent(), patientId, type, exchange.started())
                    : fixed(false, patientId, type, "representation-ended");
        }
        if (PRIVATE_TYPES.contains(type) && !representative) {
            return fixed(false, patientId, type, "private-type");
        }
        if (!mayBeGranted(requester)) {
            return fixed(false, patientId, type, "role");
        }
        ConsentState state = states.of(patientId);
        AccessRequest request = request(exchange, state);
        Access access = byContract(requester, state, request, patientId, type);
        boolean opensAll = access.permitted() && !access.partly();
        if (opensAll || requester.isForResearch() || !glass.isBroken(state, requester, exchange.started())) {
            return access;
        }
        // The declaration stands for the purpose of what would be hidden otherwise.
        Access emergency = byContract(requester, state, inEmergency(request), patientId, type);
        boolean opensMore = emergency.permitted() && (!access.permitted() || access.partly() && !emergency.partly());
        return opensMore ? emergency : access;
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

    /** A patient's own record, as far as the patient lets this app see it: the app's authorization is a consent. */
    private Access throughApp(Requester requester, String consentId, String patientId, String type, Instant at) {
        ConsentState state = state(patientId, consentId);
        AccessRequest app = AccessRequest.by(
                AppConsent.device(requester.clientId(), requester.user().orElse(null)), Purposes.PATRQT, at);
        boolean inForce = state.consent(consentId)
                .filter(consent -> consent.status() == ConsentRecord.Status.ACTIVE)
                .isPresent();
        Decision decision = ConsentContract.decide(state, app, ResourceFacts.of(type, ""), policy);
        // What depends on the resource are labels that the app does not see, see NarrowView.
        boolean permitted = inForce
                && decision.permits()
                && !isForbidden(state, requester, type, at)
                && ConsentContract.coarse(state, app, type, policy) != Coverage.NONE;
        return new Access(
                permitted,
                false,
                patientId,
                states.subject(patientId),
                type,
                permitted ? "consent" : inForce ? "app-not-permitted" : "app-ended",
                state.version(),
                basis(decision));
    }

    private static boolean isRelated(Requester requester) {
        return requester
                .user()
                .filter(user -> user.startsWith("RelatedPerson/"))
                .isPresent();
    }

    /** What forbids an app something forbids it for everybody who uses it. */
    private boolean isForbidden(ConsentState state, Requester requester, String type, Instant at) {
        AccessRequest anybodys = AccessRequest.by(AppConsent.device(requester.clientId()), Purposes.PATRQT, at);
        return ConsentContract.decide(state, anybodys, ResourceFacts.of(type, ""), policy)
                .fold(permit -> false, deny -> deny.reason() == Decision.Reason.CONSENT_DENIES);
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

    private static @Nullable String basis(Decision decision) {
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
    private static boolean mayBeGranted(Requester requester) {
        return requester.is(Role.PHYSICIAN)
                || requester.is(Role.NURSE)
                || requester.is(Role.RESEARCHER)
                || requester.is(Role.REPRESENTATIVE)
                || requester.is(Role.PATIENT);
    }

    private static AccessRequest inEmergency(AccessRequest request) {
        return new AccessRequest(
                request.user(),
                request.roles(),
                request.organizations(),
                request.groups(),
                request.clientId(),
                List.of(Purposes.BTG),
                request.action(),
                request.at());
    }

    /** Groups are looked up only where a patient names any. */
    private AccessRequest request(Exchange exchange, ConsentState state) {
        return request(exchange, namesGroups(state) ? groups(exchange) : Set.of());
    }

    private Set<String> groups(Exchange exchange) {
        return exchange.groups(() -> members.of(exchange.requester(), exchange.started()));
    }

    private static boolean namesGroups(ConsentState state) {
        return state.active().stream()
                .flatMap(consent -> consent.activeProvision().stream())
                .anyMatch(PatientAccess::namesGroups);
    }

    private static boolean namesGroups(Provision provision) {
        return provision.actors().stream().anyMatch(actor -> GroupMembers.isGroup(actor.reference()))
                || provision.provisions().stream().anyMatch(PatientAccess::namesGroups);
    }

    private static AccessRequest request(Exchange exchange, Set<String> groups) {
        Requester requester = exchange.requester();
        Set<Coding> roles = new LinkedHashSet<>();
        requester.roles().forEach(role -> {
            roles.add(new Coding(Role.CODE_SYSTEM, role.code()));
            role.practitionerRole().ifPresent(code -> roles.add(new Coding(Role.PRACTITIONER_ROLES, code)));
        });
        requester.researchStudy().map(Study::role).ifPresent(roles::add);
        List<Coding> purposes = new ArrayList<>();
        requester.purposesOfUse().forEach(code -> purposes.add(new Coding(ACT_REASON, code)));
        if (purposes.isEmpty()) {
            // Nothing declared: only a consent that is not limited in purpose can match.
            purposes.add(new Coding(ACT_REASON, "PurposeOfUse"));
        }
        return new AccessRequest(
                requester.user().orElse("Device/" + requester.clientId()),
                roles,
                requester.organizations(),
                groups,
                requester.clientId(),
                purposes,
                Action.ACCESS,
                exchange.started());
    }
}
