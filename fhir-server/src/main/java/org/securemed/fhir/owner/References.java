package org.securemed.fhir.owner;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.util.FhirTerser;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;

/**
 * All that a resource points to, as far as owners can follow from it: a closed world, so that neither an extension nor
 * a type outside the Patient compartment is overlooked.
 *
 * @param local {@code Type/id} of resources on this server
 * @param placeholders {@code urn:} references to entries of the same Bundle
 * @param matchUrls references by search, such as {@code Practitioner?identifier=…}
 * @param holdsForeignPatient whether it contains a Patient, or points to one on another server, who is nobody here
 */
record References(Set<String> local, Set<String> placeholders, Set<String> matchUrls, boolean holdsForeignPatient) {

    static References of(IBaseResource resource, FhirContext context, String baseUrl) {
        Set<String> local = new LinkedHashSet<>();
        Set<String> placeholders = new LinkedHashSet<>();
        Set<String> matchUrls = new LinkedHashSet<>();
        boolean foreign = containsPatient(resource);
        FhirTerser terser = context.newTerser();
        List<ResourceReferenceInfo> references = new ArrayList<>();
        for (IBaseResource part : parts(resource)) {
            references.addAll(terser.getAllResourceReferences(part));
            terser.getAllPopulatedChildElementsOfType(part, CanonicalType.class)
                    .forEach(canonical -> relative(canonical).ifPresent(local::add));
        }
        for (ResourceReferenceInfo info : references) {
            IIdType target = info.getResourceReference().getReferenceElement();
            String value = target.getValue();
            if (value == null || value.isBlank() || value.startsWith("#")) {
                continue;
            }
            if (value.startsWith("urn:")) {
                placeholders.add(value);
            } else if (value.indexOf('?') >= 0) {
                matchUrls.add(value);
            } else if (target.hasIdPart() && target.hasResourceType()) {
                if (!target.hasBaseUrl() || baseUrl.equals(target.getBaseUrl())) {
                    local.add(target.getResourceType() + "/" + target.getIdPart());
                } else if ("Patient".equals(target.getResourceType())) {
                    foreign = true;
                }
            }
        }
        return new References(local, placeholders, matchUrls, foreign);
    }

    /** HAPI takes a canonical without a base for a reference, and looks for what it names. */
    private static Optional<String> relative(CanonicalType canonical) {
        IdType target = new IdType(canonical.getValue());
        return target.hasIdPart() && target.hasResourceType() && !target.isAbsolute()
                ? Optional.of(target.getResourceType() + "/" + target.getIdPart())
                : Optional.empty();
    }

    private static boolean containsPatient(IBaseResource resource) {
        List<IBaseResource> parts = parts(resource);
        return parts.subList(1, parts.size()).stream().anyMatch(Patient.class::isInstance)
                || parts.stream()
                        .filter(DomainResource.class::isInstance)
                        .flatMap(part -> ((DomainResource) part).getContained().stream())
                        .anyMatch(Patient.class::isInstance);
    }

    /** The resource, and all that it carries in a Bundle's entries or as parameters, which no terser descends into. */
    private static List<IBaseResource> parts(IBaseResource resource) {
        List<IBaseResource> parts = new ArrayList<>();
        parts.add(resource);
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Bundle bundle) {
                bundle.getEntry().stream()
                        .filter(Bundle.BundleEntryComponent::hasResource)
                        .forEach(entry -> parts.add(entry.getResource()));
            } else if (parts.get(i) instanceof Parameters parameters) {
                parameters.getParameter().forEach(parameter -> add(parameter, parts));
            }
        }
        return parts;
    }

    private static void add(Parameters.ParametersParameterComponent parameter, List<IBaseResource> parts) {
        if (parameter.hasResource()) {
            parts.add(parameter.getResource());
        }
        parameter.getPart().forEach(part -> add(part, parts));
    }
}
