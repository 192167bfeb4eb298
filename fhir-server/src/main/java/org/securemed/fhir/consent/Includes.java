package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.model.api.Include;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.ReferenceOrListParam;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.springframework.beans.factory.ObjectProvider;

/**
 * {@code _include} and {@code _revinclude} for everyone who is subject to consent. HAPI follows them without regard to
 * partitions, and what is removed afterwards shows in totals and in what was included through it. Here they are
 * searches of their own, each within the requester's read set.
 *
 * @see <a href="https://hl7.org/fhir/R4/search.html#revinclude">FHIR R4, Including other resources in result</a>
 */
@Interceptor
public final class Includes {
    private static final String ASKED = Includes.class.getName();

    /** The most resources that are included in one page; the first ones in the order of type and id. */
    private static final int MOST = 1000;

    private final OwnerIndex index;
    private final PatientAccess access;
    private final FhirContext context;
    private final ObjectProvider<ISearchParamRegistry> registry;
    private final String baseUrl;
    private final GatedSearch search;
    private final LocalReferences references;

    private record Asked(List<Include> includes, List<Include> revIncludes) {}

    Includes(
            OwnerIndex index,
            PatientAccess access,
            FhirContext context,
            ObjectProvider<ISearchParamRegistry> registry,
            String baseUrl,
            GatedSearch search,
            LocalReferences references) {
        this.index = index;
        this.access = access;
        this.context = context;
        this.registry = registry;
        this.baseUrl = baseUrl;
        this.search = search;
        this.references = references;
    }

    /** Whether a search parameter asks for includes. */
    static boolean isInclude(String parameter) {
        return parameter.startsWith("_include") || parameter.startsWith("_revinclude");
    }

    /** Takes the includes out of the search that HAPI is about to run. */
    @Hook(Pointcut.STORAGE_PRESEARCH_REGISTERED)
    public void take(SearchParameterMap parameters, RequestDetails request) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()
                || access.seesEverything(exchange.get())
                || parameters.getIncludes().isEmpty()
                        && parameters.getRevIncludes().isEmpty()) {
            return;
        }
        List<Include> includes = List.copyOf(parameters.getIncludes());
        List<Include> revIncludes = List.copyOf(parameters.getRevIncludes());
        includes.forEach(this::requireKnown);
        revIncludes.forEach(this::requireKnown);
        request.getUserData().put(ASKED, new Asked(includes, revIncludes));
        parameters.setIncludes(new LinkedHashSet<>());
        parameters.setRevIncludes(new LinkedHashSet<>());
    }

    /** Adds to the page of matches what they refer to, and what refers to them. */
    @Hook(Pointcut.SERVER_OUTGOING_RESPONSE)
    public void add(RequestDetails request, IBaseResource answer) {
        if (!(request.getUserData().remove(ASKED) instanceof Asked asked) || !(answer instanceof Bundle bundle)) {
            return;
        }
        Map<String, Resource> matches = new LinkedHashMap<>();
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            if (entry.hasResource() && entry.getSearch().getMode() == Bundle.SearchEntryMode.MATCH) {
                matches.put(reference(entry.getResource()), entry.getResource());
            }
        }
        if (matches.isEmpty()) {
            return;
        }
        Map<String, IBaseResource> found = new TreeMap<>();
        referring(request, matches, asked.revIncludes(), found);
        Map<String, IBaseResource> sources = new LinkedHashMap<>(matches);
        sources.putAll(found);
        referredTo(request, sources.values(), asked.includes(), found);
        found.keySet().removeAll(matches.keySet());
        found.entrySet().stream().limit(MOST).forEach(entry -> {
            Bundle.BundleEntryComponent added = bundle.addEntry();
            added.setFullUrl(baseUrl + "/" + entry.getKey());
            added.setResource((Resource) entry.getValue());
            added.getSearch().setMode(Bundle.SearchEntryMode.INCLUDE);
        });
    }

    /** Whatever refers to a match belongs to the patients of that match, among others. */
    private void referring(
            RequestDetails request,
            Map<String, Resource> matches,
            List<Include> revIncludes,
            Map<String, IBaseResource> found) {
        Set<String> patients = new LinkedHashSet<>();
        for (Ownership ownership : index.findAll(matches.keySet()).values()) {
            patients.addAll(ownership.patients());
        }
        for (Include include : revIncludes) {
            ReferenceOrListParam targets = new ReferenceOrListParam();
            matches.keySet().stream()
                    .filter(match -> isTarget(include, match))
                    .forEach(match -> targets.add(new ReferenceParam(match)));
            if (targets.size() > 0) {
                SearchParameterMap parameters = SearchParameterMap.newSynchronous();
                parameters.add(include.getParamName(), targets);
                parameters.setLoadSynchronousUpTo(MOST);
                PartitionScope.within(patients, request, () -> search.find(include.getParamType(), parameters, request))
                        .forEach(resource -> found.put(reference(resource), resource));
            }
        }
    }

    private void referredTo(
            RequestDetails request,
            Collection<? extends IBaseResource> sources,
            List<Include> includes,
            Map<String, IBaseResource> found) {
        Map<String, TokenOrListParam> idsByType = new TreeMap<>();
        Set<String> wanted = new LinkedHashSet<>();
        for (Include include : includes) {
            for (IBaseResource source : sources) {
                if (source.fhirType().equals(include.getParamType())) {
                    wanted.addAll(targets(source, include));
                }
            }
        }
        for (String reference : wanted) {
            int slash = reference.indexOf('/');
            idsByType
                    .computeIfAbsent(reference.substring(0, slash), type -> new TokenOrListParam())
                    .add(new TokenParam(reference.substring(slash + 1)));
        }
        idsByType.forEach((type, ids) -> {
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("_id", ids);
            PartitionScope.following(request, () -> search.find(type, parameters, request))
                    .forEach(resource -> found.put(reference(resource), resource));
        });
    }

    private List<String> targets(IBaseResource source, Include include) {
        return references.of(source, include.getParamName()).stream()
                .filter(reference -> isTarget(include, reference))
                .toList();
    }

    private static boolean isTarget(Include include, String reference) {
        String type = include.getParamTargetType();
        return type == null || type.isEmpty() || reference.startsWith(type + "/");
    }

    private void requireKnown(Include include) {
        String type = include.getParamType();
        String name = include.getParamName();
        RuntimeSearchParam known =
                type == null || name == null || !context.getResourceTypes().contains(type)
                        ? null
                        : registry.getObject()
                                .getActiveSearchParam(
                                        type, name, ISearchParamRegistry.SearchParamLookupContextEnum.SEARCH);
        if (known == null) {
            throw new InvalidRequestException("There is no such reference to include: Type:parameter is expected.");
        }
    }

    private static String reference(IBaseResource resource) {
        return resource.fhirType() + "/" + resource.getIdElement().getIdPart();
    }
}
