package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.consent.Consents.DOCTOR;
import static org.securemed.ledger.consent.Consents.HOSPITAL;
import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.OTHER_DOCTOR;
import static org.securemed.ledger.consent.Consents.PATIENT;
import static org.securemed.ledger.consent.Consents.PHYSICIAN;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.doctor;
import static org.securemed.ledger.consent.Consents.grant;
import static org.securemed.ledger.consent.Consents.granted;
import static org.securemed.ledger.consent.Consents.none;
import static org.securemed.ledger.consent.Consents.observation;
import static org.securemed.ledger.consent.Consents.revoke;
import static org.securemed.ledger.consent.Provision.deny;
import static org.securemed.ledger.consent.Provision.permit;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.Basis.Rule;

class DecisionTest {
    private static final Coding PSY = SecurityLabels.sensitivity("PSY");
    private static final Coding WEIGHT = new Coding("http://loinc.org", "29463-7");

    @Test
    void nobody_has_access_where_nobody_has_consented() {
        assertThat(decide(none(), doctor(Purposes.TREAT)).basis().rule()).isEqualTo(Rule.IMPLICIT_POLICY);
        assertThat(permits(none(), doctor(Purposes.TREAT))).isFalse();
    }

    @Test
    void patients_always_have_access_to_their_own_data() {
        ConsentState state = granted(deny());
        AccessRequest self = AccessRequest.by(PATIENT, Purposes.PATRQT, NOW);
        assertThat(decide(state, self)).isEqualTo(new Decision.Permit(new Basis(Rule.SELF, "", 0), Set.of()));
    }

    @Test
    void a_representative_has_the_patients_access_until_the_appointment_ends() {
        Instant eighteenth = NOW.plus(Duration.ofDays(30));
        ConsentState state = after(
                none(),
                new Transition.Appoint("a1", PATIENT, Consents.THE_PATIENT, NOW, "RelatedPerson/mum", eighteenth));
        AccessRequest mum = AccessRequest.by("RelatedPerson/mum", Purposes.of("FAMRQT"), NOW);
        assertThat(permits(state, mum)).isTrue();
        assertThat(permits(state, mum.at(eighteenth.minusMillis(1)))).isTrue();
        assertThat(permits(state, mum.at(eighteenth))).isFalse();
    }

    @Test
    void a_decision_names_the_consent_and_its_version() {
        ConsentState state =
                after(granted(permit().actor(DOCTOR)), revoke("c1", 2), grant("c1", 3, permit().actor(DOCTOR)));
        assertThat(decide(state, doctor(Purposes.TREAT)).basis()).isEqualTo(new Basis(Rule.CONSENT, "c1", 3));
    }

    @Test
    void every_populated_element_must_match() {
        Provision.Builder all = permit().actor(DOCTOR)
                .purpose(Purposes.TREAT)
                .action(Action.ACCESS)
                .resourceType("Observation")
                .code(WEIGHT)
                .label(PSY)
                .during(Period.from(NOW))
                .dataFrom(Period.from(NOW))
                .data(new DataReference(DataReference.Meaning.AUTHORED_BY, OTHER_DOCTOR));
        ConsentState state = granted(all);
        ResourceFacts facts =
                observation().coded(WEIGHT).labelled(PSY).dated(Period.at(NOW)).authoredBy(OTHER_DOCTOR);
        AccessRequest request = doctor(Purposes.TREAT);
        assertThat(permits(state, request, facts)).isTrue();
        assertThat(permits(state, AccessRequest.by(OTHER_DOCTOR, Purposes.TREAT, NOW), facts))
                .isFalse();
        assertThat(permits(state, doctor(Purposes.HPAYMT), facts)).isFalse();
        assertThat(permits(state, request.to(Action.CORRECT), facts)).isFalse();
        assertThat(permits(state, request.at(NOW.minusMillis(1)), facts)).isFalse();
        assertThat(permits(state, request, facts.coded())).isFalse();
        assertThat(permits(state, request, facts.labelled())).isFalse();
        assertThat(permits(state, request, facts.dated(Period.at(NOW.minusMillis(1)))))
                .isFalse();
        assertThat(permits(state, request, facts.authoredBy(DOCTOR))).isFalse();
        ResourceFacts condition = ResourceFacts.of("Condition", "Condition/c")
                .coded(WEIGHT)
                .labelled(PSY)
                .dated(Period.at(NOW))
                .authoredBy(OTHER_DOCTOR);
        assertThat(permits(state, request, condition)).isFalse();
    }

