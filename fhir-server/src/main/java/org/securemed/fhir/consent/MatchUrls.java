package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.instance.model.api.IBaseReference;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Resolves references by search ({@code Practitioner?identifier=…}) and conditional creates of the custodian's own
 * systems before HAPI does: the owners of a resource have to be known before it is stored. What matches nothing, or
 * several, is left to HAPI, which refuses it or finds it among what the same Bundle creates.
 *
 * @see <a href="https://hl7.org/fhir/R4/http.html#trules">FHIR R4, Transaction processing rules</a>
 */
final class MatchUrls {
    private final FhirContext context;
    private final ObjectProvider<DaoRegistry> daos;
    private final ObjectProvider<MatchUrlService> urls;

    MatchUrls(FhirContext context, ObjectProvider<DaoRegistry> daos, ObjectProvider<MatchUrlService> urls) {
        this.context = context;
        this.daos = daos;
        this.urls = urls;
    }

    /** Replaces the references by search in {@code resource} that match one resource. */
    void resolve(IBaseResource resource, RequestDetails request) {
        resolve(resource, request, new HashMap<>());
    }

    /**
     * Replaces the references by search in a transaction, and points references to entries that would create what is
     * there already to what is there.
     */
    void resolve(Bundle bundle, RequestDetails request) {
        Map<String, Optional<String>> known = new HashMap<>();
        Map<String, String> existing = new HashMap<>();
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            String query = entry.getRequest().getIfNoneExist();
            if (query != null && entry.hasFullUrl() && entry.hasResource()) {
                String type = entry.getResource().fhirType();
                String url = query.startsWith(type + "?") ? query : type + "?" + query;
                known.computeIfAbsent(url, key -> match(key, request))
                        .ifPresent(reference -> existing.put(entry.getFullUrl(), reference));
            }
        }
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            if (entry.hasResource()) {
                resolve(entry.getResource(), request, known);
                references(entry.getResource()).forEach(reference -> {
                    String target = existing.get(reference.getReferenceElement().getValue());
                    if (target != null) {
                        reference.setReference(target);
                    }
                });
            }
        }
    }

    private void resolve(IBaseResource resource, RequestDetails request, Map<String, Optional<String>> known) {
        for (IBaseReference reference : references(resource)) {
            String value = reference.getReferenceElement().getValue();
            if (value != null && value.indexOf('?') > 0) {
                known.computeIfAbsent(value, key -> match(key, request)).ifPresent(reference::setReference);
            }
        }
    }

    private List<IBaseReference> references(IBaseResource resource) {
        return context.newTerser().getAllResourceReferences(resource).stream()
                .map(ResourceReferenceInfo::getResourceReference)
                .toList();
    }

    private Optional<String> match(String url, RequestDetails request) {
        String type = url.substring(0, url.indexOf('?'));
        if (!context.getResourceTypes().contains(type)) {
            return Optional.empty();
        }
        SearchParameterMap parameters = urls.getObject().translateMatchUrl(url, context.getResourceDefinition(type));
        if (parameters.isEmpty()) {
            return Optional.empty();
        }
        parameters.setLoadSynchronousUpTo(2);
        List<? extends IBaseResource> found =
                List.copyOf(daos.getObject().getResourceDao(type).searchForResources(parameters, request));
        return found.size() == 1
                ? Optional.of(type + "/" + found.get(0).getIdElement().getIdPart())
                : Optional.empty();
    }
}
