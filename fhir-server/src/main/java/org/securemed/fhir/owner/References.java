package org.securemed.fhir.owner;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.util.FhirTerser;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.util.LinkedHashSet;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DomainResource;
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
        for (ResourceReferenceInfo info : terser.getAllResourceReferences(resource)) {
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

    private static boolean containsPatient(IBaseResource resource) {
        if (resource instanceof Bundle bundle) {
            return bundle.getEntry().stream()
                    .map(Bundle.BundleEntryComponent::getResource)
                    .anyMatch(entry -> entry instanceof Patient || (entry != null && containsPatient(entry)));
        }
        return resource instanceof DomainResource domain
                && domain.getContained().stream().anyMatch(Patient.class::isInstance);
    }
}
