package org.securemed.ledger.consent;

import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The consent contract: how a state changes, and what a state decides. Stateless, thread-safe, deterministic.
 *
 * <p>A decision takes these steps; the first that applies settles it.
 *
 * <ol>
 *   <li>The patient, and an appointed representative, may access everything of the patient's.
 *   <li>Break-glass: the request's purpose is {@code BTG}, the user has declared it for this patient and it is in
 *       force, the implicit policy allows break-glass, and no active Consent forbids purpose {@code BTG} by name.
 *   <li>The active Consents, each evaluated for itself (see {@link Provision}). Between several that apply the one that
 *       matched the most specific actor wins; at equal specificity deny wins.
 *   <li>The {@linkplain ImplicitPolicy implicit policy}.
 * </ol>
 *
 * <p>A request that declares several purposes needs a permit for each of them.
 *
 * @see <a href="https://hl7.org/fhir/R4/consent.html">FHIR R4 Consent</a>
 * @see <a href="https://profiles.ihe.net/ITI/PCF/">IHE Privacy Consent on FHIR</a>
 */
public final class ConsentContract {
    /** Version of these rules; part of every recorded decision. A change of what is decided changes it. */
    public static final String ENGINE_VERSION = "1";

    /** Longest break-glass access. */
    public static final Duration MAX_BREAK_GLASS = Duration.ofHours(24);

    /** Key in {@link #grantees} of a permit that names no actor: anybody. */
    public static final String ANYBODY = "*";

    private static final Basis SELF = new Basis(Basis.Rule.SELF, "", 0);
    private static final Decision PERMIT_SELF = new Decision.Permit(SELF, Set.of());

    private ConsentContract() {}

    /** The state that {@code transition} leads to, or why it may not be made; evidence by signature is refused here. */
    public static TransitionResult apply(ConsentState state, Transition transition) {
        return TransitionRules.apply(state, transition, false);
    }

    /** As {@link #apply(ConsentState, Transition)}, once the signature by a registered key of the author verifies. */
    public static TransitionResult apply(ConsentState state, SignedTransition signed) {
        return TransitionRules.applySigned(state, signed);
    }

    /**
     * Whether {@code request} may access the resource with these facts, as far as this patient is concerned. A resource
     * of several patients needs a permit from each.
     */
    public static Decision decide(
            ConsentState state, AccessRequest request, ResourceFacts facts, ImplicitPolicy policy) {
        if (request.isPatient() && request.user().equals(state.subject())) {
            return PERMIT_SELF;
        }
        if (state.isRepresentative(request.user(), request.at())) {
            return new Decision.Permit(new Basis(Basis.Rule.REPRESENTATIVE, request.user(), 0), Set.of());
        }
        Decision decision = decide(state, request, request.purposes().get(0), facts, policy);
        for (int i = 1; i < request.purposes().size() && decision.permits(); i++) {
            decision = both(decision, decide(state, request, request.purposes().get(i), facts, policy));
        }
        return decision;
    }

    /**
     * How much of the patient's data of {@code resourceType} the requester may access: {@link #decide} answers every
     * resource with a permit ({@code ALL}), none ({@code NONE}), or it may depend on the resource ({@code SOME}).
     */
    public static Coverage coarse(
            ConsentState state, AccessRequest request, String resourceType, ImplicitPolicy policy) {
        if (request.isPatient() && request.user().equals(state.subject())
                || state.isRepresentative(request.user(), request.at())) {
            return Coverage.ALL;
        }
        Coverage coverage = Coverage.ALL;
        for (Coding purpose : request.purposes()) {
            Coverage one = coarse(state, request, purpose, resourceType, policy);
            if (one == Coverage.NONE) {
                return Coverage.NONE;
            }
            coverage = one == Coverage.SOME ? Coverage.SOME : coverage;
        }
        return coverage;
    }

    /**
     * Whom this patient lets in: the {@linkplain AccessRequest#keys() keys} of the patient, representatives, users with
     * break-glass, and of everybody whom a permit of an active Consent names ({@link #ANYBODY} for one that names
     * nobody). A requester who holds none of these keys has {@link Coverage#NONE} under a policy that denies; one who
     * holds some may still be denied.
     */
    public static Set<String> grantees(ConsentState state) {
        Set<String> keys = new HashSet<>(state.representatives().keySet());
        keys.add(state.subject());
        for (BreakGlassAccess access : state.breakGlass()) {
            keys.add(access.user());
        }
        for (ConsentRecord consent : state.active()) {
            consent.activeProvision().ifPresent(provision -> provision.collectGrantees(keys));
        }
        return Set.copyOf(keys);
    }

