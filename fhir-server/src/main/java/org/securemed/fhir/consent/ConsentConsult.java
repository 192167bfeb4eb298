package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirResourceDao;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Consent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Basis;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Coverage;
import org.securemed.ledger.consent.Decision;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Obligation;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;
import org.springframework.beans.factory.ObjectProvider;

/**
 * What the patient's Consents say of somebody who wants to see data of some types for some purposes, as enforcement
 * points elsewhere ask it. A system of the custodian asks about anybody; every other client about itself, and is told
 * {@code NO_CONSENT} for whoever doesn't let it in, be there such a patient or not.
 *
 * <p>What the answer can't say, it doesn't permit: where Consents tell resources apart otherwise than by their labels,
 * the answer is {@code NO_CONSENT}, and the resources themselves have to be asked for.
 */
final class ConsentConsult {
    /** What is answered. */
    enum Outcome {
        CONSENT_PERMIT,
        CONSENT_DENY,
        NO_CONSENT
    }

    /**
     * An identifier.
     *
     * @param system namespace
     */
    record Number(String system, String value) {}

    /**
     * What is asked.
     *
     * @param patients identifiers of one patient
     * @param actors identifiers of who wants to see the data, as a person, an organization, a team
     * @param types FHIR resource types; empty for data of whatever type
     * @param categories scopes or categories of which the deciding Consent has one; empty for whatever Consent
     */
    record Question(
            List<Number> patients,
            List<Number> actors,
            List<Coding> purposes,
            Set<String> types,
            Set<Coding> categories) {}

    /**
     * What is answered.
     *
     * @param basedOn logical id of the Consent that decides; null if none does
     * @param codes labels that the answer is about
     * @param only whether only what bears one of {@code codes} may be seen, and not all but that
     */
    record Answer(Outcome outcome, @Nullable String basedOn, Set<Coding> codes, boolean only) {
        static Answer none() {
            return new Answer(Outcome.NO_CONSENT, null, Set.of(), false);
        }
    }

    /** A type that no Consent names: only what is not limited in type speaks of it. */
    private static final String WHATEVER = "DomainResource";

    private static final List<String> ACTORS =
            List.of("Practitioner", "PractitionerRole", "RelatedPerson", "Organization", "CareTeam", "Device");

    private static final List<String> LABELS = List.of(
            "ETH",
            "ETHUD",
            "OPIOIDUD",
            "SUD",
            "BH",
            "MH",
            "PSY",
            "PSYTHPN",
            "SDV",
            "HIV",
            "STD",
            "SEX",
            "GDIS",
            "SICKLE");

    private static final Coding PRIVACY =
            new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy");

    private static final int MOST_FOUND = 3;

    private final ConsentStates states;
    private final OwnerIndex index;
    private final ImplicitPolicy policy;
    private final HouseRequests requests;
    private final PatientLookup lookup;
    private final ObjectProvider<DaoRegistry> daos;
    private final String issuer;

    ConsentConsult(
            ConsentStates states,
            OwnerIndex index,
            ImplicitPolicy policy,
            HouseRequests requests,
            PatientLookup lookup,
            ObjectProvider<DaoRegistry> daos,
            String issuer) {
        this.issuer = issuer;
        this.states = states;
        this.index = index;
        this.policy = policy;
        this.requests = requests;
        this.lookup = lookup;
        this.daos = daos;
    }

    /** Decides and records it; the record holds only if no consent of the patient has changed meanwhile. */
    Answer ask(Requester requester, Question question) {
        HouseRequest request = requests.begin(
                requester, RestOperationTypeEnum.EXTENDED_OPERATION_TYPE, RequestTypeEnum.POST, "Consent");
        request.setOperation("$patient-consent-consult");
        Exchange exchange = Exchange.of(request).orElseThrow();
        boolean custodian = requester.isCustodiansSystem();
        Optional<AccessRequest> asked = custodian ? others(question, exchange) : own(requester, question, exchange);
        Optional<String> patient = patient(question);
        patient.ifPresent(exchange::name);
        Answer answer = patient.isPresent() && asked.isPresent()
                ? decide(patient.get(), asked.get(), question.types(), exchange)
                : Answer.none();
        requests.answered(request);
        if (!isOfCategory(answer, question.categories())) {
            answer = Answer.none();
        }
        boolean tells = custodian || answer.outcome() == Outcome.CONSENT_PERMIT;
        return tells ? answer : Answer.none();
    }

