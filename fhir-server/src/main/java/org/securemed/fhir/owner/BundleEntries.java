package org.securemed.fhir.owner;

import ca.uhn.fhir.jpa.model.util.JpaConstants;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;

/** The resources that a transaction brings along, by all names under which its other entries may refer to them. */
public final class BundleEntries {
    /** Brings nothing. */
    public static final BundleEntries NONE = new BundleEntries(name -> Optional.empty(), Set.of(), Map.of());

    private final Function<String, Optional<IBaseResource>> byName;
    private final Set<IBaseResource> posted;
    private final Map<IBaseResource, String> conditional;

    private BundleEntries(
            Function<String, Optional<IBaseResource>> byName,
            Set<IBaseResource> posted,
            Map<IBaseResource, String> conditional) {
        this.byName = byName;
        this.posted = posted;
        this.conditional = conditional;
    }

    /**
     * The resources of {@code bundle}'s entries, by full URL, by the URL that they are put to, and by the search that
     * decides whether they are created. Entries of a batch do not know each other, so that it has no names.
     */
    public static BundleEntries of(Bundle bundle) {
        boolean linked = bundle.getType() == Bundle.BundleType.TRANSACTION;
        Map<String, IBaseResource> byName = new HashMap<>();
        Set<IBaseResource> posted = Collections.newSetFromMap(new IdentityHashMap<>());
        Map<IBaseResource, String> conditional = new IdentityHashMap<>();
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            if (entry.getResource() == null) {
                continue;
            }
            if (linked && entry.hasFullUrl()) {
                byName.put(entry.getFullUrl(), entry.getResource());
            }
            if (entry.getRequest().getMethod() == Bundle.HTTPVerb.POST) {
                posted.add(entry.getResource());
            }
            if (linked && entry.getRequest().hasIfNoneExist()) {
                String query = entry.getRequest().getIfNoneExist();
                String type = entry.getResource().fhirType() + "?";
                byName.put(query.startsWith(type) ? query : type + query, entry.getResource());
            }
            String url = entry.getRequest().getUrl();
            if (entry.getRequest().getMethod() == Bundle.HTTPVerb.PUT && url != null) {
                if (url.indexOf('?') >= 0) {
                    conditional.put(entry.getResource(), url);
                } else if (linked) {
                    byName.put(url, entry.getResource());
                }
            }
        }
        return new BundleEntries(name -> Optional.ofNullable(byName.get(name)), posted, conditional);
    }

    /**
     * What is stored already, though nobody knows to whom it belongs.
     *
     * @param byReference finds it by {@code Type/id}; the same object for the same reference
     */
    static BundleEntries lookedUp(Function<String, Optional<IBaseResource>> byReference) {
        return new BundleEntries(byReference, Set.of(), Map.of());
    }

    /** The search by which an entry says what it updates: {@code Type?…}; empty if it says so by id. */
    public Optional<String> conditionalUrl(IBaseResource resource) {
        return Optional.ofNullable(conditional.get(resource));
    }

    /**
     * Whether the server assigns, or has just assigned, the id of {@code resource}: whatever id it carries in a POST
     * means nothing.
     */
    public boolean isNew(IBaseResource resource) {
        String id = resource.getIdElement().getIdPart();
        return id == null
                || id.startsWith("urn:")
                || posted.contains(resource)
                || resource.getUserData(JpaConstants.RESOURCE_ID_SERVER_ASSIGNED) == Boolean.TRUE;
    }

    Optional<IBaseResource> find(String name) {
        return byName.apply(name);
    }
}
