package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.grant;
import static org.securemed.ledger.consent.Consents.none;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a token can say of a patient's Consents; that it never says too much is a property of its own. */
class ResidualTest {
    private static final AccessRequest REQUEST = AccessRequest.by("Practitioner/p1", Purposes.TREAT, NOW);
    private static final Coding PSY = SecurityLabels.sensitivity("PSY");
    private static final Period LAST_YEAR = new Period(NOW.minus(Duration.ofDays(365)), NOW);

    @Test
    void a_whole_permit_leaves_nothing_to_say() {
        assertThat(of(Provision.permit().build())).isEqualTo(Residual.NONE);
    }

    @Test
    void nothing_is_open_without_a_consent_for_who_asks() {
        assertThat(of(Provision.permit().actor("Practitioner/p2").build())).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(of(Provision.permit().purpose(Purposes.HRESCH).build())).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(Residual.of(none(), REQUEST, Set.of(), ImplicitPolicy.DENY)).isEqualTo(Residual.NOTHING_OPEN);
    }

    @Test
    void the_implicit_policy_opens_what_is_normal() {
        assertThat(Residual.of(none(), REQUEST, Set.of(), ImplicitPolicy.BASIC_NORMAL)
                        .rules())
                .containsExactly(Residual.Rule.FORBID_ALL, permit(SecurityLabels.NORMAL));
    }

    @Test
    void an_exception_is_a_forbid() {
        Provision provision =
                Provision.permit().nested(Provision.deny().label(PSY).build()).build();

        assertThat(of(provision).rules()).containsExactly(forbid(PSY));
    }

    @Test
    void a_permit_for_a_part_is_a_forbid_of_everything_and_a_permit() {
        assertThat(of(Provision.permit().label(SecurityLabels.NORMAL).build()).rules())
                .containsExactly(Residual.Rule.FORBID_ALL, permit(SecurityLabels.NORMAL));
    }

    @Test
    void a_permit_that_a_deny_might_beat_is_not_told_because_a_tokens_permits_beat_its_forbids() {
        Provision provision = Provision.permit()
                .dataFrom(LAST_YEAR)
                .nested(Provision.deny().label(PSY).build())
                .build();

        assertThat(of(provision)).isEqualTo(Residual.NOTHING_OPEN);
    }

    @Test
    void a_deny_to_everybody_is_beaten_by_a_permit_to_who_asks_in_another_consent() {
        ConsentState state = after(
                none(),
                grant("everybody", 1, Provision.deny().build()),
                grant("one", 1, Provision.permit().actor("Practitioner/p1").build()));

        assertThat(Residual.of(state, REQUEST, Set.of(), ImplicitPolicy.DENY)).isEqualTo(Residual.NONE);
        assertThat(Residual.consents(state, REQUEST, Set.of()))
                .extracting(ConsentRecord::id)
                .containsExactlyInAnyOrder("everybody", "one");
    }

    @Test
    void types_are_said_by_scopes_and_what_no_scope_says_is_not_opened() {
        Provision provision = Provision.permit().resourceType("Observation").build();

        assertThat(of(provision)).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(of(provision, "Observation")).isEqualTo(Residual.NONE);
        assertThat(of(provision, "Observation", "Condition")).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(of(provision, "Condition")).isEqualTo(Residual.NOTHING_OPEN);
        Provision exception = Provision.permit()
                .nested(Provision.deny().resourceType("Condition").build())
                .build();
        assertThat(of(exception)).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(of(exception, "Observation")).isEqualTo(Residual.NONE);
    }

    @Test
    void each_purpose_has_to_be_permitted() {
        AccessRequest both = new AccessRequest(
                REQUEST.user(),
                Set.of(),
                Set.of(),
                Set.of(),
                "",
                List.of(Purposes.TREAT, Purposes.HPAYMT),
                REQUEST.action(),
                NOW);
        ConsentState one = after(
                none(), grant("c", 1, Provision.permit().purpose(Purposes.TREAT).build()));

        assertThat(Residual.of(one, both, Set.of(), ImplicitPolicy.DENY)).isEqualTo(Residual.NOTHING_OPEN);
        assertThat(Residual.of(one, REQUEST, Set.of(), ImplicitPolicy.DENY)).isEqualTo(Residual.NONE);
    }

    @Test
    void a_permit_beats_a_forbid_and_what_no_rule_is_about_is_open() {
        ResourceFacts psychiatric = ResourceFacts.of("Condition", "Condition/1").labelled(PSY);
        ResourceFacts plain = ResourceFacts.of("Condition", "Condition/2");

        assertThat(new Residual(List.of(forbid(PSY))).permits(psychiatric)).isFalse();
        assertThat(new Residual(List.of(forbid(PSY))).permits(plain)).isTrue();
        assertThat(new Residual(List.of(forbid(PSY), permit(PSY))).permits(psychiatric))
                .isTrue();
        assertThat(new Residual(List.of(permit(PSY), forbid(PSY))).permits(psychiatric))
                .isTrue();
        assertThat(new Residual(List.of(Residual.Rule.FORBID_ALL, permit(PSY))).permits(plain))
                .isFalse();
        assertThat(Residual.NONE.permits(psychiatric)).isTrue();
        assertThat(Residual.NOTHING_OPEN.permits(plain)).isFalse();
    }

    private static Residual of(Provision provision, String... types) {
        return Residual.of(after(none(), grant("c", 1, provision)), REQUEST, Set.of(types), ImplicitPolicy.DENY);
    }

    private static Residual.Rule permit(Coding label) {
        return new Residual.Rule(ProvisionType.PERMIT, List.of(label), Period.ALWAYS, List.of());
    }

    private static Residual.Rule forbid(Coding label) {
        return new Residual.Rule(ProvisionType.DENY, List.of(label), Period.ALWAYS, List.of());
    }
}
