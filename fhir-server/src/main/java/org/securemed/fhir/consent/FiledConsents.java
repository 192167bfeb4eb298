package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.QuestionnaireResponse;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.smart.Requester;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Consents that are filed and revoked together with the document that says so, in one transaction: both are stored, and
 * the consent contract has taken them, or nothing is. A filed Consent names its patient and actors literally or, as
 * FAST prefers, by identifiers, of which each has to lead to exactly one resource here.
 */
final class FiledConsents {
    private static final List<String> ACTORS =
            List.of("Practitioner", "Organization", "PractitionerRole", "RelatedPerson", "CareTeam");

    private final HouseRequests requests;
    private final OwnerIndex index;
    private final PatientAccess access;
    private final OwnerFinder finder;
    private final TransactionTemplate transaction;
    private final String issuer;

    /**
     * @param issuer of this server's own tokens: in its name it stores the documents of people who may not themselves
     */
    FiledConsents(
            HouseRequests requests,
            OwnerIndex index,
            PatientAccess access,
            OwnerFinder finder,
            TransactionTemplate transaction,
            String issuer) {
        this.index = index;
        this.access = access;
        this.requests = requests;
        this.finder = finder;
        this.transaction = transaction;
        this.issuer = issuer;
    }

    /**
     * Files a Consent.
     *
     * @param document a DocumentReference or QuestionnaireResponse: it becomes the Consent's source
     * @return logical id of the Consent
     */
    String file(Consent sent, Resource document, Exchange exchange) {
        Requester requester = exchange.requester();
        Consent consent = sent.copy();
        if (AppConsent.is(consent)) {
            throw Refusal.unprocessable("consent-of-app", "What an app may do is agreed on with the app.");
        }
        consent.setId((String) null);
        consent.setPatient(patient(consent.getPatient(), "consent.patient", requester));
        for (Reference performer : consent.getPerformer()) {
            if (isLogical(performer) && sameIdentifier(performer, sent.getPatient())) {
                performer.setReference(consent.getPatient().getReference());
            }
        }
        actors(consent.getProvision(), requester);
        String patient = consent.getPatient().getReference();
        requireKnown(patient, exchange);
        return Objects.requireNonNull(transaction.execute(status -> {
            consent.setSource(new Reference(store(document, patient, requester)));
            String id = requests.create(requester, consent);
            exchange.name(patient.substring("Patient/".length()));
            return id;
        }));
    }

    /** Before the document is stored in somebody else's name: who is hidden is answered as who isn't there. */
    private void requireKnown(String patient, Exchange exchange) {
        Optional<Ownership> known = index.find(patient);
        if (known.filter(ownership -> access.permitsSome(exchange, ownership, "Consent"))
                .isEmpty()) {
            exchange.ask(patient, known.map(Ownership::patients).orElse(Set.of()));
            throw Refusal.unknownReference(patient);
        }
    }

    /**
     * Ends a Consent.
     *
     * @param reference of the Consent
     * @param patient whose it is; must be so
     * @param document what says that it ends; null if nothing does
     */
    void revoke(Reference reference, Reference patient, @Nullable Resource document, Exchange exchange) {
        Requester requester = exchange.requester();
        String id = literal(reference, "Consent", "consent");
        String owner = patient(patient, "patient", requester).getReference();
        transaction.executeWithoutResult(status -> {
            Consent stored = requests.read(requester, Consent.class, id);
            if (!owner.equals(stored.getPatient().getReference())) {
                // Whoever names the wrong patient learns nothing of the right one.
                throw Refusal.notKnown("Consent", id);
            }
            exchange.name(owner.substring("Patient/".length()));
            @Nullable String form = document == null ? null : store(document, owner, requester);
            requests.change(requester, Consent.class, id, consent -> {
                consent.setStatus(Consent.ConsentState.INACTIVE);
                if (form != null) {
                    consent.setSource(new Reference(form));
                }
                return consent;
            });
        });
    }