    /** Whether the Consent that an answer rests on is one of those that were asked about. */
    private boolean isOfCategory(Answer answer, Set<Coding> categories) {
        String id = answer.basedOn();
        // Others than these decide on no access to data.
        if (categories.isEmpty() || categories.contains(PRIVACY) || id == null) {
            return true;
        }
        Consent consent = requests.read(Requester.custodian(issuer), Consent.class, id);
        return Stream.concat(Stream.of(consent.getScope()), consent.getCategory().stream())
                .flatMap(concept -> concept.getCoding().stream())
                .anyMatch(coding -> coding.hasSystem()
                        && coding.hasCode()
                        && Coding.ifValid(coding.getSystem(), coding.getCode())
                                .filter(categories::contains)
                                .isPresent());
    }

    private Answer decide(String patient, AccessRequest asked, Set<String> types, Exchange exchange) {
        ConsentState state = states.of(patient);
        @Nullable Answer whole = null;
        for (String type : types.isEmpty() ? Set.of(WHATEVER) : new TreeSet<>(types)) {
            Answer one = decide(state, asked, type);
            boolean permitted = one.outcome() == Outcome.CONSENT_PERMIT;
            exchange.access(
                    patient,
                    type,
                    () -> new Access(
                            permitted,
                            false,
                            patient,
                            states.subject(patient),
                            type,
                            permitted ? "consent" : "no-consent",
                            state.version(),
                            one.basedOn() == null ? null : basis(state, one.basedOn())));
            whole = whole == null ? one : both(whole, one);
        }
        return whole == null ? Answer.none() : whole;
    }

    private static @Nullable String basis(ConsentState state, String consent) {
        return state.consent(consent)
                .map(record -> "Consent/" + consent + " v" + record.version())
                .orElse(null);
    }

    private Answer decide(ConsentState state, AccessRequest asked, String type) {
        Coverage coverage = ConsentContract.coarse(state, asked, type, policy);
        ResourceFacts plain = ResourceFacts.of(type, "");
        Decision decision = ConsentContract.decide(state, asked, plain, policy);
        if (state.active().stream()
                .flatMap(consent -> consent.activeProvision().stream())
                .anyMatch(ConsentConsult::deniesMembers)) {
            // Whether the actor is one of them is not in the question.
            return isShown(decision) || coverage == Coverage.SOME ? Answer.none() : answer(decision, Set.of(), false);
        }
        if (coverage == Coverage.SOME) {
            return byLabels(state, asked, plain, decision);
        }
        return answer(decision, Set.of(), false);
    }

    private Answer byLabels(ConsentState state, AccessRequest asked, ResourceFacts plain, Decision unlabelled) {
        if (state.active().stream()
                .flatMap(consent -> consent.activeProvision().stream())
                .anyMatch(ConsentConsult::tellsApart)) {
            return Answer.none();
        }
        Set<Coding> shown = new TreeSet<>();
        Set<Coding> hidden = new TreeSet<>();
        @Nullable Decision permitting = null;
        for (Coding label : labels(state)) {
            Decision labelled = ConsentContract.decide(state, asked, plain.labelled(label), policy);
            if (isShown(labelled)) {
                shown.add(label);
                permitting = labelled;
            } else {
                hidden.add(label);
            }
        }
        if (isShown(unlabelled)) {
            return answer(unlabelled, hidden, false);
        }
        // What bears a label that opens it may bear another one that hides it.
        for (Coding opens : shown) {
            for (Coding hides : hidden) {
                if (!isShown(ConsentContract.decide(state, asked, plain.labelled(opens, hides), policy))) {
                    return Answer.none();
                }
            }
        }
        return permitting == null ? answer(unlabelled, Set.of(), false) : answer(permitting, shown, true);
    }

    private static boolean tellsApart(Provision provision) {
        return !provision.codes().isEmpty()
                || !provision.data().isEmpty()
                || !provision.dataPeriod().equals(Period.ALWAYS)
                || provision.provisions().stream().anyMatch(ConsentConsult::tellsApart);
    }

    private static boolean deniesMembers(Provision provision) {
        boolean members = provision.actors().stream()
                .anyMatch(actor -> !actor.roles().isEmpty() || GroupMembers.isGroup(actor.reference()));
        return provision.type() == ProvisionType.DENY && members
                || provision.provisions().stream().anyMatch(ConsentConsult::deniesMembers);
    }

    private static Set<Coding> labels(ConsentState state) {
        Set<Coding> labels = new LinkedHashSet<>(List.of(SecurityLabels.RESTRICTED, SecurityLabels.VERY_RESTRICTED));
        LABELS.forEach(code -> labels.add(SecurityLabels.sensitivity(code)));
        state.active().stream()
                .flatMap(consent -> consent.activeProvision().stream())
                .forEach(provision -> collect(provision, labels));
        labels.remove(SecurityLabels.NORMAL);
        return labels;
    }

