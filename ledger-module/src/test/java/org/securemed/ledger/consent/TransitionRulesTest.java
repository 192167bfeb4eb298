package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.consent.Consents.DOCTOR;
import static org.securemed.ledger.consent.Consents.DOCUMENT;
import static org.securemed.ledger.consent.Consents.HOSPITAL;
import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.OTHER_DOCTOR;
import static org.securemed.ledger.consent.Consents.PATIENT;
import static org.securemed.ledger.consent.Consents.THE_PATIENT;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.applied;
import static org.securemed.ledger.consent.Consents.grant;
import static org.securemed.ledger.consent.Consents.granted;
import static org.securemed.ledger.consent.Consents.none;
import static org.securemed.ledger.consent.Consents.refusal;
import static org.securemed.ledger.consent.Consents.revoke;
import static org.securemed.ledger.consent.Provision.deny;
import static org.securemed.ledger.consent.Provision.permit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.ConsentRecord.Status;
import org.securemed.ledger.consent.TransitionResult.Refusal;

class TransitionRulesTest {
    private static final String MUM = "RelatedPerson/mum";
    private static final Author CUSTODIAN = Author.custodian("Device/server", "nightly");

    @Test
    void versions_grow_by_one_with_every_transition_and_within_every_consent() {
        ConsentState state = granted(permit().actor(DOCTOR), permit().actor(HOSPITAL));
        assertThat(state.version()).isEqualTo(2);
        state = after(
                state, amend("c1", 2, deny().actor(DOCTOR)), revoke("c1", 3), grant("c1", 4, permit().actor(DOCTOR)));
        assertThat(state.version()).isEqualTo(5);
        assertThat(state.consentVersion("c1")).isEqualTo(4);
        assertThat(state.consentVersion("c2")).isEqualTo(1);
        assertThat(state.consentVersion("never")).isZero();
    }

