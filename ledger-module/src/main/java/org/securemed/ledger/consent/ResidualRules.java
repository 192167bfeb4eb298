package org.securemed.ledger.consent;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.Residual.Rule;

/**
 * Puts the provisions that speak of one request into the form of a {@link Residual}.
 *
 * <p>That form is poorer than a Consent: it has no types and codes, nothing can be said of two conditions of a kind at
 * once, and its permits beat its forbids. So a permit that it can't express, or that a deny might beat, is left out,
 * and a deny that it can't express is made of what it can: whatever is not exact opens less.
 */
final class ResidualRules {
    /**
     * A provision as a rule.
     *
     * @param above the denies around it, which it beats
     */
    private record Found(Rule rule, int level, ConsentRecord consent, List<Rule> above) {
        boolean permits() {
            return rule.type() == ProvisionType.PERMIT;
        }

        /** Whether that deny could win over this permit for some resource. */
        boolean mayLoseTo(Found deny) {
            boolean same = deny.consent == consent;
            // Identity: an equal rule elsewhere is another one.
            boolean beaten =
                    same && above.stream().anyMatch(around -> around == deny.rule) || !same && deny.level < level;
            return !beaten && !rule.excludes(deny.rule);
        }
    }

    private final AccessRequest request;
    private final Set<String> types;
    private final Evaluation evaluation;
    private final List<Found> found = new ArrayList<>();

    private ResidualRules(AccessRequest request, Set<String> types, Coding purpose) {
        this.request = request;
        this.types = types;
        this.evaluation = new Evaluation(request, purpose, "", null);
    }

    static Residual of(ConsentState state, AccessRequest request, Set<String> types, ImplicitPolicy policy) {
        if (request.isPatient() && request.user().equals(state.subject())
                || state.isRepresentative(request.user(), request.at())) {
            return Residual.NONE;
        }
        @Nullable Residual all = null;
        for (Coding purpose : request.purposes()) {
            Residual one = ConsentContract.brokenGlass(state, request, purpose, policy) != null
                    ? Residual.NONE
                    : new ResidualRules(request, types, purpose).collect(state).residual(policy, purpose);
            all = all == null ? one : both(all, one);
        }
        return all == null ? Residual.NOTHING_OPEN : all;
    }

    static List<ConsentRecord> consents(ConsentState state, AccessRequest request, Set<String> types) {
        Set<ConsentRecord> consents = new LinkedHashSet<>();
        for (Coding purpose : request.purposes()) {
            new ResidualRules(request, types, purpose)
                    .collect(state)
                    .found
                    .forEach(found -> consents.add(found.consent));
        }
        return List.copyOf(consents);
    }

    /** Each purpose has to be permitted; two that differ can't be said in one. */
    private static Residual both(Residual one, Residual other) {
        if (one.equals(other) || other.equals(Residual.NONE)) {
            return one;
        }
        return one.equals(Residual.NONE) ? other : Residual.NOTHING_OPEN;
    }

    private ResidualRules collect(ConsentState state) {
        for (ConsentRecord consent : state.active()) {
            Provision root = consent.provision();
            if (root != null) {
                collect(
                        consent,
                        root,
                        new Place(root, null, true, Actor.Specificity.ANYBODY.ordinal(), false, List.of()));
            }
        }
        return this;
    }

    /**
     * Where a provision stands.
     *
     * @param labelled the nearest one from here upwards that names security labels; else any of them
     * @param narrowed the nearest one upwards that names a period of data or data; null if none does
     * @param expressible whether all conditions upwards can be said in a rule
     */
    private record Place(
            Provision labelled,
            @Nullable Provision narrowed,
            boolean expressible,
            int level,
            boolean guessed,
            List<Rule> denies) {}

    private void collect(ConsentRecord consent, Provision provision, Place above) {
        int level = above.level;
        if (!provision.actors().isEmpty()) {
            int matched = evaluation.matchedLevel(provision);
            if (matched < 0) {
                return;
            }
            level = Math.max(level, matched);
        }
        if (!evaluation.isAbout(provision) || isOfOtherTypes(provision)) {
            return;
        }
        Provision labelled = provision.securityLabels().isEmpty() ? above.labelled : provision;
        boolean narrows =
                !provision.dataPeriod().isAlways() || !provision.data().isEmpty();
        Provision narrowed = narrows ? provision : above.narrowed;
        boolean expressible = above.expressible
                && (provision.classes().isEmpty()
                        || !types.isEmpty() && provision.classes().containsAll(types))
                && provision.codes().isEmpty()
                && !(narrows && above.narrowed != null);
        boolean guessed = above.guessed || evaluation.isGuessed(provision);
        Rule rule = new Rule(
                provision.type(),
                labelled.securityLabels(),
                narrowed == null ? Period.ALWAYS : narrowed.dataPeriod(),
                narrowed == null ? List.of() : narrowed.data());
        boolean denies = provision.type() == ProvisionType.DENY;
        if (denies || expressible && !guessed) {
            found.add(new Found(rule, level, consent, above.denies));
        }
        List<Rule> around =
                denies ? Stream.concat(above.denies.stream(), Stream.of(rule)).toList() : above.denies;
        Place here = new Place(labelled, narrowed, expressible, level, guessed, around);
        provision.provisions().forEach(nested -> collect(consent, nested, here));
    }

    private boolean isOfOtherTypes(Provision provision) {
        return !types.isEmpty() && !provision.classes().isEmpty() && Collections.disjoint(types, provision.classes());
    }

    private Residual residual(ImplicitPolicy policy, Coding purpose) {
        List<Found> denies = found.stream().filter(one -> !one.permits()).toList();
        @Nullable Found base = null;
        for (Found one : found) {
            boolean whole = one.permits() && one.rule.isUnconditional();
            if (whole && (base == null || one.level > base.level)) {
                base = one;
            }
        }
        if (base != null) {
            Found open = base;
            return new Residual(denies.stream()
                    .filter(open::mayLoseTo)
                    .map(Found::rule)
                    .distinct()
                    .toList());
        }
        List<Rule> permits = new ArrayList<>();
        found.stream()
                .filter(one -> one.permits() && denies.stream().noneMatch(one::mayLoseTo))
                .forEach(one -> permits.add(one.rule));
        Rule normal = new Rule(ProvisionType.PERMIT, List.of(SecurityLabels.NORMAL), Period.ALWAYS, List.of());
        if (policy.permitsNormalData(request, purpose)
                && denies.stream().allMatch(deny -> normal.excludes(deny.rule))) {
            permits.add(normal);
        }
        if (permits.isEmpty()) {
            return Residual.NOTHING_OPEN;
        }
        Set<Rule> rules = new LinkedHashSet<>();
        rules.add(Rule.FORBID_ALL);
        rules.addAll(permits);
        denies.forEach(deny -> rules.add(deny.rule));
        return new Residual(List.copyOf(rules));
    }
}
