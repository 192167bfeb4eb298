package org.securemed.ledger.consent;

import java.util.List;
import java.util.Set;

/**
 * What an access token says beyond its scopes of the data that it opens, IHE PCF's {@code ihe_pcf.residual}: a resource
 * that a permit matches may be shown, one that only a forbid matches may not, and one that none matches may.
 *
 * @param rules in the order in which a token has them, which decides nothing
 * @see <a href="https://profiles.ihe.net/ITI/PCF/other.html#updates-to-iti-71">IHE PCF, updates to ITI-71,
 *     3.71.4.2.2.1.4</a>
 */
public record Residual(List<Rule> rules) {
    /** Leaves everything open. */
    public static final Residual NONE = new Residual(List.of());

    /** Leaves nothing open. */
    public static final Residual NOTHING_OPEN = new Residual(List.of(Rule.FORBID_ALL));

    public Residual {
        rules = List.copyOf(rules);
    }

    /**
     * One rule. It matches if every populated element does: AND between elements, OR inside one.
     *
     * @param type deny for PCF's {@code forbid}
     * @param securityLabels as in {@link Provision}; {@code N} means that no restricted label is there
     * @param dataPeriod {@link Period#ALWAYS} if not constrained
     * @param data resources named one by one
     */
    public record Rule(ProvisionType type, List<Coding> securityLabels, Period dataPeriod, List<DataReference> data) {
        /** Forbids everything that no permit matches. */
        public static final Rule FORBID_ALL = new Rule(ProvisionType.DENY, List.of(), Period.ALWAYS, List.of());

        public Rule {
            securityLabels = List.copyOf(securityLabels);
            data = List.copyOf(data);
        }

        /** Whether it matches every resource. */
        boolean isUnconditional() {
            return securityLabels.isEmpty() && dataPeriod.isAlways() && data.isEmpty();
        }

        private boolean matches(ResourceFacts facts) {
            return (securityLabels.isEmpty() || SecurityLabels.anyMatches(type, securityLabels, facts.securityLabels()))
                    && (data.isEmpty() || Evaluation.isNamed(data, facts))
                    && (dataPeriod.isAlways() || Evaluation.isOfThePeriod(type, dataPeriod, facts));
        }

        /** Whether it is certain that no resource is matched by both this permit and that deny. */
        boolean excludes(Rule deny) {
            boolean labels = !securityLabels.isEmpty()
                    && !deny.securityLabels.isEmpty()
                    && securityLabels.stream().allMatch(SecurityLabels.NORMAL::equals)
                    && deny.securityLabels.stream().allMatch(label -> SecurityLabels.restricted(Set.of(label)));
            // Only what has a date is matched by a permit for a period, and all of its dates lie in it.
            boolean periods =
                    !dataPeriod.isAlways() && !deny.dataPeriod.isAlways() && !dataPeriod.overlaps(deny.dataPeriod);
            return labels || periods;
        }
    }

    /**
     * What a token for {@code request} has to say of this patient's data. Never more than
     * {@link ConsentContract#decide} permits, for whatever resource; less where the rules of a token can't say what the
     * Consents say, as of codes, and where they contradict each other in part.
     *
     * @param types the resource types that the token opens at all; empty for every type
     */
    public static Residual of(ConsentState state, AccessRequest request, Set<String> types, ImplicitPolicy policy) {
        return ResidualRules.of(state, request, types, policy);
    }

    /** The active Consents that speak of {@code request}, whichever resource of {@code types} it asks for. */
    public static List<ConsentRecord> consents(ConsentState state, AccessRequest request, Set<String> types) {
        return ResidualRules.consents(state, request, types);
    }

    /** Whether a resource with these facts may be shown, as far as the token says. */
    public boolean permits(ResourceFacts facts) {
        boolean forbidden = false;
        for (Rule rule : rules) {
            if (rule.matches(facts)) {
                if (rule.type() == ProvisionType.PERMIT) {
                    return true;
                }
                forbidden = true;
            }
        }
        return !forbidden;
    }
}