    @Test
    void one_match_inside_an_element_is_enough() {
        ConsentState state = granted(permit().actor(OTHER_DOCTOR)
                .actor(HOSPITAL)
                .purpose(Purposes.HPAYMT)
                .purpose(Purposes.TREAT));
        assertThat(permits(state, doctor(Purposes.TREAT))).isTrue();
    }

    @Test
    void a_purpose_covers_those_below_it_and_not_those_above() {
        ConsentState treat = granted(permit().purpose(Purposes.TREAT));
        assertThat(permits(treat, doctor(Purposes.ETREAT))).isTrue();
        assertThat(permits(treat, doctor(Purposes.BTG))).isTrue();
        assertThat(permits(treat, doctor(Purposes.HRESCH))).isFalse();
        ConsentState btg = granted(permit().purpose(Purposes.BTG));
        assertThat(permits(btg, doctor(Purposes.TREAT))).isFalse();
        assertThat(permits(granted(permit().purpose(Purposes.HRESCH)), doctor(Purposes.CLINTRCH)))
                .isTrue();
    }

    @Test
    void a_request_for_two_purposes_needs_a_permit_for_each() {
        ConsentState state = granted(permit().purpose(Purposes.TREAT));
        AccessRequest both = new AccessRequest(
                DOCTOR, Set.of(), Set.of(), Set.of(), "", List.of(Purposes.TREAT, Purposes.HMARKT), Action.ACCESS, NOW);
        assertThat(permits(state, both)).isFalse();
    }

    @Test
    void an_undeclared_purpose_meets_no_permit_for_a_purpose_and_every_deny_for_one() {
        AccessRequest undeclared = doctor(Purposes.UNDECLARED);
        assertThat(permits(granted(permit()), undeclared)).isTrue();
        assertThat(permits(granted(permit().purpose(Purposes.TREAT)), undeclared))
                .isFalse();
        assertThat(permits(
                        granted(permit().nested(deny().purpose(Purposes.HMARKT).build())), undeclared))
                .isFalse();
        Provision exception = permit().actor(DOCTOR).build();
        assertThat(permits(granted(deny().purpose(Purposes.TREAT).nested(exception)), undeclared))
                .isFalse();
        assertThat(permits(granted(deny().purpose(Purposes.TREAT).nested(exception)), doctor(Purposes.TREAT)))
                .isTrue();
    }

    @Test
    void a_permit_by_code_is_about_what_the_resource_is_and_a_deny_also_about_what_it_mentions() {
        ResourceFacts mentions = observation().mentioning(WEIGHT);
        assertThat(permits(granted(permit().code(WEIGHT)), doctor(Purposes.TREAT), mentions))
                .isFalse();
        assertThat(permits(granted(permit().nested(deny().code(WEIGHT).build())), doctor(Purposes.TREAT), mentions))
                .isFalse();
    }

    @Test
    void a_consent_counts_within_its_period_and_not_one_millisecond_longer() {
        Instant end = NOW.plusSeconds(60);
        ConsentState state = granted(permit().during(new Period(NOW, end)));
        assertThat(permits(state, doctor(Purposes.TREAT).at(NOW.minusMillis(1))))
                .isFalse();
        assertThat(permits(state, doctor(Purposes.TREAT).at(NOW))).isTrue();
        assertThat(permits(state, doctor(Purposes.TREAT).at(end.minusMillis(1))))
                .isTrue();
        assertThat(permits(state, doctor(Purposes.TREAT).at(end))).isFalse();
    }

    @Test
    void actors_are_matched_by_user_organization_group_role_and_app() {
        AccessRequest request = AccessRequest.by(DOCTOR, Purposes.TREAT, NOW)
                .forOrganization(HOSPITAL)
                .inGroup("CareTeam/7")
                .inRole(PHYSICIAN)
                .through("cardio-app");
        for (Actor actor : List.of(
                Actor.of(DOCTOR),
                Actor.of(HOSPITAL),
                Actor.of("CareTeam/7"),
                Actor.inRole(PHYSICIAN),
                Actor.of("Device/cardio-app"),
                new Actor(HOSPITAL, List.of(PHYSICIAN)))) {
            assertThat(permits(granted(permit().actor(actor)), request))
                    .as("%s", actor)
                    .isTrue();
            assertThat(permits(granted(permit().actor(actor)), AccessRequest.by(OTHER_DOCTOR, Purposes.TREAT, NOW)))
                    .as("%s", actor)
                    .isFalse();
        }
        assertThat(permits(granted(permit().actor(new Actor("Organization/other", List.of(PHYSICIAN)))), request))
                .isFalse();
    }