    private static void collect(Provision provision, Set<Coding> labels) {
        labels.addAll(provision.securityLabels());
        provision.provisions().forEach(nested -> collect(nested, labels));
    }

    /** By a Consent, or for who acts for the patient; what would have to be de-identified is not shown. */
    private static boolean isShown(Decision decision) {
        Basis.Rule rule = decision.basis().rule();
        return rule != Basis.Rule.IMPLICIT_POLICY
                && rule != Basis.Rule.BREAK_GLASS
                && decision.fold(permit -> !permit.obligations().contains(Obligation.DEIDENTIFY), deny -> false);
    }

    private static Answer answer(Decision decision, Set<Coding> codes, boolean only) {
        Basis basis = decision.basis();
        String consent = basis.rule() == Basis.Rule.CONSENT ? basis.id() : null;
        if (isShown(decision)) {
            return new Answer(Outcome.CONSENT_PERMIT, consent, Set.copyOf(codes), only);
        }
        boolean denies = decision.fold(permit -> false, deny -> deny.reason() == Decision.Reason.CONSENT_DENIES);
        return denies ? new Answer(Outcome.CONSENT_DENY, consent, Set.of(), false) : Answer.none();
    }

    /** Both have to be permitted. */
    private static Answer both(Answer one, Answer other) {
        if (one.outcome() != Outcome.CONSENT_PERMIT || other.outcome() != Outcome.CONSENT_PERMIT) {
            return one.outcome() == Outcome.CONSENT_DENY || other.outcome() == Outcome.CONSENT_PERMIT ? one : other;
        }
        if (one.only() != other.only()) {
            return Answer.none();
        }
        Set<Coding> codes = new TreeSet<>(one.codes());
        if (one.only()) {
            codes.retainAll(other.codes());
        } else {
            codes.addAll(other.codes());
        }
        return one.only() && codes.isEmpty()
                ? Answer.none()
                : new Answer(Outcome.CONSENT_PERMIT, one.basedOn(), codes, one.only());
    }

    private Optional<String> patient(Question question) {
        Set<String> found = new TreeSet<>();
        for (Number number : question.patients()) {
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("identifier", new TokenParam(number.system(), number.value()));
            found.addAll(lookup.all(parameters));
        }
        found.removeIf(patient -> index.find("Patient/" + patient)
                .filter(ownership -> !ownership.deleted())
                .isEmpty());
        return found.size() == 1 ? Optional.of(found.iterator().next()) : Optional.empty();
    }

    /** About those whom the question names; empty if they are not known here. */
    private Optional<AccessRequest> others(Question question, Exchange exchange) {
        Set<String> found = new LinkedHashSet<>();
        for (String type : ACTORS) {
            for (Number number : question.actors()) {
                SearchParameterMap parameters = SearchParameterMap.newSynchronous();
                parameters.add("identifier", new TokenParam(number.system(), number.value()));
                parameters.setLoadSynchronousUpTo(MOST_FOUND);
                IFhirResourceDao<?> dao = daos.getObject().getResourceDao(type);
                for (IIdType id : dao.searchForResourceIds(parameters, SystemRequestDetails.forAllPartitions())) {
                    found.add(type + "/" + id.getIdPart());
                }
            }
        }
        return found.stream().findFirst().map(user -> request(user, found, question.purposes(), exchange));
    }

    private Optional<AccessRequest> own(Requester requester, Question question, Exchange exchange) {
        Set<String> purposes = question.purposes().stream().map(Coding::code).collect(Collectors.toSet());
        // A purpose beyond those that it was registered for is none of its own.
        return requester.purposesOfUse().containsAll(purposes)
                ? Optional.of(request(
                        requester.user().orElse("Device/" + requester.clientId()),
                        requester.organizations(),
                        question.purposes(),
                        exchange))
                : Optional.empty();
    }

    private static AccessRequest request(String user, Set<String> all, List<Coding> purposes, Exchange exchange) {
        Set<String> organizations = all.stream()
                .filter(reference -> reference.startsWith("Organization/"))
                .collect(Collectors.toSet());
        Set<String> groups = all.stream()
                .filter(reference -> reference.startsWith("CareTeam/") || reference.startsWith("PractitionerRole/"))
                .collect(Collectors.toSet());
        return new AccessRequest(
                user,
                Set.of(),
                organizations,
                groups,
                "",
                purposes.isEmpty() ? new ArrayList<>(List.of(Purposes.UNDECLARED)) : purposes,
                Action.ACCESS,
                exchange.started());
    }
}
