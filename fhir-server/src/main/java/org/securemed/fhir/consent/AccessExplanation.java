package org.securemed.fhir.consent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Actor;
import org.securemed.ledger.consent.Basis;
import org.securemed.ledger.consent.BreakGlassAccess;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Decision;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Obligation;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * Who can see a resource of one patient now, found by asking the contract itself for everybody whom the patient's
 * Consents name, for every purpose that they name.
 */
final class AccessExplanation {
    private static final List<Coding> COMMON =
            List.of(Purposes.TREAT, Purposes.HPAYMT, Purposes.HOPERAT, Purposes.HRESCH, Purposes.PUBHLTH);

    /** Stands for somebody whom no Consent names. */
    private static final String SOMEBODY = "Practitioner/-";

    private final ConsentState state;
    private final ImplicitPolicy policy;
    private final ResourceFacts facts;
    private final Instant at;

    AccessExplanation(ConsentState state, ImplicitPolicy policy, ResourceFacts facts, Instant at) {
        this.state = state;
        this.policy = policy;
        this.facts = facts;
        this.at = at;
    }

    /**
     * One answer of the contract.
     *
     * @param who reference of a person, organization, group or app; empty if it is a role, or anybody
     * @param role code of the role in which; null if in any
     * @param purpose code of the purpose of use; null if for any
     * @param permitted whether they see it
     * @param rule what settled it: {@code self}, {@code representative}, {@code break-glass}, {@code consent} or
     *     {@code implicit-policy}
     * @param basis {@code Consent/<id> v<version>}, or the URI of the policy; empty if there is none
     * @param until when it ends; null if that is not known
     */
    record Line(
            String who,
            @Nullable String role,
            @Nullable String purpose,
            boolean permitted,
            String rule,
            String basis,
            @Nullable Instant until) {}

    /** The patient first, then representatives, emergencies, whom Consents name, and everybody else. */
    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        lines.add(new Line(state.subject(), null, null, true, "self", "", null));
        state.representatives().forEach((who, until) -> {
            if (at.isBefore(until)) {
                lines.add(new Line(who, null, null, true, "representative", "", until));
            }
        });
        for (BreakGlassAccess broken : state.breakGlass()) {
            AccessRequest emergency = AccessRequest.by(broken.user(), Purposes.BTG, at);
            if (at.isBefore(broken.until()) && decide(emergency).permits()) {
                lines.add(new Line(broken.user(), null, Purposes.BTG.code(), true, "break-glass", "", broken.until()));
            }
        }
        Set<Coding> purposes = purposes();
        for (Actor actor : actors()) {
            for (Coding purpose : purposes) {
                line(actor, purpose).ifPresent(lines::add);
            }
        }
        for (Coding purpose : purposes) {
            AccessRequest anybody = AccessRequest.by(SOMEBODY, purpose, at);
            if (permits(anybody)) {
                lines.add(line("", null, purpose, decide(anybody), true));
            }
        }
        return lines;
    }

    /** What a named actor is answered, unless it is what everybody is answered whom no Consent names. */
    private Optional<Line> line(Actor actor, Coding purpose) {
        List<Coding> roles = actor.roles();
        AccessRequest request = request(actor, purpose);
        Decision decision = decide(request);
        if (decision.basis().rule() != Basis.Rule.CONSENT) {
            return Optional.empty();
        }
        return Optional.of(line(
                actor.reference(), roles.isEmpty() ? null : roles.get(0).code(), purpose, decision, permits(request)));
    }

    private static Line line(String who, @Nullable String role, Coding purpose, Decision decision, boolean permitted) {
        Basis basis = decision.basis();
        boolean consent = basis.rule() == Basis.Rule.CONSENT;
        return new Line(
                who,
                role,
                purpose.code(),
                permitted,
                consent ? "consent" : "implicit-policy",
                consent ? "Consent/" + basis.id() + " v" + basis.version() : basis.id(),
                null);
    }

    /** As the gate decides: what would have to be de-identified is not shown. */
    private boolean permits(AccessRequest request) {
        return decide(request).fold(permit -> !permit.obligations().contains(Obligation.DEIDENTIFY), deny -> false);
    }

    private Decision decide(AccessRequest request) {
        return ConsentContract.decide(state, request, facts, policy);
    }

    private AccessRequest request(Actor actor, Coding purpose) {
        String reference = actor.reference();
        boolean organization = reference.startsWith("Organization/");
        boolean group = reference.startsWith("CareTeam/") || reference.startsWith("Group/");
        return new AccessRequest(
                reference.isEmpty() || organization || group ? SOMEBODY : reference,
                Set.copyOf(actor.roles()),
                organization ? Set.of(reference) : Set.of(),
                group ? Set.of(reference) : Set.of(),
                "",
                List.of(purpose),
                Action.ACCESS,
                at);
    }

    private Set<Actor> actors() {
        Set<Actor> actors = new TreeSet<>();
        for (ConsentRecord consent : state.active()) {
            consent.activeProvision().ifPresent(provision -> actors(provision, actors));
        }
        return actors;
    }

    private static void actors(Provision provision, Set<Actor> into) {
        into.addAll(provision.actors());
        provision.provisions().forEach(nested -> actors(nested, into));
    }

    private Set<Coding> purposes() {
        Set<Coding> purposes = new LinkedHashSet<>(COMMON);
        for (ConsentRecord consent : state.active()) {
            consent.activeProvision().ifPresent(provision -> purposes(provision, purposes));
        }
        return purposes;
    }

    private static void purposes(Provision provision, Set<Coding> into) {
        into.addAll(provision.purposes());
        provision.provisions().forEach(nested -> purposes(nested, into));
    }
}
