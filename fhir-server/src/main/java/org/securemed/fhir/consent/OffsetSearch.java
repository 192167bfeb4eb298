package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import org.securemed.fhir.exchange.Exchange;

/**
 * Runs every search by offset, so that none leaves a cached result behind that another requester or a later decision
 * could meet, and in an order that depends on nothing but what the requester may see.
 */
@Interceptor
public final class OffsetSearch {
    private final int defaultPageSize;

    OffsetSearch(int defaultPageSize) {
        this.defaultPageSize = defaultPageSize;
    }

    /** Called before the search runs; also for the searches of conditional interactions, which HAPI runs itself. */
    @Hook(Pointcut.STORAGE_PRESEARCH_REGISTERED)
    public void prepare(SearchParameterMap parameters, RequestDetails request) {
        if (Exchange.of(request).isEmpty()) {
            return;
        }
        sortById(parameters);
        if (parameters.isLoadSynchronous()) {
            return;
        }
        if (parameters.getOffset() == null) {
            parameters.setOffset(0);
        }
        if (parameters.getCount() == null) {
            parameters.setCount(defaultPageSize);
        }
    }

    private static void sortById(SearchParameterMap parameters) {
        SortSpec last = parameters.getSort();
        if (last == null) {
            parameters.setSort(new SortSpec("_id"));
            return;
        }
        while (last.getChain() != null) {
            last = last.getChain();
        }
        if (!"_id".equals(last.getParamName())) {
            last.setChain(new SortSpec("_id"));
        }
    }
}