    @Test
    void a_nested_provision_beats_its_root_within_what_the_root_matches() {
        ConsentState state =
                granted(permit().actor(HOSPITAL).nested(deny().actor(DOCTOR).build()));
        assertThat(permits(state, doctor(Purposes.TREAT))).isFalse();
        assertThat(permits(
                        state,
                        AccessRequest.by(OTHER_DOCTOR, Purposes.TREAT, NOW).forOrganization(HOSPITAL)))
                .isTrue();
        ConsentState refined = granted(
                permit().actor(HOSPITAL).nested(permit().actor(OTHER_DOCTOR).build()));
        assertThat(permits(refined, AccessRequest.by(OTHER_DOCTOR, Purposes.TREAT, NOW)))
                .isFalse();
    }

    @Test
    void a_nested_permit_refines_the_labels_of_a_permit() {
        ConsentState state = granted(permit().label(SecurityLabels.NORMAL)
                .nested(permit().label(PSY).actor(DOCTOR).build()));
        ResourceFacts sensitive = observation().labelled(PSY, SecurityLabels.RESTRICTED);
        AccessRequest other = AccessRequest.by(OTHER_DOCTOR, Purposes.TREAT, NOW);
        assertThat(permits(state, doctor(Purposes.TREAT), sensitive)).isTrue();
        assertThat(permits(state, doctor(Purposes.TREAT), observation())).isTrue();
        assertThat(permits(state, other, sensitive)).isFalse();
        assertThat(permits(state, other, observation())).isTrue();
    }

    @Test
    void between_nested_provisions_deny_beats_permit_except_a_permit_for_breaking_the_glass() {
        Provision.Builder root = deny().nested(deny().actor(HOSPITAL).build())
                .nested(permit().actor(DOCTOR).build())
                .nested(permit().purpose(Purposes.BTG).actor("Group/privileged").build());
        ConsentState state = granted(root);
        assertThat(permits(state, doctor(Purposes.TREAT))).isFalse();
        assertThat(permits(state, doctor(Purposes.BTG))).isFalse();
        assertThat(permits(state, doctor(Purposes.BTG).inGroup("Group/privileged")))
                .isTrue();
        assertThat(permits(state, doctor(Purposes.TREAT).inGroup("Group/privileged")))
                .isFalse();
    }

    @Test
    void between_consents_the_most_specific_actor_wins() {
        List<Actor> weakToStrong =
                List.of(Actor.of(HOSPITAL), Actor.of("Group/g"), Actor.inRole(PHYSICIAN), Actor.of(DOCTOR));
        AccessRequest request = doctor(Purposes.TREAT).inGroup("Group/g").inRole(PHYSICIAN);
        for (int strong = 0; strong < weakToStrong.size(); strong++) {
            Actor winner = weakToStrong.get(strong);
            assertThat(permits(granted(deny(), permit().actor(winner)), request))
                    .isTrue();
            assertThat(permits(granted(permit(), deny().actor(winner)), request))
                    .isFalse();
            for (int weak = 0; weak < strong; weak++) {
                Actor loser = weakToStrong.get(weak);
                assertThat(permits(granted(deny().actor(loser), permit().actor(winner)), request))
                        .isTrue();
                assertThat(permits(granted(permit().actor(loser), deny().actor(winner)), request))
                        .isFalse();
            }
        }
    }

    @Test
    void between_consents_about_equally_specific_actors_deny_beats_permit() {
        AccessRequest request = doctor(Purposes.TREAT).through("app");
        assertThat(permits(granted(permit().actor(DOCTOR), deny().actor("Device/app")), request))
                .isFalse();
        assertThat(permits(granted(deny().actor(DOCTOR), permit().actor("Device/app")), request))
                .isFalse();
    }

