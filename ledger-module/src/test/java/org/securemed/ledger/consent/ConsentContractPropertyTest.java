package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.grant;
import static org.securemed.ledger.consent.Consents.none;
import static org.securemed.ledger.consent.Consents.revoke;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Properties over seeded random policies; a failure names the seed that leads to it. */
class ConsentContractPropertyTest {
    private static final int SEEDS = Integer.getInteger("securemed.property.seeds", 1000);

    @Test
    void replaying_the_canonical_bytes_leads_to_the_same_states_hashes_and_decisions() {
        forEachSeed(generated -> {
            ConsentState state = none();
            ConsentState replayed = none();
            for (int i = 0; i < 12; i++) {
                Transition transition = generated.transition(state, i);
                Transition parsed = parse(transition.canonicalBytes());
                assertThat(parsed).isEqualTo(transition);
                state = stateAfter(state, transition);
                replayed = stateAfter(replayed, parsed);
                assertThat(replayed.canonicalBytes()).isEqualTo(state.canonicalBytes());
            }
            ConsentState restored = parseState(state.canonicalBytes());
            assertThat(restored.stateHash()).isEqualTo(state.stateHash());
            for (int i = 0; i < 5; i++) {
                AccessRequest request = generated.request();
                ResourceFacts facts = generated.facts(generated.type());
                ImplicitPolicy policy = generated.policy();
                assertThat(ConsentContract.decide(restored, request, facts, policy))
                        .isEqualTo(ConsentContract.decide(state, request, facts, policy));
            }
        });
    }

    @Test
    void what_is_said_of_all_or_none_of_a_type_holds_for_each_resource_of_it() {
        int[] seen = new int[Coverage.values().length];
        forEachSeed(generated -> {
            ConsentState state = history(generated);
            AccessRequest request = generated.request();
            String type = generated.type();
            ImplicitPolicy policy = generated.policy();
            Coverage coverage = ConsentContract.coarse(state, request, type, policy);
            seen[coverage.ordinal()]++;
            for (int i = 0; i < 10; i++) {
                boolean permitted = ConsentContract.decide(state, request, generated.facts(type), policy)
                        .permits();
                assertThat(permitted ? Coverage.NONE : Coverage.ALL).isNotEqualTo(coverage);
            }
        });
        assertThat(seen).doesNotContain(0);
    }

    @Test
    void what_a_token_says_opens_nothing_that_the_consents_do_not() {
        int[] opened = new int[2];
        forEachSeed(generated -> {
            ConsentState state = history(generated);
            ImplicitPolicy policy = generated.policy();
            for (int i = 0; i < 5; i++) {
                AccessRequest request = generated.request();
                String type = generated.type();
                Residual whatever = Residual.of(state, request, Set.of(), policy);
                Residual ofType = Residual.of(state, request, Set.of(type), policy);
                for (int j = 0; j < 10; j++) {
                    ResourceFacts facts = generated.facts(type);
                    boolean permitted = ConsentContract.decide(state, request, facts, policy)
                            .permits();
                    assertThat(permitted || !ofType.permits(facts) && !whatever.permits(facts))
                            .as("%s and %s of %s, for %s", whatever, ofType, facts, request)
                            .isTrue();
                    opened[0] += permitted ? 1 : 0;
                    opened[1] += ofType.permits(facts) ? 1 : 0;
                }
            }
        });
        assertThat(opened[1]).as("of %d", opened[0]).isGreaterThan(opened[0] / 2);
    }

    @Test
    void who_is_not_among_the_grantees_gets_nothing() {
        forEachSeed(generated -> {
            ConsentState state = history(generated);
            Set<String> grantees = ConsentContract.grantees(state);
            AccessRequest request = generated.request();
            if (Collections.disjoint(grantees, request.keys())) {
                for (ImplicitPolicy policy : List.of(ImplicitPolicy.DENY, ImplicitPolicy.BREAK_GLASS_ONLY)) {
                    assertThat(ConsentContract.coarse(state, request, generated.type(), policy))
                            .isEqualTo(Coverage.NONE);
                }
            }
        });
    }

