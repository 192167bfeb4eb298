package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.translate.Periods;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.Transition;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Consents by which somebody acts for a patient: category {@code representation}, one permit, one actor, who is a
 * RelatedPerson of this patient, and nothing else but a period. While such a Consent is active the RelatedPerson stands
 * in the patient's contract; it ends with the Consent, with its period, with the RelatedPerson's own, and for a child
 * on the eighteenth birthday.
 *
 * @see <a href="https://hl7.org/fhir/R4/relatedperson.html">FHIR R4 RelatedPerson</a>
 */
final class Appointments {
    static final String CATEGORY = "representation";

    private static final Pattern REFERENCE = Pattern.compile("RelatedPerson/[A-Za-z0-9\\-.]{1,64}");
    private static final int OF_AGE = 18;
    private static final String REFUSED = "consent-representation";

    private final OwnerIndex index;
    private final ObjectProvider<DaoRegistry> daos;
    private final ZoneId zone;
    private final Periods periods;

    /** @param zone time zone of dates without time */
    Appointments(OwnerIndex index, ObjectProvider<DaoRegistry> daos, ZoneId zone) {
        this.index = index;
        this.daos = daos;
        this.zone = zone;
        this.periods = new Periods(zone);
    }

    /** Whether a Consent, as it was or as it will be, appoints somebody. */
    static boolean concerns(@Nullable Consent before, Consent after) {
        return is(after) || before != null && is(before);
    }

    private static boolean is(Consent consent) {
        return consent.getCategory().stream().anyMatch(category -> category.hasCoding(AppConsent.CATEGORIES, CATEGORY));
    }

    /** What a write means to the contract. */
    record Change(ConsentState state, String patient, Author author, Instant at, String transitionId) {}

    /**
     * The transition that a write of such a Consent is; empty if it changes nothing.
     *
     * @param before as it was; null if it was not there
     * @param after as it will be; null if it is deleted
     * @throws BaseServerResponseException if it is not one that can be made
     */
    Optional<Transition> transition(@Nullable Consent before, @Nullable Consent after, Change change) {
        Optional<String> was = before != null && isInForce(before) && is(before)
                ? Optional.of(representative(before))
                : Optional.empty();
        if (after == null || !isInForce(after)) {
            return was.filter(change.state().representatives()::containsKey)
                    .map(reference -> new Transition.Dismiss(
                            change.transitionId(), change.state().subject(), change.author(), change.at(), reference));
        }
        String reference = checked(after, change);
        if (before != null && isInForce(before) && !was.equals(Optional.of(reference))) {
            throw refused("Another person, or another meaning, needs a Consent of its own: end this one.");
        }
        if (was.isEmpty() && change.state().isRepresentative(reference, change.at())) {
            throw refused("This person acts for the patient already, by another Consent.");
        }
        Instant until = until(after, reference, change);
        if (!until.isAfter(change.at())) {
            throw refused("This has ended already, or the patient is of age.");
        }
        return Optional.of(new Transition.Appoint(
                change.transitionId(), change.state().subject(), change.author(), change.at(), reference, until));
    }

    private static boolean isInForce(Consent consent) {
        return consent.getStatus() == Consent.ConsentState.ACTIVE;
    }

    private String checked(Consent consent, Change change) {
        if (!is(consent)) {
            throw refused("What appoints somebody stays of the category " + CATEGORY + ".");
        }
        if (change.state()
                .consent(consent.getIdElement().getIdPart())
                .flatMap(ConsentRecord::activeProvision)
                .isPresent()) {
            throw refused("Another meaning needs a Consent of its own: end this one.");
        }
        if (consent.hasModifierExtension() || consent.hasImplicitRules()) {
            throw refused("A modifier changes the meaning in a way not known here.");
        }
        Consent.ProvisionComponent provision = consent.getProvision();
        boolean plain = provision.getType() == Consent.ConsentProvisionType.PERMIT
                && provision.getActor().size() == 1
                && !provision.hasAction()
                && !provision.hasSecurityLabel()
                && !provision.hasPurpose()
                && !provision.hasClass_()
                && !provision.hasCode()
                && !provision.hasDataPeriod()
                && !provision.hasData()
                && !provision.hasProvision()
                && !provision.hasModifierExtension();
        if (!plain) {
            throw refused("Whoever acts for a patient may do all that the patient may: say a permit, one actor and,"
                    + " if you like, a period, and nothing else.");
        }
        String reference = representative(consent);
        boolean theirs = index.find(reference)
                .filter(owner -> !owner.deleted() && owner.patients().equals(Set.of(change.patient())))
                .isPresent();
        if (!theirs) {
            throw Refusal.unknownReference(reference);
        }
        return reference;
    }

    private static String representative(Consent consent) {
        String reference =
                consent.getProvision().getActorFirstRep().getReference().getReference();
        if (reference == null || !REFERENCE.matcher(reference).matches()) {
            throw refused("The actor is a RelatedPerson of this patient.");
        }
        return reference;
    }

    private Instant until(Consent consent, String reference, Change change) {
        Instant until = end(consent.getProvision().getPeriod(), change.at());
        RelatedPerson person = daos.getObject()
                .getResourceDao(RelatedPerson.class)
                .read(new IdType(reference), SystemRequestDetails.forAllPartitions());
        boolean known = (!person.hasActive() || person.getActive())
                && ("Patient/" + change.patient())
                        .equals(person.getPatient()
                                .getReferenceElement()
                                .toUnqualifiedVersionless()
                                .getValue());
        if (!known) {
            throw Refusal.unknownReference(reference);
        }
        until = earlier(until, end(person.getPeriod(), change.at()));
        Patient patient = daos.getObject()
                .getResourceDao(Patient.class)
                .read(new IdType("Patient", change.patient()), SystemRequestDetails.forAllPartitions());
        Instant ofAge = ofAge(patient.getBirthDateElement());
        return ofAge.isAfter(change.at()) ? earlier(until, ofAge) : until;
    }

    /** When a period ends; it has begun. */
    private Instant end(org.hl7.fhir.r4.model.Period period, Instant now) {
        if (period.isEmpty()) {
            return Instant.MAX;
        }
        Period span = periods.of(period).orElseThrow(() -> refused("A period ends after it has begun."));
        if (span.start().isAfter(now)) {
            throw refused("A representation begins when it is made: leave out the start, or wait.");
        }
        return span.until();
    }

    /** The eighteenth birthday, or the first day that it may be if only year or month of birth are known. */
    private Instant ofAge(DateType birth) {
        if (!birth.hasValue()) {
            return Instant.MIN;
        }
        String text = birth.getValueAsString();
        LocalDate born = LocalDate.parse(text + "-01-01".substring(text.length() - 4));
        return born.plusYears(OF_AGE).atStartOfDay(zone).toInstant();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static BaseServerResponseException refused(String text) {
        return Refusal.unprocessable(REFUSED, text);
    }
}