    @Test
    void label_n_means_neither_restricted_nor_sensitive() {
        ConsentState state = granted(permit().label(SecurityLabels.NORMAL));
        AccessRequest request = doctor(Purposes.TREAT);
        assertThat(permits(state, request, observation())).isTrue();
        assertThat(permits(state, request, observation().labelled(SecurityLabels.NORMAL)))
                .isTrue();
        assertThat(permits(state, request, observation().labelled(PSY))).isFalse();
        assertThat(permits(state, request, observation().labelled(SecurityLabels.RESTRICTED)))
                .isFalse();
        assertThat(permits(state, request, observation().labelled(SecurityLabels.VERY_RESTRICTED)))
                .isFalse();
    }

    @Test
    void a_refusal_of_restricted_data_covers_whatever_is_restricted_and_a_permit_only_what_it_names() {
        ConsentState refusal =
                granted(permit().nested(deny().label(SecurityLabels.RESTRICTED).build()));
        ConsentState permission = granted(permit().label(SecurityLabels.RESTRICTED));
        for (Coding label : List.of(SecurityLabels.VERY_RESTRICTED, PSY)) {
            assertThat(permits(refusal, doctor(Purposes.TREAT), observation().labelled(label)))
                    .isFalse();
            assertThat(permits(permission, doctor(Purposes.TREAT), observation().labelled(label)))
                    .isFalse();
        }
        Provision behavioural = deny().label(SecurityLabels.sensitivity("BH")).build();
        assertThat(permits(
                        granted(permit().nested(behavioural)),
                        doctor(Purposes.TREAT),
                        observation().labelled(PSY)))
                .isFalse();
    }

    @Test
    void data_of_a_period_are_permitted_if_all_of_them_are_of_it_and_denied_if_any() {
        Period year = new Period(Instant.parse("2022-01-01T00:00:00Z"), Instant.parse("2023-01-01T00:00:00Z"));
        Period across = new Period(Instant.parse("2022-12-31T00:00:00Z"), Instant.parse("2023-01-02T00:00:00Z"));
        Period within = Period.at(Instant.parse("2022-06-01T00:00:00Z"));
        Period before = Period.at(Instant.parse("2021-06-01T00:00:00Z"));
        ConsentState only = granted(permit().dataFrom(year));
        ConsentState except = granted(permit().nested(deny().dataFrom(year).build()));
        AccessRequest request = doctor(Purposes.TREAT);
        assertThat(permits(only, request, observation().dated(within))).isTrue();
        assertThat(permits(only, request, observation().dated(across))).isFalse();
        assertThat(permits(only, request, observation().dated(before))).isFalse();
        assertThat(permits(only, request, observation())).isFalse();
        assertThat(permits(except, request, observation().dated(within))).isFalse();
        assertThat(permits(except, request, observation().dated(across))).isFalse();
        assertThat(permits(except, request, observation().dated(before))).isTrue();
        assertThat(permits(except, request, observation())).isFalse();
    }

    @Test
    void resources_are_named_by_instance_by_relation_and_by_author() {
        AccessRequest request = doctor(Purposes.TREAT);
        ConsentState instance =
                granted(permit().data(new DataReference(DataReference.Meaning.INSTANCE, "Observation/o1")));
        ConsentState related = granted(permit().data(new DataReference(DataReference.Meaning.RELATED, "Encounter/e")));
        assertThat(permits(instance, request, observation())).isTrue();
        assertThat(permits(instance, request, ResourceFacts.of("Observation", "Observation/o2")))
                .isFalse();
        assertThat(permits(related, request, observation().referringTo("Encounter/e")))
                .isTrue();
        assertThat(permits(related, request, ResourceFacts.of("Encounter", "Encounter/e")))
                .isTrue();
        assertThat(permits(related, request, observation().referringTo("Encounter/f")))
                .isFalse();
    }

