package org.securemed.fhir.consent;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.consent.translate.ResourceFactsExtractor;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.SharedTypes;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;

/**
 * Security labels ({@code meta.security}) by what a resource says: each sensitivity of its codes, and of those of the
 * Medications that it refers to, with confidentiality {@code R}, and {@code NORDSCLCD} (no redisclosure) where it is
 * about the use of substances or the sender has labelled it so. Labels are only added. What is shared tells of nobody
 * and bears none; a Consent is hidden by other means.
 */
final class Labelling {
    /** What 42 CFR Part 2 and like rules let nobody pass on who has got it. */
    private static final Set<Coding> SUBSTANCES = Set.of(
            SecurityLabels.sensitivity("ETH"),
            SecurityLabels.sensitivity("SUD"),
            SecurityLabels.sensitivity("ETHUD"),
            SecurityLabels.sensitivity("OPIOIDUD"),
            SecurityLabels.sensitivity("42CFRPart2"));

    private static final Coding NO_REDISCLOSURE = SecurityLabels.sensitivity("NORDSCLCD");

    private static final String MEDICATION = "Medication/";

    private final SensitivityLists lists;
    private final ResourceFactsExtractor extractor;
    private final OwnerIndex index;

    Labelling(SensitivityLists lists, ResourceFactsExtractor extractor, OwnerIndex index) {
        this.lists = lists;
        this.extractor = extractor;
        this.index = index;
    }

    /** Labels a resource that is about to be stored; true if it bore less before. */
    boolean label(IBaseResource resource) {
        return isLabelled(resource.fhirType())
                && add((Resource) resource, missing(extractor.extract((Resource) resource)));
    }

    /** Names what it labels by. */
    String digest() {
        return lists.digest();
    }

    /** Whether a stored resource with these facts bears less than it should. */
    boolean lacks(ResourceFacts facts) {
        return isLabelled(facts.resourceType()) && !missing(facts).isEmpty();
    }

    private static boolean isLabelled(String type) {
        return !type.equals("Consent") && !SharedTypes.contains(type);
    }

    private Set<Coding> missing(ResourceFacts facts) {
        Set<Coding> codings = new HashSet<>(facts.codes());
        codings.addAll(facts.mentionedCodes());
        List<String> medications = facts.references().stream()
                .filter(reference -> reference.startsWith(MEDICATION))
                .toList();
        if (!medications.isEmpty()) {
            index.facts(medications)
                    .forEach((reference, text) -> FactsText.read(reference, text)
                            .ifPresent(medication -> codings.addAll(medication.codes())));
        }
        Set<Coding> labels = new HashSet<>(lists.labels(codings));
        boolean confidential = facts.securityLabels().contains(SecurityLabels.RESTRICTED)
                || facts.securityLabels().contains(SecurityLabels.VERY_RESTRICTED);
        if (!labels.isEmpty() && !confidential) {
            labels.add(SecurityLabels.RESTRICTED);
        }
        if (labels.stream().anyMatch(SUBSTANCES::contains)
                || facts.securityLabels().stream().anyMatch(SUBSTANCES::contains)) {
            labels.add(NO_REDISCLOSURE);
        }
        labels.removeAll(facts.securityLabels());
        return labels;
    }

    /** Keeps the labels of the version before: who may write a resource may not by that make it less protected. */
    void keep(IBaseResource before, IBaseResource after) {
        Set<Coding> kept = new HashSet<>();
        ((Resource) before).getMeta().getSecurity().forEach(label -> {
            if (label.hasSystem() && label.hasCode()) {
                Coding.ifValid(label.getSystem(), label.getCode())
                        .filter(coding -> SecurityLabels.restricted(Set.of(coding))
                                || coding.system().equals(SecurityLabels.ACT_CODE))
                        .ifPresent(kept::add);
            }
        });
        ((Resource) after)
                .getMeta()
                .getSecurity()
                .forEach(label -> kept.removeIf(coding -> coding.system().equals(label.getSystem())
                        && coding.code().equals(label.getCode())));
        add((Resource) after, kept);
    }

    private static boolean add(Resource resource, Set<Coding> labels) {
        Meta meta = resource.getMeta();
        labels.stream()
                .sorted()
                .forEach(label -> meta.addSecurity().setSystem(label.system()).setCode(label.code()));
        return !labels.isEmpty();
    }
}
