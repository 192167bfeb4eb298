package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.jpa.searchparam.matcher.SearchParamMatcher;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.param.TokenParamModifier;
import ca.uhn.fhir.rest.server.exceptions.InternalErrorException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Basic;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
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
    private static final String BLANK = NarrowView.class.getName() + ".blank";

    private final PatientAccess access;
    private final ObjectProvider<SearchParamMatcher> matcher;
    private final ObjectProvider<DaoRegistry> daos;

    NarrowView(PatientAccess access, ObjectProvider<SearchParamMatcher> matcher, ObjectProvider<DaoRegistry> daos) {
        this.access = access;
        this.matcher = matcher;
        this.daos = daos;
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
        if (!matches(conditions, resource)) {
            return false;
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

    /** Whether a resource is what all of these conditions ask for. */
    boolean matches(Set<GranularScopes.Condition> conditions, IBaseResource resource) {
        if (conditions.isEmpty()) {
            return true;
        }
        SearchParameterMap wanted = new SearchParameterMap();
        add(wanted, conditions);
        var match = matcher.getObject().match(wanted, resource);
        if (!match.supported()) {
            throw new InternalErrorException("a condition of a scope cannot be compared in memory");
        }
        return match.matched();
    }

    /**
     * Whether a stored resource belongs to what this token sees of its type, by how it is now; to a token that sees the
     * whole type, everything does.
     */
    boolean showsNow(Exchange exchange, String type, String id) {
        if (!access.narrows(exchange, type)) {
            return true;
        }
        try {
            return shows(
                    exchange,
                    daos.getObject()
                            .getResourceDao(type)
                            .read(new IdType(type, id), SystemRequestDetails.forAllPartitions()));
        } catch (ResourceGoneException | ResourceNotFoundException e) {
            return false;
        }
    }

    /** What stands for a version that may not be shown until {@link #closeHistory} takes it out. */
    static IBaseResource blank(IBaseResource hidden) {
        Basic blank = new Basic();
        blank.setId(hidden.getIdElement().getIdPart());
        blank.getMeta().setVersionId(hidden.getIdElement().getVersionIdPart());
        blank.setUserData(BLANK, Boolean.TRUE);
        return blank;
    }

    /** A history tells nothing of the versions that were taken from it. */
    @Hook(Pointcut.SERVER_OUTGOING_RESPONSE)
    public void closeHistory(RequestDetails request, IBaseResource answer) {
        String type = request.getResourceName();
        if (type == null || !(answer instanceof Bundle bundle) || bundle.getType() != Bundle.BundleType.HISTORY) {
            return;
        }
        bundle.getEntry()
                .removeIf(entry -> entry.hasResource() && entry.getResource().hasUserData(BLANK));
        if (Exchange.of(request)
                .filter(exchange -> access.narrows(exchange, type))
                .isPresent()) {
            bundle.setTotal(bundle.getEntry().size());
            bundle.getLink().removeIf(link -> !"self".equals(link.getRelation()));
        }
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
