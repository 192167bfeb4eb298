package org.securemed.fhir.consent.owner;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;

/** The resources that a transaction brings along, by all names under which its other entries may refer to them. */
public final class BundleEntries {
    /** Brings nothing. */
    public static final BundleEntries NONE = new BundleEntries(Map.of());

    private final Map<String, IBaseResource> byName;

    private BundleEntries(Map<String, IBaseResource> byName) {
        this.byName = byName;
    }

    /** The resources of {@code bundle}'s entries, by full URL and by the URL that they are put to. */
    public static BundleEntries of(Bundle bundle) {
        Map<String, IBaseResource> byName = new HashMap<>();
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            if (entry.getResource() == null) {
                continue;
            }
            if (entry.hasFullUrl()) {
                byName.put(entry.getFullUrl(), entry.getResource());
            }
            String url = entry.getRequest().getUrl();
            if (entry.getRequest().getMethod() == Bundle.HTTPVerb.PUT && url != null && url.indexOf('?') < 0) {
                byName.put(url, entry.getResource());
            }
        }
        return new BundleEntries(byName);
    }

    Optional<IBaseResource> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }
}
