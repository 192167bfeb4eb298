package org.securemed.fhir.consent.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r4.model.BackboneElement;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Consent.provisionActorComponent;
import org.hl7.fhir.r4.model.Consent.provisionDataComponent;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.ResourceType;
import org.securemed.fhir.research.Study;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Actor;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.DataReference;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;

/** {@code Consent.provision}, element by element. Every element is translated or refused; none is skipped. */
final class ProvisionTranslator {
    private static final String PARTICIPATION_TYPE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private static final String RESOURCE_TYPES = "http://hl7.org/fhir/resource-types";

    /** Information recipient, primary information recipient: the actor is who gets the data, which is always so. */
    private static final Set<String> RECIPIENT = Set.of("IRCP", "PRCP");

    /** The study that may use the data, or may not; of HL7's extensions pack. */
    private static final String STUDY_CONTEXT = "http://hl7.org/fhir/StructureDefinition/consent-ResearchStudyContext";

    private static final Set<String> ACTOR_TYPES = Set.of(
            "Practitioner",
            "PractitionerRole",
            "Organization",
            "CareTeam",
            "Group",
            "Device",
            "RelatedPerson",
            "Patient");

    private final Periods periods;
    private final Predicate<Coding> knownRole;

    ProvisionTranslator(Periods periods, Predicate<Coding> knownRole) {
        this.periods = periods;
        this.knownRole = knownRole;
    }

    Provision translate(ProvisionComponent provision, String path) throws UntranslatableException {
        return translate(provision, path, 1);
    }

    private Provision translate(ProvisionComponent provision, String path, int depth) throws UntranslatableException {
        if (depth > Provision.MAX_DEPTH) {
            throw UntranslatableException.notEnforceable(
                    path, "Provisions may be nested %d deep.".formatted(Provision.MAX_DEPTH));
        }
        refuseModifiers(provision, path);
        Provision.Builder builder = typed(provision, path);
        if (provision.hasPeriod()) {
            builder.during(period(provision.getPeriod(), path + ".period"));
        }
        if (provision.hasDataPeriod()) {
            builder.dataFrom(period(provision.getDataPeriod(), path + ".dataPeriod"));
        }
        Optional<Coding> study = study(provision, path);
        for (int i = 0; i < provision.getActor().size(); i++) {
            Actor actor = actor(provision.getActor().get(i), at(path, "actor", i));
            builder.actor(study.isPresent() ? forStudy(actor, study.get(), at(path, "actor", i)) : actor);
        }
        if (study.isPresent() && provision.getActor().isEmpty()) {
            builder.actor(Actor.inRole(study.get()));
        }
        for (int i = 0; i < provision.getAction().size(); i++) {
            for (Coding coding : concept(provision.getAction().get(i), at(path, "action", i))) {
                builder.action(action(coding, at(path, "action", i)));
            }
        }
        for (int i = 0; i < provision.getPurpose().size(); i++) {
            builder.purpose(purpose(provision.getPurpose().get(i), at(path, "purpose", i)));
        }
        for (int i = 0; i < provision.getClass_().size(); i++) {
            builder.resourceType(resourceType(provision.getClass_().get(i), at(path, "class", i)));
        }
        for (int i = 0; i < provision.getCode().size(); i++) {
            concept(provision.getCode().get(i), at(path, "code", i)).forEach(builder::code);
        }
        for (int i = 0; i < provision.getSecurityLabel().size(); i++) {
            builder.label(coding(provision.getSecurityLabel().get(i), at(path, "securityLabel", i)));
        }
        for (int i = 0; i < provision.getData().size(); i++) {
            builder.data(data(provision.getData().get(i), at(path, "data", i)));
        }
        for (int i = 0; i < provision.getProvision().size(); i++) {
            builder.nested(translate(provision.getProvision().get(i), at(path, "provision", i), depth + 1));
        }
        return built(builder, path);
    }

