package org.securemed.fhir.owner;

import ca.uhn.fhir.jpa.model.util.JpaConstants;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;

/** The resources that a transaction brings along, by all names under which its other entries may refer to them. */
public final class BundleEntries {
    /** Brings nothing. */
    public static final BundleEntries NONE = new BundleEntries(Map.of(), Set.of());

    private final Map<String, IBaseResource> byName;
    private final Set<IBaseResource> posted;

    private BundleEntries(Map<String, IBaseResource> byName, Set<IBaseResource> posted) {
        this.byName = byName;
        this.posted = posted;
    }

    /**
     * The resources of {@code bundle}'s entries, by full URL, by the URL that they are put to, and by the search that
     * decides whether they are created. Entries of a batch do not know each other, so that it has no names.
     */
    public static BundleEntries of(Bundle bundle) {
        boolean linked = bundle.getType() == Bundle.BundleType.TRANSACTION;
        Map<String, IBaseResource> byName = new HashMap<>();
        Set<IBaseResource> posted = Collections.newSetFromMap(new IdentityHashMap<>());
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
            boolean put = entry.getRequest().getMethod() == Bundle.HTTPVerb.PUT;
            if (linked && put && url != null && url.indexOf('?') < 0) {
                byName.put(url, entry.getResource());
            }
        }
        return new BundleEntries(byName, posted);
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
        return Optional.ofNullable(byName.get(name));
    }
}
