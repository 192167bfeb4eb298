package org.securemed.fhir.server;

import java.util.List;

/**
 * What an application adds to HAPI's servlet.
 *
 * @param interceptors HAPI interceptors in the order of registration
 * @param providers HAPI plain or resource providers; a later one wins over HAPI's own of equal match strength
 */
public record FhirExtensions(List<Object> interceptors, List<Object> providers) {
    public FhirExtensions {
        interceptors = List.copyOf(interceptors);
        providers = List.copyOf(providers);
    }
}
