package org.securemed.fhir.consent.translate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.Property;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Timing;
import org.securemed.ledger.consent.ResourceFacts;

/** Walks one resource and gathers its facts. Not for use by several threads. */
final class FactCollector {
    private static final Set<String> WHAT_IT_IS =
            Set.of("code", "type", "category", "vaccineCode", "medication[x]", "serviceType", "class");

    private static final Set<String> NOT_ITS_DATE =
            Set.of("birthDate", "deceased[x]", "expirationDate", "manufactureDate");

    private static final Set<String> AUTHORSHIP = Set.of(
            "author",
            "recorder",
            "asserter",
            "performer",
            "requester",
            "enterer",
            "provider",
            "informationSource",
            "informant",
            "attester",
            "resultsInterpreter",
            "assessor",
            "sender",
            "source",
            "agent");

    private final Periods periods;
    private final Set<org.securemed.ledger.consent.Coding> labels = new HashSet<>();
    private final Set<org.securemed.ledger.consent.Coding> codes = new HashSet<>();
    private final Set<org.securemed.ledger.consent.Coding> mentioned = new HashSet<>();
    private final List<org.securemed.ledger.consent.Period> dates = new ArrayList<>();
    private final List<org.securemed.ledger.consent.Period> lastUpdated = new ArrayList<>();
    private final Set<String> authors = new HashSet<>();
    private final Set<String> references = new HashSet<>();

    FactCollector(Periods periods) {
        this.periods = periods;
    }

    void collect(Resource resource) {
        meta(resource);
        unlisted(resource).forEach(value -> walk(value, false, false));
        for (Property property : resource.children()) {
            if (property.getName().equals("meta")) {
                continue;
            }
            boolean authorship = AUTHORSHIP.contains(property.getName());
            for (Base value : property.getValues()) {
                own(property.getName(), value);
                walk(value, WHAT_IT_IS.contains(property.getName()), authorship);
            }
        }
    }

    ResourceFacts facts(String type, String reference) {
        mentioned.removeAll(codes);
        return new ResourceFacts(
                type, reference, labels, codes, mentioned, dates.isEmpty() ? lastUpdated : dates, authors, references);
    }

    /** The dates of a resource are values directly below it. */
    private void own(String name, Base value) {
        if (NOT_ITS_DATE.contains(name)) {
            return;
        }
        if (value instanceof BaseDateTimeType dateTime) {
            periods.of(dateTime).ifPresent(dates::add);
        } else if (value instanceof Period period) {
            periods.of(period).ifPresent(dates::add);
        } else if (value instanceof Timing timing) {
            timing.getEvent().forEach(event -> periods.of(event).ifPresent(dates::add));
            if (timing.getRepeat().hasBoundsPeriod()) {
                periods.of(timing.getRepeat().getBoundsPeriod()).ifPresent(dates::add);
            }
        }
    }

    /** What resources that have a canonical URL do not count among their children (HAPI's MetadataResource). */
    private static List<Base> unlisted(Base value) {
        if (!(value instanceof DomainResource resource)
                || resource.children().stream()
                        .anyMatch(property -> property.getName().equals("extension"))) {
            return List.of();
        }
        List<Base> unlisted = new ArrayList<>(resource.getContained());
        unlisted.addAll(resource.getExtension());
        unlisted.addAll(resource.getModifierExtension());
        return unlisted;
    }

    private void walk(Base value, boolean whatItIs, boolean authorship) {
        if (value instanceof Coding coding) {
            code(coding, whatItIs ? codes : mentioned);
        } else if (value instanceof Reference reference) {
            refer(reference, authorship);
        } else if (value instanceof CanonicalType canonical) {
            refer(new Reference(canonical.getValue()), authorship);
        } else if (value instanceof Resource inner) {
            meta(inner);
        }
        if (value.isPrimitive()) {
            return;
        }
        boolean inner = value instanceof Resource;
        unlisted(value).forEach(child -> walk(child, false, false));
        for (Property property : value.children()) {
            if (inner && property.getName().equals("meta")) {
                continue;
            }
            for (Base child : property.getValues()) {
                if (inner) {
                    own(property.getName(), child);
                }
                // What an inner resource is, the resource only mentions.
                walk(child, whatItIs && !inner, authorship);
            }
        }
    }

    private void meta(Resource resource) {
        if (!resource.hasMeta()) {
            return;
        }
        resource.getMeta().getSecurity().forEach(label -> code(label, labels));
        periods.of(resource.getMeta().getLastUpdatedElement()).ifPresent(lastUpdated::add);
    }

    private static void code(Coding coding, Set<org.securemed.ledger.consent.Coding> into) {
        if (coding.hasCode()) {
            String system = coding.hasSystem() ? coding.getSystem() : "";
            org.securemed.ledger.consent.Coding.ifValid(system, coding.getCode())
                    .ifPresent(into::add);
        }
    }

    private void refer(Reference reference, boolean authorship) {
        if (!reference.hasReference()) {
            return;
        }
        IdType id = new IdType(reference.getReference());
        if (id.hasResourceType() && id.hasIdPart() && !id.hasBaseUrl()) {
            String literal = id.getResourceType() + "/" + id.getIdPart();
            references.add(literal);
            if (authorship) {
                authors.add(literal);
            }
        }
    }
}