    private static Decision decide(
            ConsentState state, AccessRequest request, Coding purpose, ResourceFacts facts, ImplicitPolicy policy) {
        @Nullable BreakGlassAccess broken = brokenGlass(state, request, purpose, policy);
        if (broken != null) {
            return permit(new Basis(Basis.Rule.BREAK_GLASS, broken.id(), 0), purpose, facts, true);
        }
        List<ConsentRecord> active = state.active();
        Evaluation evaluation = new Evaluation(request, purpose, facts.resourceType(), facts);
        int strongest = Ranking.NOTHING;
        @Nullable ConsentRecord deciding = null;
        for (int i = 0; i < active.size(); i++) {
            ConsentRecord consent = active.get(i);
            Provision provision = consent.provision();
            if (provision == null) {
                continue;
            }
            int ranking = Integer.numberOfTrailingZeros(evaluation.rankings(provision));
            if (ranking > strongest) {
                strongest = ranking;
                deciding = consent;
            }
        }
        if (deciding == null) {
            return byPolicy(request, purpose, facts, policy);
        }
        Basis basis = new Basis(Basis.Rule.CONSENT, deciding.id(), deciding.version());
        return Ranking.isPermit(strongest)
                ? permit(basis, purpose, facts, false)
                : new Decision.Deny(basis, Decision.Reason.CONSENT_DENIES);
    }

    private static Coverage coarse(
            ConsentState state, AccessRequest request, Coding purpose, String resourceType, ImplicitPolicy policy) {
        if (brokenGlass(state, request, purpose, policy) != null) {
            return Coverage.ALL;
        }
        Evaluation evaluation = new Evaluation(request, purpose, resourceType, null);
        int possible = 1 << Ranking.NOTHING;
        for (ConsentRecord consent : state.active()) {
            Provision provision = consent.provision();
            if (provision != null) {
                possible = Ranking.strongest(possible, evaluation.rankings(provision));
            }
        }
        boolean permits = false;
        boolean denies = false;
        for (int rest = possible; rest != 0; rest &= rest - 1) {
            int ranking = Integer.numberOfTrailingZeros(rest);
            if (ranking == Ranking.NOTHING) {
                permits |= policy.permitsNormalData(request, purpose);
                denies = true;
            } else if (Ranking.isPermit(ranking)) {
                permits = true;
            } else {
                denies = true;
            }
        }
        if (!permits) {
            return Coverage.NONE;
        }
        return denies ? Coverage.SOME : Coverage.ALL;
    }

    static @Nullable BreakGlassAccess brokenGlass(
            ConsentState state, AccessRequest request, Coding purpose, ImplicitPolicy policy) {
        if (!purpose.equals(Purposes.BTG) || !policy.allowsBreakGlass()) {
            return null;
        }
        for (BreakGlassAccess access : state.breakGlass()) {
            if (access.isFor(request)) {
                return forbidsBreakGlass(state, request) ? null : access;
            }
        }
        return null;
    }

    /** Whether an active Consent names BTG in a deny that is in force and, if it names actors, is about this one. */
    private static boolean forbidsBreakGlass(ConsentState state, AccessRequest request) {
        for (ConsentRecord consent : state.active()) {
            Provision root = consent.provision();
            if (root != null && forbidsBreakGlass(root, request)) {
                return true;
            }
        }
        return false;
    }

    private static boolean forbidsBreakGlass(Provision provision, AccessRequest request) {
        boolean applies = provision.period().contains(request.at())
                && (provision.actors().isEmpty()
                        || provision.actors().stream().anyMatch(actor -> actor.matches(request)));
        if (!applies) {
            return false;
        }
        if (provision.type() == ProvisionType.DENY && provision.purposes().contains(Purposes.BTG)) {
            return true;
        }
        for (Provision nested : provision.provisions()) {
            if (forbidsBreakGlass(nested, request)) {
                return true;
            }
        }
        return false;
    }

    private static Decision byPolicy(
            AccessRequest request, Coding purpose, ResourceFacts facts, ImplicitPolicy policy) {
        Basis basis = new Basis(Basis.Rule.IMPLICIT_POLICY, policy.uri(), 0);
        boolean permitted =
                policy.permitsNormalData(request, purpose) && !SecurityLabels.restricted(facts.securityLabels());
        return permitted
                ? permit(basis, purpose, facts, false)
                : new Decision.Deny(basis, Decision.Reason.NO_CONSENT_APPLIES);
    }

    private static Decision permit(Basis basis, Coding purpose, ResourceFacts facts, boolean brokenGlass) {
        boolean research = Purposes.covers(Purposes.HRESCH, purpose);
        boolean noRedisclosure = SecurityLabels.notToBeRedisclosed(facts.securityLabels());
        if (!research && !noRedisclosure && !brokenGlass) {
            return new Decision.Permit(basis, Set.of());
        }
        EnumSet<Obligation> obligations = EnumSet.noneOf(Obligation.class);
        if (research) {
            obligations.add(Obligation.DEIDENTIFY);
        }
        if (noRedisclosure) {
            obligations.add(Obligation.NO_REDISCLOSURE);
        }
        if (brokenGlass) {
            obligations.add(Obligation.NOTIFY_AND_REVIEW);
        }
        return new Decision.Permit(basis, obligations);
    }

    private static Decision both(Decision first, Decision second) {
        return first.fold(
                one -> second.fold(
                        two -> {
                            EnumSet<Obligation> obligations = EnumSet.noneOf(Obligation.class);
                            obligations.addAll(one.obligations());
                            obligations.addAll(two.obligations());
                            boolean broken = two.basis().rule() == Basis.Rule.BREAK_GLASS;
                            return new Decision.Permit(broken ? two.basis() : one.basis(), obligations);
                        },
                        two -> second),
                one -> first);
    }
}
