package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.smart.Interaction;

/** Both layers of the gate, for a resource that is read by its id without HAPI. */
public final class ReadGate {
    private final PatientAccess access;
    private final OwnerIndex index;
    private final ReleaseCheck release;
    private final ResourceAccess resources;
    private final Redactions redactions;

    ReadGate(
            PatientAccess access,
            ResourceAccess resources,
            OwnerIndex index,
            Redactions redactions,
            ReleaseCheck release) {
        this.redactions = redactions;
        this.resources = resources;
        this.access = access;
        this.index = index;
        this.release = release;
    }

    /**
     * Where to look for a resource; empty if it was never stored, is not there for this requester, or may not be, or
     * not as it is stored.
     *
     * @throws RuntimeException a refusal, if the requester's role or token covers no such read
     */
    public Optional<Integer> partition(RequestDetails request, String type, String id) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty() || exchange.get().requester().isForResearch() || redactions.redacts(exchange.get())) {
            return Optional.empty();
        }
        access.requireRole(exchange.get(), type, Interaction.READ);
        // Which resources of the type a token sees may be judged by their content, and HAPI reads that.
        Optional<Ownership> there = index.find(type + "/" + id)
                .filter(found -> resources.permits(exchange.get(), found, type + "/" + id)
                        && !access.narrows(exchange.get(), type));
        there.ifPresent(found -> found.patients().forEach(exchange.get()::name));
        return there.map(Ownership::partition);
    }

    /** Whether what was found in {@code partition} may be shown; notes that it will be. */
    public boolean release(RequestDetails request, String type, String id, String version, int partition) {
        return Exchange.of(request)
                .filter(exchange -> release.release(exchange, type, id, version, partition))
                .isPresent();
    }
}
