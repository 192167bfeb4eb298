package org.securemed.fhir.consent.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentDataMeaning;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.translate.Translation.Reason;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Actor;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.DataReference;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.SecurityLabels;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;

class ConsentTranslatorTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Author ANNA = Author.patient("Patient/anna", "session");
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private static final String LOINC = "http://loinc.org";
    private static final org.securemed.ledger.consent.Coding DOCTOR =
            new org.securemed.ledger.consent.Coding("http://snomed.info/sct", "309343006");

    private final ConsentTranslator translator =
            new ConsentTranslator(ZoneId.of("Europe/Tallinn"), role -> role.equals(DOCTOR));

    @Test
    void an_active_consent_is_a_grant_and_then_an_amendment_and_anything_else_a_revocation() {
        Transition grant = change(ConsentState.initial("Patient/anna"), consent());
        assertThat(grant).isInstanceOf(Transition.Grant.class);
        ConsentState granted = applied(ConsentState.initial("Patient/anna"), grant);
        Transition amendment = change(granted, consent());
        assertThat(amendment).isInstanceOf(Transition.Amend.class);
        ConsentState amended = applied(granted, amendment);
        Consent inactive = consent().setStatus(Consent.ConsentState.INACTIVE);
        Transition revocation = change(amended, inactive);
        assertThat(revocation).isInstanceOf(Transition.Revoke.class);
        ConsentState revoked = applied(amended, revocation);
        assertThat(revoked.active()).isEmpty();
        assertThat(translate(revoked, inactive, ANNA)).isInstanceOf(Translation.NoChange.class);
        assertThat(change(revoked, consent())).isInstanceOf(Transition.Grant.class);
    }

    @Test
    void no_status_but_active_authorises() {
        for (Consent.ConsentState status : Consent.ConsentState.values()) {
            if (status != Consent.ConsentState.ACTIVE && status != Consent.ConsentState.NULL) {
                Consent consent = consent().setStatus(status);
                assertThat(translate(ConsentState.initial("Patient/anna"), consent, ANNA))
                        .as("%s", status)
                        .isInstanceOf(Translation.NoChange.class);
            }
        }
    }

    @Test
    void deleting_a_consent_revokes_it() {
        ConsentState granted =
                applied(ConsentState.initial("Patient/anna"), change(ConsentState.initial("Patient/anna"), consent()));
        Translation deletion = translator.revocation(granted, "c1", ANNA, NOW, "t9");
        assertThat(deletion)
                .isEqualTo(new Translation.Change(new Transition.Revoke("t9", "Patient/anna", ANNA, NOW, "c1", 2)));
        assertThat(translator.revocation(granted, "other", ANNA, NOW, "t9")).isInstanceOf(Translation.NoChange.class);
    }

    @Test
    void every_element_of_a_provision_is_translated() {
        Consent consent = consent(root -> {
            root.getPeriod().setStartElement(new DateTimeType("2026-01-01")).setEndElement(new DateTimeType("2026-06"));
            root.addActor()
                    .setRole(concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"))
                    .setReference(new Reference("Practitioner/ben"));
            root.addActor()
                    .setRole(concept(DOCTOR.system(), DOCTOR.code()))
                    .setReference(new Reference("Organization/o"));
            root.addActor().setRole(concept(DOCTOR.system(), DOCTOR.code()));
            root.addAction(concept(Action.SYSTEM, "access"));
            root.addPurpose(new Coding(ACT_REASON, "TREAT", null));
            root.addClass_(new Coding("http://hl7.org/fhir/resource-types", "Observation", null));
            root.addCode(concept(LOINC, "29463-7"));
            root.addSecurityLabel(new Coding(SecurityLabels.CONFIDENTIALITY, "N", null));
            root.getDataPeriod().setStartElement(new DateTimeType("2022-03-01T10:00:00Z"));
            root.addData().setMeaning(ConsentDataMeaning.AUTHOREDBY).setReference(new Reference("Practitioner/x"));
            root.addProvision().setType(ConsentProvisionType.DENY).addPurpose(new Coding("http://e.org", "X", null));
        });
        Provision expected = Provision.permit()
                .during(new Period(Instant.parse("2025-12-31T22:00:00Z"), Instant.parse("2026-06-30T21:00:00Z")))
                .actor("Practitioner/ben")
                .actor(new Actor("Organization/o", List.of(DOCTOR)))
                .actor(Actor.inRole(DOCTOR))
                .action(Action.ACCESS)
                .purpose(Purposes.TREAT)
                .resourceType("Observation")
                .code(new org.securemed.ledger.consent.Coding(LOINC, "29463-7"))
                .label(SecurityLabels.NORMAL)
                .dataFrom(Period.from(Instant.parse("2022-03-01T10:00:00Z")))
                .data(new DataReference(DataReference.Meaning.AUTHORED_BY, "Practitioner/x"))
                .nested(Provision.deny()
                        .purpose(new org.securemed.ledger.consent.Coding("http://e.org", "X"))
                        .build())
                .build();
        assertThat(provision(change(ConsentState.initial("Patient/anna"), consent)))
                .isEqualTo(expected);
    }

    @Test
    void an_end_includes_its_day_month_year_or_second() {
        assertThat(end("2022")).isEqualTo(Instant.parse("2022-12-31T22:00:00Z"));
        assertThat(end("2022-12-31")).isEqualTo(Instant.parse("2022-12-31T22:00:00Z"));
        assertThat(end("2022-02")).isEqualTo(Instant.parse("2022-02-28T22:00:00Z"));
        assertThat(end("2022-02-03T04:05:06Z")).isEqualTo(Instant.parse("2022-02-03T04:05:07Z"));
        assertThat(end("2022-02-03T04:05:06.789+01:00")).isEqualTo(Instant.parse("2022-02-03T03:05:06.790Z"));
    }

    @Test
    void what_can_not_be_enforced_is_refused_and_says_where() {
        refuses(
                Reason.REQUIRED,
                "Consent.provision.type",
                root -> root.setType(null).addPurpose(new Coding(ACT_REASON, "TREAT", null)));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.modifierExtension",
                root -> root.addModifierExtension(new Extension("http://e.org/not", new StringType("really"))));
        refuses(
                Reason.INVALID,
                "Consent.provision.period",
                root -> root.getPeriod()
                        .setStartElement(new DateTimeType("2027"))
                        .setEndElement(new DateTimeType("2026")));
        refuses(
                Reason.REQUIRED,
                "Consent.provision.actor[0].reference",
                root -> root.addActor()
                        .setRole(concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.actor[0].role",
                root -> root.addActor()
                        .setRole(concept("http://e.org/roles", "unheard-of"))
                        .setReference(new Reference("Organization/o")));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.actor[0].role",
                root -> root.addActor()
                        .setRole(new CodeableConcept().setText("my doctor"))
                        .setReference(new Reference("Organization/o")));
        for (String reference : List.of(
                "#contained",
                "https://elsewhere.example/fhir/Practitioner/1",
                "Practitioner/1/_history/2",
                "Practitioner?identifier=1",
                "urn:uuid:0d0e2c0a-8c2b-4b50-9a9b-8e2a5a7ad4f1",
                "Medication/1")) {
            refuses(
                    Reason.NOT_ENFORCEABLE,
                    "Consent.provision.actor[0].reference",
                    root -> root.addActor().setReference(new Reference(reference)));
        }
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.action[0]",
                root -> root.addAction(concept("http://e.org/actions", "peek")));
        refuses(
                Reason.INVALID,
                "Consent.provision.purpose[0]",
                root -> root.addPurpose(new Coding(ACT_REASON, "NOSUCH", null)));
        refuses(
                Reason.REQUIRED,
                "Consent.provision.purpose[0]",
                root -> root.addPurpose(new Coding().setCode("TREAT")));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.class[0]",
                root -> root.addClass_(new Coding("urn:ietf:bcp:13", "application/hl7-cda+xml", null)));
        refuses(
                Reason.INVALID,
                "Consent.provision.class[0]",
                root -> root.addClass_(new Coding("http://hl7.org/fhir/resource-types", "Observaton", null)));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.code[0]",
                root -> root.addCode(new CodeableConcept().setText("weights")));
        refuses(
                Reason.REQUIRED,
                "Consent.provision.data[0].meaning",
                root -> root.addData().setReference(new Reference("Observation/1")));
        refuses(
                Reason.NOT_ENFORCEABLE,
                "Consent.provision.provision[0].provision[0].provision[0].provision[0]",
                root -> {
                    ProvisionComponent at = root;
                    for (int i = 0; i < 4; i++) {
                        at = at.addProvision().setType(ConsentProvisionType.DENY);
                    }
                });
        refuses(Reason.NOT_ENFORCEABLE, "Consent.provision", root -> {
            for (int i = 0; i < 200; i++) {
                root.addProvision()
                        .setType(ConsentProvisionType.DENY)
                        .addPurpose(new Coding("http://e.org", "p" + i, null));
            }
        });
    }

    @Test
    void a_consent_that_no_ledger_entry_can_hold_is_refused_and_a_slightly_shorter_one_is_not() {
        refuses(Reason.TOO_LONG, "Consent.provision", root -> manyCodes(root, 250));
        Consent shorter = consent(root -> manyCodes(root, 200));
        byte[] canonical = change(ConsentState.initial("Patient/anna"), shorter).canonicalBytes();
        assertThat(canonical.length).isBetween(Transition.MAX_BYTES * 3 / 4, Transition.MAX_BYTES);
    }

    private static void manyCodes(ProvisionComponent provision, int count) {
        for (int i = 0; i < count; i++) {
            provision.addCode(concept(LOINC, "a-rather-long-code-as-some-hospitals-have-them-" + i));
        }
    }

    @Test
    void a_consent_needs_scope_patient_and_provision() {
        assertThat(refused(consent()
                                .setScope(concept("http://terminology.hl7.org/CodeSystem/consentscope", "research")))
                        .expression())
                .isEqualTo("Consent.scope");
        assertThat(refused(consent().setPatient(new Reference("Patient/ben"))).reason())
                .isEqualTo(Reason.WRONG_PATIENT);
        assertThat(refused(consent().setPatient(new Reference().setDisplay("Anna")))
                        .expression())
                .isEqualTo("Consent.patient");
        assertThat(refused(consent().setPatient(null)).reason()).isEqualTo(Reason.REQUIRED);
        assertThat(refused(consent().setStatus(null)).expression()).isEqualTo("Consent.status");
        assertThat(refused(consent().setProvision(null)).expression()).isEqualTo("Consent.provision");
        Consent implicit = consent();
        implicit.setImplicitRules("http://e.org/rules");
        assertThat(refused(implicit).expression()).isEqualTo("Consent.implicitRules");
    }

    @Test
    void an_advance_directive_is_kept_and_opens_nothing() {
        Consent directive = consent().setScope(concept("http://terminology.hl7.org/CodeSystem/consentscope", "adr"));
        assertThat(translate(ConsentState.initial("Patient/anna"), directive, ANNA))
                .isInstanceOf(Translation.NoChange.class);
        ConsentState granted =
                applied(ConsentState.initial("Patient/anna"), change(ConsentState.initial("Patient/anna"), consent()));
        assertThat(change(granted, directive)).isInstanceOf(Transition.Revoke.class);
    }

    @Test
    void who_consents_is_who_makes_the_consent_unless_it_is_recorded() {
        Consent ofMum = consent().setPerformer(List.of(new Reference("RelatedPerson/mum")));
        assertThat(refused(ofMum).reason()).isEqualTo(Reason.WRONG_PERFORMER);
        Author mum = Author.representative("RelatedPerson/mum", "session");
        Author clerk = Author.recorder("Practitioner/clerk", "DocumentReference/form");
        assertThat(translate(ConsentState.initial("Patient/anna"), ofMum, mum)).isInstanceOf(Translation.Change.class);
        assertThat(translate(ConsentState.initial("Patient/anna"), ofMum, clerk))
                .isInstanceOf(Translation.Change.class);
    }

    private void refuses(Reason reason, String expression, Consumer<ProvisionComponent> wrong) {
        Translation.Refused refused = refused(consent(wrong));
        assertThat(refused.expression()).isEqualTo(expression);
        assertThat(refused.reason()).as(expression).isEqualTo(reason);
        assertThat(refused.text()).isNotBlank();
    }

    private Instant end(String end) {
        Consent consent = consent(root -> root.getPeriod().setEndElement(new DateTimeType(end)));
        return provision(change(ConsentState.initial("Patient/anna"), consent))
                .period()
                .until();
    }

    private Translation.Refused refused(Consent consent) {
        return translate(ConsentState.initial("Patient/anna"), consent, ANNA)
                .<Optional<Translation.Refused>>fold(change -> Optional.empty(), none -> Optional.empty(), Optional::of)
                .orElseThrow(() -> new AssertionError("not refused"));
    }

    private Transition change(ConsentState state, Consent consent) {
        return translate(state, consent, ANNA)
                .fold(
                        Translation.Change::transition,
                        none -> {
                            throw new AssertionError("no change");
                        },
                        refused -> {
                            throw new AssertionError(refused.toString());
                        });
    }

    private Translation translate(ConsentState state, Consent consent, Author author) {
        return translator.translate(state, "c1", consent, author, NOW, "t1");
    }

    private static ConsentState applied(ConsentState state, Transition transition) {
        return ConsentContract.apply(state, transition).fold(TransitionResult.Applied::state, refused -> {
            throw new AssertionError(refused.toString());
        });
    }

    private static Provision provision(Transition transition) {
        return ((Transition.Grant) transition).provision();
    }

    private static Consent consent() {
        return consent(root -> {});
    }

    private static Consent consent(Consumer<ProvisionComponent> with) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"));
        consent.setPatient(new Reference("Patient/anna"));
        consent.getProvision().setType(ConsentProvisionType.PERMIT);
        with.accept(consent.getProvision());
        return consent;
    }

    private static CodeableConcept concept(String system, String code) {
        return new CodeableConcept(new Coding(system, code, null));
    }
}
