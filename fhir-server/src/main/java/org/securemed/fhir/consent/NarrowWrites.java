package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Interaction;

/**
 * Holds writes to the queries of scopes: what is created, changed or deleted has to match before, and what comes of it
 * after. Whoever gets here sees the resource, so that the refusal tells nothing new.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters">
 *     SMART App Launch 2.2, Finer-grained resource constraints</a>
 */
@Interceptor
public final class NarrowWrites {
    private final NarrowView view;

    NarrowWrites(NarrowView view) {
        this.view = view;
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_CREATED)
    public void created(IBaseResource resource, RequestDetails request) {
        require(resource, Interaction.CREATE, request);
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_UPDATED)
    public void updated(IBaseResource before, IBaseResource after, RequestDetails request) {
        require(before, Interaction.UPDATE, request);
        require(after, Interaction.UPDATE, request);
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_DELETED)
    public void deleted(IBaseResource resource, RequestDetails request) {
        require(resource, Interaction.DELETE, request);
    }

    private void require(IBaseResource resource, Interaction interaction, RequestDetails request) {
        Exchange.of(request).ifPresent(exchange -> {
            if (!view.matches(
                    ScopeBound.conditions(exchange.requester(), resource.fhirType(), interaction), resource)) {
                throw Refusal.scope();
            }
        });
    }
}
