package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.SharedTypes;

/**
 * {@code Patient/[id]/$everything}, from the owner index: what lies in the patient's partition and may be shown, in the
 * order of type and id, with the shared resources that it refers to. HAPI's own crosses partitions.
 *
 * @see <a href="https://hl7.org/fhir/R4/operation-patient-everything.html">Patient $everything</a>
 */
public final class EverythingProvider {
    /** Parameter of the next link: the last reference of the page before. */
    private static final String AFTER = "_after";

    private static final Set<String> KNOWN =
            Set.of("_type", "_count", AFTER, "_format", "_pretty", "_elements", "_summary");

    private static final int MOST = 500;
    private static final int ALL = 10_000;

    private final OwnerIndex index;
    private final OwnerFinder finder;
    private final PatientAccess access;
    private final ResourceAccess resources;
    private final DaoRegistry daos;
    private final String baseUrl;

    EverythingProvider(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ResourceAccess resources,
            DaoRegistry daos,
            String baseUrl) {
        this.index = index;
        this.resources = resources;
        this.finder = finder;
        this.access = access;
        this.daos = daos;
        this.baseUrl = baseUrl;
    }

    /** All that may be shown of one patient; paged only if {@code _count} is given. */
    @Operation(
            name = "$everything",
            typeName = "Patient",
            idempotent = true,
            bundleType = ca.uhn.fhir.model.valueset.BundleTypeEnum.SEARCHSET)
    public Bundle everything(@IdParam IdType id, RequestDetails request) {
        for (String parameter : request.getParameters().keySet()) {
            if (!KNOWN.contains(parameter)) {
                throw new InvalidRequestException("Unknown parameter for $everything. Known: _type, _count.");
            }
        }
        Exchange exchange = Exchange.of(request).orElseThrow();
        requireVisible(exchange, id.getIdPart());
        Set<Integer> partitions = partitions(id.getIdPart());
        Optional<Set<String>> types = types(request);
        int count = count(request);
        String after = Optional.ofNullable(single(request, AFTER)).orElse("");

        List<String> page = new ArrayList<>();
        boolean more = false;
        String position = after;
        scan:
        while (true) {
            List<String> batch = index.contents(partitions, position, MOST);
            Set<String> wanted = wanted(exchange, batch, types);
            Set<String> hidden = hidden(exchange, wanted, request);
            for (String reference : batch) {
                if (!hidden.contains(reference) && wanted.contains(reference)) {
                    if (page.size() == count) {
                        more = true;
                        break scan;
                    }
                    page.add(reference);
                }
                position = reference;
            }
            if (batch.size() < MOST) {
                break;
            }
        }
        return bundle(request, page, more);
    }

    /** What a token doesn't see of a type that it sees otherwise takes no place on a page. */
    private Set<String> hidden(Exchange exchange, Set<String> wanted, RequestDetails request) {
        List<String> narrowed = wanted.stream()
                .filter(reference -> access.narrows(exchange, reference.substring(0, reference.indexOf('/'))))
                .toList();
        Set<String> hidden = new LinkedHashSet<>(narrowed);
        hidden.removeAll(load(narrowed, request).keySet());
        return hidden;
    }

    private void requireVisible(Exchange exchange, String patient) {
        Optional<Ownership> known = index.find("Patient/" + patient);
        if (known.isPresent()) {
            exchange.name(patient);
            if (resources.permits(exchange, known.get(), "Patient/" + patient)
                    && !known.get().deleted()) {
                return;
            }
        }
        throw Refusal.notKnown("Patient", patient);
    }

    /** The patient's own, and those of what the patient has in common with others. */
    private Set<Integer> partitions(String patient) {
        Set<Integer> partitions = new TreeSet<>();
        index.partitionOf(patient).ifPresent(partitions::add);
        index.jointPartitions(List.of(patient)).forEach(joint -> partitions.add(joint.partition()));
        return partitions;
    }