    @Test
    void the_order_in_which_consents_were_given_does_not_matter() {
        forEachSeed(generated -> {
            List<Transition> grants = distinctGrants(generated, 4);
            ConsentState one = after(none(), grants.toArray(new Transition[0]));
            Collections.shuffle(grants, new Random(generated.below(1000)));
            ConsentState other = after(none(), grants.toArray(new Transition[0]));
            assertThat(other.stateHash()).isEqualTo(one.stateHash());
        });
    }

    @Test
    void neither_does_the_order_of_their_ids() {
        forEachSeed(generated -> {
            List<Provision> provisions = distinct(generated, 4);
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            boolean permitted = permits(granted(provisions), request, facts);
            Collections.reverse(provisions);
            assertThat(permits(granted(provisions), request, facts)).isEqualTo(permitted);
        });
    }

    @Test
    void revoking_a_permission_never_opens_anything() {
        forEachSeed(generated -> {
            List<Provision> provisions = distinct(generated, 3);
            provisions.add(generated.provision(ProvisionType.PERMIT));
            ConsentState before = granted(provisions);
            String last = "c" + provisions.size();
            ConsentState revoked = after(before, revoke(last, 2));
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            if (!permits(before, request, facts)) {
                assertThat(permits(revoked, request, facts)).isFalse();
            }
        });
    }

    @Test
    void a_further_refusal_never_opens_anything() {
        forEachSeed(generated -> {
            List<Provision> provisions = distinct(generated, 3);
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            boolean before = permits(granted(provisions), request, facts);
            Provision refusal = generated.provision(ProvisionType.DENY);
            List<Provision> besides = new ArrayList<>(provisions);
            besides.add(refusal);
            boolean replaces = provisions.stream().anyMatch(refusal::sameGranteeAndScope);
            List<Provision> within = new ArrayList<>(provisions);
            within.set(0, withNested(provisions.get(0), flat(refusal)));
            if (!before) {
                assertThat(!replaces && permits(granted(besides), request, facts))
                        .isFalse();
                assertThat(permits(granted(within), request, facts)).isFalse();
            }
        });
    }

    @Test
    void a_narrower_permission_never_permits_more() {
        forEachSeed(generated -> {
            Provision wide = generated.provision(ProvisionType.PERMIT);
            Provision narrow = generated.provision(ProvisionType.PERMIT);
            Provision both = withNested(flat(wide), flat(narrow));
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            boolean unlabelled =
                    wide.securityLabels().isEmpty() || narrow.securityLabels().isEmpty();
            if (unlabelled && !permits(granted(List.of(flat(wide))), request, facts)) {
                assertThat(permits(granted(List.of(both)), request, facts)).isFalse();
            }
        });
    }

    @Test
    void when_all_is_revoked_what_is_left_is_the_policy() {
        forEachSeed(generated -> {
            List<Provision> provisions = distinct(generated, 4);
            ConsentState state = granted(provisions);
            for (int i = 1; i <= provisions.size(); i++) {
                state = after(state, revoke("c" + i, 2));
            }
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            ImplicitPolicy policy = generated.policy();
            assertThat(ConsentContract.decide(state, request, facts, policy))
                    .isEqualTo(ConsentContract.decide(none(), request, facts, policy));
            assertThat(ConsentContract.coarse(state, request, facts.resourceType(), policy))
                    .isEqualTo(ConsentContract.coarse(none(), request, facts.resourceType(), policy));
        });
    }