    @Test
    void implicit_policies_permit_normal_data_only() {
        ResourceFacts sensitive = observation().labelled(PSY);
        AccessRequest doctor = doctor(Purposes.TREAT);
        AccessRequest billing = doctor(Purposes.HPAYMT);
        AccessRequest app = AccessRequest.by("Device/app", Purposes.TREAT, NOW);
        EnumSet<ImplicitPolicy> all = EnumSet.allOf(ImplicitPolicy.class);
        for (ImplicitPolicy policy : all) {
            boolean basic = policy == ImplicitPolicy.BASIC_NORMAL;
            boolean open = policy == ImplicitPolicy.ALL_NORMAL;
            assertThat(permits(none(), doctor, observation(), policy)).isEqualTo(basic || open);
            assertThat(permits(none(), billing, observation(), policy)).isEqualTo(open);
            assertThat(permits(none(), app, observation(), policy)).isEqualTo(open);
            assertThat(policy.permitsNormalData(doctor)).isEqualTo(basic || open);
            for (AccessRequest other : List.of(
                    doctor(Purposes.HRESCH),
                    doctor(Purposes.CLINTRCH),
                    doctor(Purposes.HMARKT),
                    doctor(Purposes.UNDECLARED),
                    AccessRequest.by("Patient/another", Purposes.TREAT, NOW),
                    AccessRequest.by("RelatedPerson/another", Purposes.TREAT, NOW))) {
                assertThat(permits(none(), other, observation(), policy)).isFalse();
            }
            assertThat(permits(none(), doctor, sensitive, policy)).isFalse();
            assertThat(permits(granted(deny()), doctor, observation(), policy)).isFalse();
        }
    }

    @Test
    void broken_glass_opens_everything_to_this_user_for_this_time_unless_policy_or_consent_excludes_it() {
        Instant until = NOW.plus(Duration.ofHours(1));
        Transition breakGlass = new Transition.BreakGlass(
                "b1", PATIENT, Author.user(DOCTOR, "s"), NOW, "unconscious, allergies unknown", until);
        ConsentState state = after(granted(deny()), breakGlass);
        ResourceFacts sensitive = observation().labelled(PSY);
        ImplicitPolicy policy = ImplicitPolicy.BREAK_GLASS_ONLY;
        Decision decision = ConsentContract.decide(state, doctor(Purposes.BTG), sensitive, policy);
        assertThat(decision)
                .isEqualTo(new Decision.Permit(
                        new Basis(Rule.BREAK_GLASS, "b1", 0), Set.of(Obligation.NOTIFY_AND_REVIEW)));
        assertThat(permits(state, doctor(Purposes.TREAT), sensitive, policy)).isFalse();
        assertThat(permits(state, doctor(Purposes.BTG).at(until), sensitive, policy))
                .isFalse();
        assertThat(permits(state, AccessRequest.by(OTHER_DOCTOR, Purposes.BTG, NOW), sensitive, policy))
                .isFalse();
        assertThat(permits(state, doctor(Purposes.BTG), sensitive, ImplicitPolicy.DENY))
                .isFalse();
        ConsentState forbidden = after(granted(deny().purpose(Purposes.BTG)), breakGlass);
        assertThat(permits(forbidden, doctor(Purposes.BTG), sensitive, policy)).isFalse();
    }

    @Test
    void research_obliges_to_deidentify_and_substance_use_data_not_to_redisclose() {
        ConsentState state = granted(permit());
        assertThat(decide(state, doctor(Purposes.CLINTRCH)))
                .isEqualTo(new Decision.Permit(new Basis(Rule.CONSENT, "c1", 1), Set.of(Obligation.DEIDENTIFY)));
        ResourceFacts substanceUse = observation().labelled(SecurityLabels.sensitivity("ETHUD"));
        assertThat(ConsentContract.decide(state, doctor(Purposes.TREAT), substanceUse, ImplicitPolicy.DENY))
                .isEqualTo(new Decision.Permit(new Basis(Rule.CONSENT, "c1", 1), Set.of(Obligation.NO_REDISCLOSURE)));
    }

    private static Decision decide(ConsentState state, AccessRequest request) {
        return ConsentContract.decide(state, request, observation(), ImplicitPolicy.DENY);
    }

    private static boolean permits(ConsentState state, AccessRequest request) {
        return decide(state, request).permits();
    }

    private static boolean permits(ConsentState state, AccessRequest request, ResourceFacts facts) {
        return permits(state, request, facts, ImplicitPolicy.DENY);
    }

    private static boolean permits(
            ConsentState state, AccessRequest request, ResourceFacts facts, ImplicitPolicy policy) {
        return ConsentContract.decide(state, request, facts, policy).permits();
    }
}
