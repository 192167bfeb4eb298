package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.Constants;
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

    /** A history, too, is paged by offset: HAPI decides that by the parameter. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_POST_PROCESSED)
    public void page(RequestDetails request) {
        if ("_history".equals(request.getOperation())
                && request.getId() != null
                && !request.getParameters().containsKey(Constants.PARAM_OFFSET)) {
            request.addParameter(Constants.PARAM_OFFSET, new String[] {"0"});
            if (!request.getParameters().containsKey(Constants.PARAM_COUNT)) {
                request.addParameter(Constants.PARAM_COUNT, new String[] {String.valueOf(defaultPageSize)});
            }
        }
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
