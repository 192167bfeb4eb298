package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.util.ICachedSearchDetails;
import java.util.List;
import org.securemed.fhir.exchange.Exchange;

/**
 * Limits a search to what may be seen of patients whose consents permit some resources of the type and not others: the
 * search names them by HAPI's keys, so that totals, pages and order are made of these alone.
 */
@Interceptor
public final class PartialView {
    /** Of no resource. */
    private static final long NONE = -1;

    private final ResourceAccess access;

    PartialView(ResourceAccess access) {
        this.access = access;
    }

    /** Adds the condition to the search that HAPI is about to run in {@code partitions}. */
    @Hook(Pointcut.STORAGE_PRESEARCH_REGISTERED)
    public void limit(
            ICachedSearchDetails search,
            SearchParameterMap parameters,
            RequestPartitionId partitions,
            RequestDetails request) {
        Exchange.of(request).ifPresent(exchange -> limit(exchange, search.getResourceType(), parameters, partitions));
    }

    /** Adds the condition to a search. */
    void limit(Exchange exchange, String type, SearchParameterMap parameters, RequestPartitionId partitions) {
        if (partitions.isAllPartitions()) {
            return;
        }
        access.keys(exchange, partitions.getPartitionIds(), type, NamedPatients.ids(parameters))
                .ifPresent(keys -> parameters.add(Constants.PARAM_PID, any(keys)));
    }

    private static TokenOrListParam any(List<Long> keys) {
        TokenOrListParam any = new TokenOrListParam();
        for (long key : keys.isEmpty() ? List.of(NONE) : keys) {
            any.add(new TokenParam(Long.toString(key)));
        }
        return any;
    }
}