    /** Stores the document; its reference. */
    private String store(Resource sent, String patient, Requester requester) {
        Resource document = sent.copy();
        document.setId((String) null);
        Reference subject;
        if (document instanceof DocumentReference paper) {
            subject = paper.getSubject();
            paper.setSubject(subject);
        } else if (document instanceof QuestionnaireResponse answers) {
            subject = answers.getSubject();
            answers.setSubject(subject);
        } else {
            throw Refusal.unprocessable(
                    "consent-document", "The document is a DocumentReference or a QuestionnaireResponse.");
        }
        if (subject.isEmpty()) {
            subject.setReference(patient);
        }
        if (!patient.equals(patient(subject, "document.subject", requester).getReference())) {
            throw Refusal.unprocessable("consent-document", "The document is about the patient of the Consent.");
        }
        subject.setReference(patient);
        boolean staff = requester.isCustodiansSystem();
        // Patients and representatives store no documents otherwise; here it is a part of what they do. It is stored in
        // the custodian's name, so it may not ask by its references what they could not.
        boolean closed = Set.of(patient).containsAll(finder.references(document))
                && finder.matchUrls(document).isEmpty();
        if (!staff && !closed) {
            throw Refusal.unprocessable(
                    "consent-document", "A document that you file refers to nobody and nothing but the patient.");
        }
        String id = requests.create(staff ? requester : Requester.custodian(issuer), document);
        return document.fhirType() + "/" + id;
    }

    private void actors(Consent.ProvisionComponent provision, Requester requester) {
        for (Consent.provisionActorComponent actor : provision.getActor()) {
            if (isLogical(actor.getReference())) {
                actor.getReference().setReference(resolve(actor.getReference(), ACTORS, "actor", requester));
            }
        }
        provision.getProvision().forEach(nested -> actors(nested, requester));
    }

    private Reference patient(Reference reference, String what, Requester requester) {
        if (isLogical(reference)) {
            reference.setReference(resolve(reference, List.of("Patient"), what, requester));
        }
        return reference.setReference("Patient/" + literal(reference, "Patient", what));
    }

    /** Looks only among what the requester sees. */
    private String resolve(Reference reference, List<String> types, String what, Requester requester) {
        Identifier identifier = reference.getIdentifier();
        List<String> asked = types.stream()
                .filter(type -> !reference.hasType() || type.equals(reference.getType()))
                .toList();
        List<String> found = new ArrayList<>();
        for (String type : identifier.hasSystem() && identifier.hasValue() ? asked : List.<String>of()) {
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("identifier", new TokenParam(identifier.getSystem(), identifier.getValue()));
            for (IBaseResource one : requests.search(
                    requester,
                    type,
                    parameters,
                    Map.of("identifier", identifier.getSystem() + "|" + identifier.getValue()),
                    2)) {
                found.add(type + "/" + one.getIdElement().getIdPart());
            }
        }
        if (found.size() != 1) {
            throw Refusal.unprocessable(
                    "consent-reference",
                    "An identifier leads to nothing here, or to more than one: name it by a literal reference (" + what
                            + ").");
        }
        return found.get(0);
    }

    private static boolean isLogical(Reference reference) {
        return !reference.hasReference() && reference.hasIdentifier();
    }

    private static boolean sameIdentifier(Reference one, Reference other) {
        return other.hasIdentifier()
                && Objects.equals(
                        one.getIdentifier().getSystem(), other.getIdentifier().getSystem())
                && Objects.equals(
                        one.getIdentifier().getValue(), other.getIdentifier().getValue());
    }

    private static String literal(Reference reference, String type, String what) {
        return Optional.ofNullable(reference.getReference())
                .filter(text -> text.matches(type + "/[A-Za-z0-9.-]{1,64}"))
                .map(text -> text.substring(type.length() + 1))
                .orElseThrow(() -> Refusal.unprocessable(
                        "consent-reference", "Name it as " + type + "/[id], or by an identifier (" + what + ")."));
    }
}
