package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.model.ReadPartitionIdRequestDetails;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.dao.NonPersistedSearch;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.securemed.fhir.exchange.Exchange;
import org.springframework.beans.factory.ObjectProvider;

/** A search of ours within the work on a request, which finds what the requester's own would find. Thread-safe. */
final class GatedSearch {
    private final PartitionScope scope;
    private final NarrowView narrow;
    private final PartialView partial;
    private final ObjectProvider<DaoRegistry> daos;

    GatedSearch(PartitionScope scope, NarrowView narrow, PartialView partial, ObjectProvider<DaoRegistry> daos) {
        this.scope = scope;
        this.narrow = narrow;
        this.partial = partial;
        this.daos = daos;
    }

    /** What is found of a type. */
    List<IBaseResource> find(String type, SearchParameterMap parameters, RequestDetails request) {
        // HAPI doesn't announce this kind of search, so what limits the others is told of it here.
        RequestPartitionId partitions =
                scope.read(request, ReadPartitionIdRequestDetails.forSearchType(type, parameters, null));
        narrow.limit(new NonPersistedSearch(type), parameters, request);
        Exchange.of(request).ifPresent(exchange -> partial.limit(exchange, type, parameters, partitions));
        List<IBaseResource> found = new ArrayList<>();
        for (Object resource : daos.getObject().getResourceDao(type).searchForResources(parameters, request)) {
            found.add((IBaseResource) resource);
        }
        return found;
    }
}
