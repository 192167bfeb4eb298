package org.securemed.fhir.consent.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Consent.provisionActorComponent;
import org.hl7.fhir.r4.model.Consent.provisionDataComponent;
import org.jspecify.annotations.Nullable;

/**
 * The content profiles of IHE PCF, and what a Consent that claims one in {@code meta.profile} lacks of it. The rules
 * are those of the profiles' differentials, in their order, so that a Consent is checked in microseconds; a test
 * compares them with HAPI's validator on the published StructureDefinitions.
 *
 * @see <a href="https://profiles.ihe.net/ITI/PCF/volume-3.html">IHE PCF, volume 3, content profiles</a>
 */
public enum PcfProfile {
    /** Permit or deny by who, for what purpose and how long. */
    BASIC("consentBasic"),
    /** Also by dates, authors and single resources, and with provisions nested once. */
    INTERMEDIATE("consentIntermediate"),
    /** Also by security labels. */
    ADVANCED("consentAdvanced");

    /**
     * What a Consent lacks of the profile that it claims.
     *
     * @param expression FHIRPath of the element
     * @param text what the profile asks for
     */
    public record Deviation(String expression, String text) {}

    private static final String BASE = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.";
    private static final String SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope";
    private static final String PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private static final String PROVISION = "Consent.provision";

    /** Enough to mend it; a Consent with more is told of these first. */
    private static final int MOST = 20;

    private static final Set<String> RELATED = Set.of("Encounter", "CarePlan", "EpisodeOfCare");
    private static final Set<String> AUTHORS = Set.of(
            "Practitioner",
            "PractitionerRole",
            "Organization",
            "Device",
            "Group",
            "CareTeam",
            "Patient",
            "RelatedPerson");

    private final String url;

    PcfProfile(String name) {
        this.url = BASE + name;
    }

    /** The profile's canonical URL. */
    public String url() {
        return url;
    }

    /** What {@code consent} lacks of the PCF profiles that it claims, at most 20; nothing if it claims none. */
    public static List<Deviation> deviations(Consent consent) {
        List<Deviation> found = new ArrayList<>();
        for (CanonicalType claimed : consent.getMeta().getProfile()) {
            named(claimed.getValue()).ifPresent(profile -> found.addAll(profile.lacking(consent)));
        }
        return found.stream().distinct().limit(MOST).toList();
    }

    private static Optional<PcfProfile> named(@Nullable String canonical) {
        String name = canonical == null ? "" : canonical.split("\\|", 2)[0];
        for (PcfProfile profile : values()) {
            if (profile.url.equals(name)) {
                return Optional.of(profile);
            }
        }
        return Optional.empty();
    }

    private List<Deviation> lacking(Consent consent) {
        Check check = new Check();
        check.required(consent.hasStatus(), "Consent.status");
        check.required(
                hasCoding(consent.getScope(), SCOPE, "patient-privacy"), "Consent.scope", "has coding patient-privacy");
        check.required(consent.hasCategory(), "Consent.category");
        check.required(consent.hasPatient(), "Consent.patient");
        check.required(consent.hasDateTime(), "Consent.dateTime");
        check.required(consent.hasPerformer(), "Consent.performer");
        check.required(consent.hasOrganization(), "Consent.organization");
        check.required(consent.hasSource(), "Consent.source");
        for (int i = 0; i < consent.getPolicy().size(); i++) {
            check.required(consent.getPolicy().get(i).hasUri(), "Consent.policy[" + i + "].uri");
        }
        check.absent(consent.hasVerification(), "Consent.verification");
        check.required(consent.hasProvision(), PROVISION);
        if (consent.hasProvision()) {
            root(consent.getProvision(), check);
        }
        return check.found;
    }

    private void root(ProvisionComponent provision, Check check) {
        check.required(provision.hasType(), PROVISION + ".type");
        for (int i = 0; i < provision.getActor().size(); i++) {
            provisionActorComponent actor = provision.getActor().get(i);
            check.required(
                    hasCoding(actor.getRole(), PARTICIPATION, "IRCP"),
                    PROVISION + ".actor[" + i + "].role",
                    "has coding IRCP");
        }
        check.absent(provision.hasAction(), PROVISION + ".action");
        check.absent(provision.hasClass_(), PROVISION + ".class");
        check.absent(provision.hasCode(), PROVISION + ".code");
        check.absent(this != ADVANCED && provision.hasSecurityLabel(), PROVISION + ".securityLabel");
        check.absent(this == BASIC && provision.hasDataPeriod(), PROVISION + ".dataPeriod");
        check.absent(this == BASIC && provision.hasData(), PROVISION + ".data");
        check.absent(this == BASIC && provision.hasProvision(), PROVISION + ".provision");
        if (this == INTERMEDIATE) {
            data(provision, PROVISION, Integer.MAX_VALUE, check);
        }
        if (this != BASIC) {
            for (int i = 0; i < provision.getProvision().size(); i++) {
                nested(provision.getProvision().get(i), PROVISION + ".provision[" + i + "]", check);
            }
        }
    }

    private void nested(ProvisionComponent provision, String path, Check check) {
        check.absent(provision.hasProvision(), path + ".provision");
        if (this == INTERMEDIATE) {
            data(provision, path, 1, check);
        }
    }

    /** @param most how many of each meaning */
    private static void data(ProvisionComponent provision, String path, int most, Check check) {
        TreeMap<Consent.ConsentDataMeaning, Integer> count = new TreeMap<>();
        for (int i = 0; i < provision.getData().size(); i++) {
            provisionDataComponent data = provision.getData().get(i);
            String at = path + ".data[" + i + "]";
            Consent.ConsentDataMeaning meaning = data.getMeaning();
            if (meaning == null
                    || meaning == Consent.ConsentDataMeaning.DEPENDENTS
                    || meaning == Consent.ConsentDataMeaning.NULL) {
                check.required(false, at + ".meaning", "is instance, related or authoredby");
                continue;
            }
            check.required(count.merge(meaning, 1, Integer::sum) <= most, at, "occurs once for each meaning");
            String type = data.getReference().getReferenceElement().getResourceType();
            if (meaning == Consent.ConsentDataMeaning.RELATED) {
                check.required(
                        type == null || RELATED.contains(type),
                        at + ".reference",
                        "names an Encounter, CarePlan or EpisodeOfCare");
            } else if (meaning == Consent.ConsentDataMeaning.AUTHOREDBY) {
                check.required(
                        type == null || AUTHORS.contains(type),
                        at + ".reference",
                        "names a person, organization, group or device");
            }
        }
    }

    private static boolean hasCoding(CodeableConcept concept, String system, String code) {
        return concept.hasCoding(system, code);
    }

    private final class Check {
        private final List<Deviation> found = new ArrayList<>();

        void required(boolean there, String path) {
            required(there, path, "is there");
        }

        void required(boolean fulfilled, String path, String what) {
            if (!fulfilled) {
                found.add(new Deviation(path, "By the profile " + url + " this " + what + "."));
            }
        }

        void absent(boolean there, String path) {
            required(!there, path, "is not there");
        }
    }
}