    /** The research study that the provision is about, if it is about one. */
    private static Optional<Coding> study(ProvisionComponent provision, String path) throws UntranslatableException {
        List<Extension> contexts = provision.getExtensionsByUrl(STUDY_CONTEXT);
        if (contexts.isEmpty()) {
            return Optional.empty();
        }
        String at = path + ".extension(ResearchStudyContext)";
        if (contexts.size() > 1 || !(contexts.get(0).getValue() instanceof Reference reference)) {
            throw UntranslatableException.invalid(at, "A provision is about one study, by reference.");
        }
        String literal = literal(reference, at);
        if (!literal.startsWith("ResearchStudy/")) {
            throw UntranslatableException.invalid(at, "The study is named like ResearchStudy/17.");
        }
        return Optional.of(Study.role(literal));
    }

    /** The actor as far as they work for the study. */
    private static Actor forStudy(Actor actor, Coding study, String path) throws UntranslatableException {
        if (!actor.roles().isEmpty()) {
            throw UntranslatableException.notEnforceable(
                    path + ".role", "An actor of a study is named by reference, without another role.");
        }
        return new Actor(actor.reference(), List.of(study));
    }

    private static Provision built(Provision.Builder builder, String path) throws UntranslatableException {
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw UntranslatableException.notEnforceable(path, "The provision is beyond the limits: " + e.getMessage());
        }
    }

    private static Provision.Builder typed(ProvisionComponent provision, String path) throws UntranslatableException {
        if (!provision.hasType()) {
            throw UntranslatableException.required(path + ".type", "Say whether the provision is a permit or a deny.");
        }
        return switch (provision.getType()) {
            case PERMIT -> Provision.permit();
            case DENY -> Provision.deny();
            case NULL -> throw UntranslatableException.invalid(path + ".type", "The type is permit or deny.");
        };
    }

    private Period period(org.hl7.fhir.r4.model.Period period, String path) throws UntranslatableException {
        return periods.of(period)
                .orElseThrow(() -> UntranslatableException.invalid(
                        path, "A period has a start or an end, and starts before it ends."));
    }

    private Actor actor(provisionActorComponent actor, String path) throws UntranslatableException {
        refuseModifiers(actor, path);
        List<Coding> roles = new ArrayList<>();
        if (actor.hasRole()) {
            for (Coding role : concept(actor.getRole(), path + ".role")) {
                if (!isRecipient(role)) {
                    roles.add(enforceableRole(role, path + ".role"));
                }
            }
        }
        boolean named = actor.getReference().hasReference()
                || actor.getReference().hasIdentifier()
                || actor.getReference().getResource() != null;
        if (!named && roles.isEmpty()) {
            throw UntranslatableException.required(
                    path + ".reference", "Name the actor by a literal reference, or by a role other than recipient.");
        }
        String reference = named ? literal(actor.getReference(), path + ".reference") : "";
        if (named && !ACTOR_TYPES.contains(reference.substring(0, reference.indexOf('/')))) {
            throw UntranslatableException.notEnforceable(
                    path + ".reference",
                    "An actor is one of "
                            + String.join(", ", ACTOR_TYPES.stream().sorted().toList()) + ".");
        }
        return new Actor(reference, roles);
    }

    private static boolean isRecipient(Coding role) {
        return role.system().equals(PARTICIPATION_TYPE) && RECIPIENT.contains(role.code());
    }

    private Coding enforceableRole(Coding role, String path) throws UntranslatableException {
        if (!knownRole.test(role)) {
            throw UntranslatableException.notEnforceable(
                    path, "Requesters do not show this role here, so the provision would have no effect.");
        }
        return role;
    }

    private static Action action(Coding coding, String path) throws UntranslatableException {
        if (coding.system().equals(Action.SYSTEM)) {
            for (Action action : Action.values()) {
                if (action.code().equals(coding.code())) {
                    return action;
                }
            }
        }
        throw UntranslatableException.notEnforceable(path, "An action is a code of " + Action.SYSTEM + ".");
    }

    private static Coding purpose(org.hl7.fhir.r4.model.Coding purpose, String path) throws UntranslatableException {
        Coding coding = coding(purpose, path);
        if (coding.system().equals(Purposes.SYSTEM) && !Purposes.isKnown(coding)) {
            throw UntranslatableException.invalid(path, "The code is no purpose of use of v3-ActReason.");
        }
        return coding;
    }

    private static String resourceType(org.hl7.fhir.r4.model.Coding type, String path) throws UntranslatableException {
        Coding coding = coding(type, path);
        if (coding.system().equals(RESOURCE_TYPES)) {
            try {
                return ResourceType.fromCode(coding.code()).name();
            } catch (FHIRException e) {
                throw UntranslatableException.invalid(path, "The code is no FHIR R4 resource type.");
            }
        }
        throw UntranslatableException.notEnforceable(path, "A class is a code of " + RESOURCE_TYPES + ".");
    }

    private static DataReference data(provisionDataComponent data, String path) throws UntranslatableException {
        refuseModifiers(data, path);
        String reference = literal(data.getReference(), path + ".reference");
        if (!data.hasMeaning()) {
            throw UntranslatableException.required(path + ".meaning", "Say how the data stand to the reference.");
        }
        return switch (data.getMeaning()) {
            case INSTANCE -> new DataReference(DataReference.Meaning.INSTANCE, reference);
            case RELATED -> new DataReference(DataReference.Meaning.RELATED, reference);
            case DEPENDENTS -> new DataReference(DataReference.Meaning.DEPENDENTS, reference);
            case AUTHOREDBY -> new DataReference(DataReference.Meaning.AUTHORED_BY, reference);
            case NULL -> throw UntranslatableException.invalid(path + ".meaning", "The meaning is not known.");
        };
    }

    private static List<Coding> concept(CodeableConcept concept, String path) throws UntranslatableException {
        if (!concept.hasCoding()) {
            throw UntranslatableException.notEnforceable(path, "Text alone can't be enforced; add a coding.");
        }
        List<Coding> codings = new ArrayList<>();
        for (org.hl7.fhir.r4.model.Coding coding : concept.getCoding()) {
            codings.add(coding(coding, path));
        }
        return codings;
    }

    private static Coding coding(org.hl7.fhir.r4.model.Coding coding, String path) throws UntranslatableException {
        if (!coding.hasSystem() || !coding.hasCode()) {
            throw UntranslatableException.required(path, "A coding needs a system and a code.");
        }
        return Coding.ifValid(coding.getSystem(), coding.getCode())
                .orElseThrow(() -> UntranslatableException.invalid(path, "The system or the code is not well formed."));
    }

    /** A relative literal reference without version, such as {@code Practitioner/17}. */
    static String literal(Reference reference, String path) throws UntranslatableException {
        if (!reference.hasReference()) {
            throw UntranslatableException.notEnforceable(
                    path, "Name it by a literal reference like Practitioner/17, not by identifier or display.");
        }
        IdType id = new IdType(reference.getReference());
        boolean relative = id.hasResourceType() && id.hasIdPart() && !id.hasBaseUrl() && !id.hasVersionIdPart();
        String literal = id.getResourceType() + "/" + id.getIdPart();
        if (!relative || !literal.equals(reference.getReference()) || !id.isIdPartValid()) {
            throw UntranslatableException.notEnforceable(
                    path, "Name it by a literal reference of this server, like Practitioner/17, without version.");
        }
        return literal;
    }

    static void refuseModifiers(BackboneElement element, String path) throws UntranslatableException {
        if (element.hasModifierExtension()) {
            throw UntranslatableException.notEnforceable(
                    path + ".modifierExtension", "A modifier extension changes the meaning in a way not known here.");
        }
    }

    private static String at(String path, String element, int index) {
        return "%s.%s[%d]".formatted(path, element, index);
    }
}
