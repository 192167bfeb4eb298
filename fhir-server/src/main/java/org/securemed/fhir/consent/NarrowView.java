package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.jpa.searchparam.matcher.SearchParamMatcher;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.param.TokenParamModifier;
import ca.uhn.fhir.rest.server.exceptions.InternalErrorException;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.GranularScopes;
import org.securemed.ledger.consent.Coding;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Limits what a token sees within a type: to what its granular scopes match, and to what bears no label of a topic that
 * the patient kept from the app. As part of the search itself, so that totals and pages count only that, and again on
 * whatever is about to be shown.
 */
@Interceptor
public final class NarrowView {
    private final PatientAccess access;
    private final ObjectProvider<SearchParamMatcher> matcher;

    NarrowView(PatientAccess access, ObjectProvider<SearchParamMatcher> matcher) {
        this.access = access;
        this.matcher = matcher;
    }

    /** Adds the conditions to the search that HAPI is about to run. */
    @Hook(Pointcut.STORAGE_PRESEARCH_REGISTERED)
    public void limit(
            ca.uhn.fhir.rest.server.util.ICachedSearchDetails search,
            SearchParameterMap parameters,
            RequestDetails request) {
        Exchange.of(request).ifPresent(exchange -> {
            String type = search.getResourceType();
            add(parameters, ScopeBound.conditions(exchange.requester(), type));
            for (Coding label : access.withheld(exchange)) {
                TokenParam not = new TokenParam(label.system(), label.code()).setModifier(TokenParamModifier.NOT);
                parameters.add(Constants.PARAM_SECURITY, not);
            }
        });
    }

    /** Whether a resource that its owners permit may be shown to this token. */
    boolean shows(Exchange exchange, IBaseResource resource) {
        Set<GranularScopes.Condition> conditions = ScopeBound.conditions(exchange.requester(), resource.fhirType());
        if (!conditions.isEmpty()) {
            SearchParameterMap wanted = new SearchParameterMap();
            add(wanted, conditions);
            var match = matcher.getObject().match(wanted, resource);
            if (!match.supported()) {
                throw new InternalErrorException("a condition of a scope cannot be compared in memory");
            }
            if (!match.matched()) {
                return false;
            }
        }
        Set<Coding> withheld = access.withheld(exchange);
        return withheld.isEmpty()
                || resource.getMeta().getSecurity().stream()
                        .noneMatch(label -> label.getCode() != null
                                && label.getSystem() != null
                                && Coding.ifValid(label.getSystem(), label.getCode())
                                        .filter(withheld::contains)
                                        .isPresent());
    }

    private static void add(SearchParameterMap parameters, Set<GranularScopes.Condition> conditions) {
        for (GranularScopes.Condition condition : conditions) {
            TokenOrListParam values = new TokenOrListParam();
            for (String value : condition.values()) {
                int bar = value.indexOf('|');
                values.add(
                        bar < 0
                                ? new TokenParam(value)
                                : new TokenParam(value.substring(0, bar), value.substring(bar + 1)));
            }
            parameters.add(condition.name(), values);
        }
    }
}