    @Test
    void a_replayed_grant_is_refused_whatever_has_happened_since() {
        Transition.Grant first = grant("c1", 1, permit());
        ConsentState state = after(none(), first);
        assertThat(refusal(ConsentContract.apply(state, first))).isEqualTo(Refusal.STALE);
        ConsentState revoked = after(state, revoke("c1", 2));
        assertThat(refusal(ConsentContract.apply(revoked, first))).isEqualTo(Refusal.STALE);
        ConsentState again = after(revoked, grant("c1", 3, permit()), revoke("c1", 4));
        assertThat(refusal(ConsentContract.apply(again, first))).isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(again, grant("c1", 3, permit()))))
                .isEqualTo(Refusal.STALE);
    }

    @Test
    void a_grant_made_before_a_revocation_and_arriving_after_it_is_refused() {
        ConsentState state = granted(permit());
        Transition.Amend late = amend("c1", 2, permit().actor(DOCTOR));
        ConsentState revoked = after(state, revoke("c1", 2));
        assertThat(refusal(ConsentContract.apply(revoked, late))).isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(revoked, amend("c1", 3, permit()))))
                .isEqualTo(Refusal.WRONG_STATUS);
    }

    @Test
    void a_revocation_wins_over_an_amendment_that_was_faster() {
        ConsentState amended = after(granted(permit()), amend("c1", 2, permit().actor(DOCTOR)));
        ConsentState revoked = after(amended, revoke("c1", 2));
        assertThat(revoked.active()).isEmpty();
        assertThat(revoked.consentVersion("c1")).isEqualTo(3);
    }

    @Test
    void a_replayed_revocation_does_not_end_what_was_granted_again() {
        Transition.Revoke revocation = revoke("c1", 2);
        ConsentState again = after(granted(permit()), revocation, grant("c1", 3, permit()));
        assertThat(refusal(ConsentContract.apply(again, revocation))).isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(after(again, revoke("c1", 4)), revoke("c1", 5))))
                .isEqualTo(Refusal.WRONG_STATUS);
        assertThat(refusal(ConsentContract.apply(again, revoke("c1", 1L << 40))))
                .isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(again, revoke("other", 1)))).isEqualTo(Refusal.UNKNOWN);
    }

    @Test
    void a_new_consent_for_the_same_grantee_and_scope_replaces_the_old_one() {
        ConsentState state = granted(permit().actor(DOCTOR).purpose(Purposes.TREAT), permit().actor(HOSPITAL));
        TransitionResult result = ConsentContract.apply(
                state,
                grant("c3", 1, deny().actor(DOCTOR).purpose(Purposes.TREAT).during(Period.from(NOW))));
        assertThat(result).isInstanceOf(TransitionResult.Applied.class);
        List<String> superseded = result.fold(TransitionResult.Applied::superseded, refused -> List.of());
        assertThat(superseded).containsExactly("c1");
        ConsentState replaced = applied(result);
        assertThat(replaced.consents().get("c1")).isEqualTo(new ConsentRecord("c1", 2, Status.SUPERSEDED, 0, "", null));
        assertThat(replaced.active()).extracting(ConsentRecord::id).containsExactly("c2", "c3");
        ConsentState amended = after(replaced, amend("c3", 2, permit().actor(HOSPITAL)));
        assertThat(amended.active()).extracting(ConsentRecord::id).containsExactly("c3");
    }

    @Test
    void only_the_patient_a_representative_or_a_recorder_with_a_document_changes_consents() {
        ConsentState state = after(granted(permit().actor(HOSPITAL)), appoint(MUM, NOW.plusSeconds(60)));
        List<Author> allowed =
                List.of(THE_PATIENT, Author.representative(MUM, "s"), Author.recorder("Practitioner/clerk", DOCUMENT));
        List<Author> refused = List.of(
                Author.patient("Patient/ben", "s"),
                Author.representative("RelatedPerson/uncle", "s"),
                Author.representative(DOCTOR, "s"),
                Author.user(DOCTOR, "s"),
                CUSTODIAN);
        Author withoutDocument = new Author(Author.Capacity.RECORDER, "Practitioner/clerk", Evidence.session("s"));
        for (Author author : allowed) {
            assertThat(changes(state, author)).as("%s", author).allMatch(TransitionResult.Applied.class::isInstance);
        }
        for (Author author : refused) {
            assertThat(changes(state, author)).as("%s", author).allMatch(r -> refusal(r) == Refusal.NOT_ALLOWED);
        }
        assertThat(changes(state, withoutDocument)).allMatch(r -> refusal(r) == Refusal.EVIDENCE);
        Author unsigned = new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1"));
        assertThat(changes(state, unsigned)).allMatch(r -> refusal(r) == Refusal.EVIDENCE);
    }

    @Test
    void a_representative_acts_until_the_appointment_ends_or_is_withdrawn_and_appoints_nobody() {
        Instant eighteenth = NOW.plus(Duration.ofDays(1));
        ConsentState state = after(none(), appoint(MUM, eighteenth));
        Author mum = Author.representative(MUM, "s");
        assertThat(ConsentContract.apply(state, grantBy(mum, eighteenth.minusMillis(1))))
                .isInstanceOf(TransitionResult.Applied.class);
        assertThat(refusal(ConsentContract.apply(state, grantBy(mum, eighteenth))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        Transition another = new Transition.Appoint("a2", PATIENT, mum, NOW, "RelatedPerson/uncle", Instant.MAX);
        assertThat(refusal(ConsentContract.apply(state, another))).isEqualTo(Refusal.NOT_ALLOWED);
        ConsentState dismissed = after(state, new Transition.Dismiss("d1", PATIENT, THE_PATIENT, NOW, MUM));
        assertThat(refusal(ConsentContract.apply(dismissed, grantBy(mum, NOW)))).isEqualTo(Refusal.NOT_ALLOWED);
        assertThat(after(state, new Transition.Dismiss("d2", PATIENT, mum, NOW, MUM))
                        .representatives())
                .isEmpty();
        Transition foreign =
                new Transition.Dismiss("d3", PATIENT, Author.representative("RelatedPerson/uncle", "s"), NOW, MUM);
        assertThat(refusal(ConsentContract.apply(state, foreign))).isEqualTo(Refusal.NOT_ALLOWED);
    }

    @Test
    void a_transition_about_another_patient_is_refused() {
        Transition other = new Transition.Grant(
                "t", "Patient/ben", Author.patient("Patient/ben", "s"), NOW, "c1", 1, "", permit().build());
        assertThat(refusal(ConsentContract.apply(none(), other))).isEqualTo(Refusal.WRONG_SUBJECT);
    }

    @Test
    void what_is_over_is_closed_by_the_custodian_and_by_nobody_before() {
        ConsentState state = granted(permit().during(Period.until(NOW)));
        assertThat(refusal(ConsentContract.apply(state, expire(CUSTODIAN, NOW.minusMillis(1)))))
                .isEqualTo(Refusal.TIME);
        assertThat(refusal(ConsentContract.apply(state, expire(THE_PATIENT, NOW))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        ConsentState closed = after(state, expire(CUSTODIAN, NOW));
        assertThat(closed.consents().values()).extracting(ConsentRecord::status).containsExactly(Status.EXPIRED);
        assertThat(refusal(ConsentContract.apply(granted(permit()), expire(CUSTODIAN, NOW))))
                .isEqualTo(Refusal.TIME);
    }

    @Test
    void break_glass_is_declared_by_the_user_for_at_most_a_day_and_forgotten_when_over() {
        ConsentState state = after(none(), breakGlass("b1", Author.user(DOCTOR, "s"), NOW, Duration.ofHours(1)));
        assertThat(refusal(ConsentContract.apply(
                        state, breakGlass("b1", Author.user(DOCTOR, "s"), NOW, Duration.ofHours(1)))))
                .isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(
                        state, breakGlass("b2", Author.user(DOCTOR, "s"), NOW, Duration.ofHours(25)))))
                .isEqualTo(Refusal.TIME);
        assertThat(refusal(ConsentContract.apply(state, breakGlass("b2", THE_PATIENT, NOW, Duration.ofHours(1)))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        ConsentState later = after(
                state,
                breakGlass("b2", Author.user(OTHER_DOCTOR, "s"), NOW.plus(Duration.ofHours(2)), Duration.ofHours(1)));
        assertThat(later.breakGlass()).extracting(BreakGlassAccess::id).containsExactly("b2");
    }

    @Test
    void there_are_limits_to_what_one_patient_can_have() {
        ConsentState state = none();
        for (int i = 0; i < 512; i++) {
            state = after(state, grant("c" + i, 1, permit().actor("Practitioner/p" + i)));
        }
        assertThat(refusal(ConsentContract.apply(state, grant("one-more", 1, permit()))))
                .isEqualTo(Refusal.LIMIT);
    }

    private static List<TransitionResult> changes(ConsentState state, Author author) {
        return List.of(
                ConsentContract.apply(state, grantBy(author, NOW)),
                ConsentContract.apply(
                        state, new Transition.Amend("t2", PATIENT, author, NOW, "c1", 2, "", deny().build())),
                ConsentContract.apply(state, new Transition.Revoke("t3", PATIENT, author, NOW, "c1", 2)));
    }

    private static Transition.Grant grantBy(Author author, Instant at) {
        return new Transition.Grant(
                "t1", PATIENT, author, at, "new", 1, "", permit().actor(DOCTOR).build());
    }

    private static Transition.Amend amend(String consent, long version, Provision.Builder provision) {
        return new Transition.Amend(
                "m-" + consent + version, PATIENT, THE_PATIENT, NOW, consent, version, "", provision.build());
    }

    private static Transition.Expire expire(Author author, Instant at) {
        return new Transition.Expire("e1", PATIENT, author, at, "c1", 2);
    }

    private static Transition.Appoint appoint(String who, Instant until) {
        return new Transition.Appoint("a1", PATIENT, THE_PATIENT, NOW, who, until);
    }

    private static Transition.BreakGlass breakGlass(String id, Author author, Instant at, Duration length) {
        return new Transition.BreakGlass(id, PATIENT, author, at, "unconscious", at.plus(length));
    }
}