    @Test
    void each_policy_permits_what_a_stricter_one_does() {
        List<ImplicitPolicy> fromStrict = List.of(
                ImplicitPolicy.DENY,
                ImplicitPolicy.BREAK_GLASS_ONLY,
                ImplicitPolicy.BASIC_NORMAL,
                ImplicitPolicy.ALL_NORMAL);
        int[] opened = new int[fromStrict.size()];
        forEachSeed(generated -> {
            ConsentState state = history(generated);
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            boolean stricter = false;
            for (int i = 0; i < fromStrict.size(); i++) {
                boolean permits = ConsentContract.decide(state, request, facts, fromStrict.get(i))
                        .permits();
                assertThat(stricter && !permits).isFalse();
                opened[i] += permits && !stricter ? 1 : 0;
                stricter = permits;
            }
        });
        assertThat(opened[0]).isPositive();
        assertThat(opened[2] + opened[3]).isPositive();
    }

    @Test
    void an_implicit_policy_opens_nothing_that_is_restricted_and_overrules_no_refusal() {
        forEachSeed(generated -> {
            ConsentState state = history(generated);
            AccessRequest request = generated.request();
            ResourceFacts facts = generated.facts(generated.type());
            Decision without = ConsentContract.decide(state, request, facts, ImplicitPolicy.DENY);
            Decision with = ConsentContract.decide(state, request, facts, ImplicitPolicy.ALL_NORMAL);
            boolean refused = without.fold(permit -> false, deny -> deny.reason() == Decision.Reason.CONSENT_DENIES);
            boolean byPolicy = with.permits() && with.basis().rule() == Basis.Rule.IMPLICIT_POLICY;
            if (byPolicy) {
                assertThat(refused).isFalse();
                assertThat(SecurityLabels.restricted(facts.securityLabels())).isFalse();
            }
        });
    }

    private static void forEachSeed(Consumer<Generated> property) {
        for (long seed = 0; seed < SEEDS; seed++) {
            try {
                property.accept(new Generated(seed));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static ConsentState history(Generated generated) {
        ConsentState state = none();
        int length = 1 + generated.below(8);
        for (int i = 0; i < length; i++) {
            state = stateAfter(state, generated.transition(state, i));
        }
        return state;
    }

    private static ConsentState stateAfter(ConsentState state, Transition transition) {
        return ConsentContract.apply(state, transition).fold(TransitionResult.Applied::state, refused -> state);
    }

    private static List<Provision> distinct(Generated generated, int count) {
        List<Provision> provisions = new ArrayList<>();
        while (provisions.size() < count) {
            Provision next = generated.provision();
            if (provisions.stream().noneMatch(next::sameGranteeAndScope)) {
                provisions.add(next);
            }
        }
        return provisions;
    }

    private static List<Transition> distinctGrants(Generated generated, int count) {
        List<Transition> grants = new ArrayList<>();
        for (Provision provision : distinct(generated, count)) {
            grants.add(grant("c" + grants.size(), 1, provision));
        }
        return grants;
    }

    private static ConsentState granted(List<Provision> provisions) {
        ConsentState state = none();
        for (int i = 0; i < provisions.size(); i++) {
            state = after(state, grant("c" + (i + 1), 1, provisions.get(i)));
        }
        return state;
    }

    private static Provision flat(Provision provision) {
        return copy(provision, List.of());
    }

    private static Provision withNested(Provision provision, Provision nested) {
        List<Provision> more = new ArrayList<>(provision.provisions());
        more.add(nested);
        return copy(provision, more);
    }

    private static Provision copy(Provision provision, List<Provision> nested) {
        return new Provision(
                provision.type(),
                provision.period(),
                provision.actors(),
                provision.actions(),
                provision.purposes(),
                provision.classes(),
                provision.codes(),
                provision.securityLabels(),
                provision.dataPeriod(),
                provision.data(),
                nested);
    }

    private static boolean permits(ConsentState state, AccessRequest request, ResourceFacts facts) {
        return ConsentContract.decide(state, request, facts, ImplicitPolicy.DENY)
                .permits();
    }

    private static Transition parse(byte[] bytes) {
        try {
            return Transition.parse(bytes);
        } catch (TransitionException e) {
            throw new AssertionError(e);
        }
    }

    private static ConsentState parseState(byte[] bytes) {
        try {
            return ConsentState.parse(bytes);
        } catch (TransitionException e) {
            throw new AssertionError(e);
        }
    }
}