    private Set<String> wanted(Exchange exchange, List<String> batch, Optional<Set<String>> types) {
        Map<String, Ownership> owners = index.findAll(batch);
        owners.keySet()
                .removeIf(reference ->
                        types.isPresent() && !types.get().contains(reference.substring(0, reference.indexOf('/'))));
        return resources.visible(exchange, owners);
    }

    private Bundle bundle(RequestDetails request, List<String> page, boolean more) {
        Map<String, IBaseResource> matches = load(page, request);
        Set<String> shared = new LinkedHashSet<>();
        matches.values()
                .forEach(resource -> finder.references(resource).stream()
                        .filter(reference -> SharedTypes.contains(reference.substring(0, reference.indexOf('/'))))
                        .sorted()
                        .forEach(shared::add));
        Bundle bundle = new Bundle();
        bundle.setType(Bundle.BundleType.SEARCHSET);
        bundle.addLink().setRelation(Constants.LINK_SELF).setUrl(link(request, null));
        if (more) {
            bundle.addLink().setRelation(Constants.LINK_NEXT).setUrl(link(request, page.get(page.size() - 1)));
        }
        page.forEach(reference -> add(bundle, reference, matches.get(reference), Bundle.SearchEntryMode.MATCH));
        Map<String, IBaseResource> included = load(new ArrayList<>(shared), request);
        new TreeMap<>(included)
                .forEach((reference, resource) -> add(bundle, reference, resource, Bundle.SearchEntryMode.INCLUDE));
        return bundle;
    }

    private void add(Bundle bundle, String reference, @Nullable IBaseResource resource, Bundle.SearchEntryMode mode) {
        if (resource != null) {
            Bundle.BundleEntryComponent entry = bundle.addEntry();
            entry.setFullUrl(baseUrl + "/" + reference);
            entry.setResource((Resource) resource);
            entry.getSearch().setMode(mode);
        }
    }

    /** Reads through HAPI's search, so that both layers of the gate see each resource. */
    private Map<String, IBaseResource> load(List<String> references, RequestDetails request) {
        Map<String, TokenOrListParam> idsByType = new LinkedHashMap<>();
        for (String reference : references) {
            int slash = reference.indexOf('/');
            idsByType
                    .computeIfAbsent(reference.substring(0, slash), type -> new TokenOrListParam())
                    .add(new TokenParam(reference.substring(slash + 1)));
        }
        Map<String, IBaseResource> found = new LinkedHashMap<>();
        idsByType.forEach((type, ids) -> {
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("_id", ids);
            for (Object resource : daos.getResourceDao(type).searchForResources(parameters, request)) {
                IBaseResource loaded = (IBaseResource) resource;
                found.put(type + "/" + loaded.getIdElement().getIdPart(), loaded);
            }
        });
        return found;
    }

    private static Optional<Set<String>> types(RequestDetails request) {
        String value = single(request, "_type");
        return value == null ? Optional.empty() : Optional.of(Set.copyOf(Arrays.asList(value.split(","))));
    }

    private static int count(RequestDetails request) {
        String value = single(request, "_count");
        if (value == null) {
            return ALL;
        }
        try {
            return Math.min(MOST, Math.max(1, Integer.parseInt(value)));
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("_count must be a number.");
        }
    }

    private static @Nullable String single(RequestDetails request, String name) {
        String[] values = request.getParameters().get(name);
        return values == null || values.length == 0 ? null : values[0];
    }

    private String link(RequestDetails request, @Nullable String after) {
        StringJoiner parameters = new StringJoiner("&", "?", "").setEmptyValue("");
        request.getParameters().forEach((name, values) -> {
            for (String value : values) {
                if (after == null || !name.equals(AFTER)) {
                    parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
                }
            }
        });
        if (after != null) {
            parameters.add(AFTER + "=" + URLEncoder.encode(after, StandardCharsets.UTF_8));
        }
        return baseUrl + "/" + request.getRequestPath() + parameters;
    }
}
