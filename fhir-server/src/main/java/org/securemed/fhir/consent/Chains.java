package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.ReadPartitionIdRequestDetails;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.model.api.IQueryParameterType;
import ca.uhn.fhir.rest.api.RestSearchParameterTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.HasParam;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Interaction;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Chained parameters and {@code _has} for everyone who is subject to consent. HAPI follows them through partitions that
 * the requester may not see. Here the other end of a link is searched for first, as the requester could have done, and
 * the search that was asked for then names what was found there.
 *
 * @see <a href="https://hl7.org/fhir/R4/search.html#chaining">FHIR R4, Chained parameters</a>
 * @see <a href="https://hl7.org/fhir/R4/search.html#has">FHIR R4, Reverse chaining</a>
 */
@Interceptor
public final class Chains {
    private static final String HAS = "_has";

    /** An id that nothing has, for what leads nowhere. */
    static final String NOBODY = UUID.randomUUID().toString();

    /** How many resources the other end of a link may be. */
    static final int MOST = 200;

    private final PatientAccess access;
    private final Redactions redactions;
    private final FhirContext context;
    private final ObjectProvider<ISearchParamRegistry> registry;
    private final ObjectProvider<MatchUrlService> matchUrls;
    private final GatedSearch search;
    private final LocalReferences references;

    Chains(
            PatientAccess access,
            Redactions redactions,
            FhirContext context,
            ObjectProvider<ISearchParamRegistry> registry,
            ObjectProvider<MatchUrlService> matchUrls,
            GatedSearch search,
            LocalReferences references) {
        this.access = access;
        this.redactions = redactions;
        this.context = context;
        this.registry = registry;
        this.matchUrls = matchUrls;
        this.search = search;
        this.references = references;
    }

    /**
     * Takes the links out of a search before HAPI is told where it may look, which is said by what takes their place.
     *
     * @return nothing: {@link PartitionScope} says where
     */
    @Hook(value = Pointcut.STORAGE_PARTITION_IDENTIFY_READ, order = -1)
    public @Nullable RequestPartitionId follow(RequestDetails request, ReadPartitionIdRequestDetails details) {
        Optional<Exchange> exchange = Exchange.of(request);
        String type = details.getResourceType();
        SearchParameterMap parameters = details.getSearchParams();
        if (type != null && parameters != null && exchange.isPresent() && !access.mayAskAnything(exchange.get())) {
            follow(exchange.get(), request, type, parameters);
        }
        return null;
    }

    private void follow(Exchange exchange, RequestDetails request, String type, SearchParameterMap parameters) {
        for (String name : List.copyOf(parameters.keySet())) {
            List<List<IQueryParameterType>> conjuncts = parameters.get(name);
            if (name.equals(HAS)) {
                parameters.remove(HAS);
                conjuncts.forEach(any -> parameters.add("_id", referredTo(exchange, request, type, any)));
            } else if (conjuncts.stream().flatMap(List::stream).anyMatch(Chains::isChained)) {
                List<List<IQueryParameterType>> named = new ArrayList<>();
                conjuncts.forEach(any -> named.add(
                        any.stream().anyMatch(Chains::isChained) ? ends(exchange, request, type, name, any) : any));
                parameters.put(name, named);
            }
        }
    }

    private static boolean isChained(IQueryParameterType value) {
        return value instanceof ReferenceParam reference && reference.hasChain();
    }

    /** What the other ends of a chain are, as values of its parameter. */
    private List<IQueryParameterType> ends(
            Exchange exchange, RequestDetails request, String type, String name, List<IQueryParameterType> any) {
        ReferenceParam first = (ReferenceParam) any.get(0);
        String target = target(type, name, first.getResourceType(), first.getChain());
        Set<String> ends = new TreeSet<>();
        for (IBaseResource end : find(exchange, request, target, first.getChain(), values(any))) {
            ends.add(target + "/" + end.getIdElement().getIdPart());
        }
        if (ends.isEmpty()) {
            ends.add(target + "/" + NOBODY);
        }
        List<IQueryParameterType> references = new ArrayList<>();
        ends.forEach(end -> references.add(new ReferenceParam(end)));
        return references;
    }

    private static List<String> values(List<IQueryParameterType> any) {
        return any.stream().map(value -> ((ReferenceParam) value).getValue()).toList();
    }

    /** The ids of those of {@code type} to which what is found refers. */
    private TokenOrListParam referredTo(
            Exchange exchange, RequestDetails request, String type, List<IQueryParameterType> any) {
        Set<String> ids = new TreeSet<>();
        for (IQueryParameterType value : any) {
            HasParam has = (HasParam) value;
            String source = has.getTargetResourceType();
            reference(source, has.getReferenceFieldName());
            String sought = has.getParameterName();
            for (IBaseResource found : find(exchange, request, source, sought, List.of(has.getParameterValue()))) {
                references.of(found, has.getReferenceFieldName()).stream()
                        .filter(target -> target.startsWith(type + "/"))
                        .forEach(target -> ids.add(target.substring(type.length() + 1)));
            }
        }
        TokenOrListParam named = new TokenOrListParam();
        (ids.isEmpty() ? Set.of(NOBODY) : ids).forEach(id -> named.add(new TokenParam(id)));
        return named;
    }

    private List<IBaseResource> find(
            Exchange exchange, RequestDetails request, String type, String parameter, List<String> values) {
        access.requireRole(exchange, type, Interaction.SEARCH);
        String query = type + "?" + encoded(parameter) + "="
                + values.stream().map(Chains::encoded).collect(Collectors.joining(","));
        SearchRules.checkQuery(type, query);
        redactions.requireNotSought(exchange, type, SearchRules.parameters(query));
        SearchParameterMap wanted = matchUrls.getObject().translateMatchUrl(query, context.getResourceDefinition(type));
        wanted.setLoadSynchronousUpTo(MOST + 1);
        List<IBaseResource> found = search.find(type, wanted, request);
        if (found.size() > MOST) {
            throw Refusal.notOffered("Narrow the condition on " + type + ": it holds for more than " + MOST + ".");
        }
        return found;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** The type at the other end of a chain; unless it is said, the one that has the parameter, or the link's name. */
    private String target(String type, String name, @Nullable String said, String chain) {
        RuntimeSearchParam reference = reference(type, name);
        if (said != null) {
            requireType(said);
            return said;
        }
        String sought = chain.split("[:.]", 2)[0];
        List<String> targets = reference.getTargets().stream()
                .filter(target -> sought.startsWith("_") || parameter(target, sought) != null)
                .toList();
        if (targets.isEmpty()) {
            throw new InvalidRequestException("There is no such parameter at the other end to search by.");
        }
        return targets.stream()
                .filter(target -> targets.size() == 1 || target.equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidRequestException("Say of which type the target is, as in subject:Patient.name."));
    }

    private RuntimeSearchParam reference(String type, String name) {
        requireType(type);
        RuntimeSearchParam known = parameter(type, name);
        if (known == null || known.getParamType() != RestSearchParameterTypeEnum.REFERENCE) {
            throw new InvalidRequestException("There is no such reference to search by.");
        }
        return known;
    }

    private void requireType(String type) {
        if (!context.getResourceTypes().contains(type)) {
            throw new InvalidRequestException("There is no such type of resource to search by.");
        }
    }

    private @Nullable RuntimeSearchParam parameter(String type, String name) {
        return registry.getObject()
                .getActiveSearchParam(type, name, ISearchParamRegistry.SearchParamLookupContextEnum.SEARCH);
    }
}
