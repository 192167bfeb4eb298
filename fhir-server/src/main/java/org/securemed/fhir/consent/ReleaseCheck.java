package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.rest.api.server.IPreResourceShowDetails;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;

/**
 * The second layer of the gate: whatever HAPI has loaded is shown only if its owner's consent permits it, by the same
 * decision that scoped the query. Includes reach here past HAPI's partitions.
 */
@Interceptor
public final class ReleaseCheck {
    /** Where HAPI keeps the partition of a resource that it loaded ({@code Constants.RESOURCE_PARTITION_ID}). */
    private static final String PARTITION = ca.uhn.fhir.rest.api.Constants.RESOURCE_PARTITION_ID;

    private final OwnerIndex index;
    private final PatientAccess access;

    ReleaseCheck(OwnerIndex index, PatientAccess access) {
        this.index = index;
        this.access = access;
    }

    /** Removes what may not be shown, and notes what will be. */
    @Hook(Pointcut.STORAGE_PRESHOW_RESOURCES)
    public void check(IPreResourceShowDetails details, RequestDetails request) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()) {
            return;
        }
        for (int i = 0; i < details.size(); i++) {
            IBaseResource resource = details.getResource(i);
            if (resource != null && !release(exchange.get(), resource)) {
                details.setResource(i, null);
            }
        }
    }

    private boolean release(Exchange exchange, IBaseResource resource) {
        String type = resource.fhirType();
        String id = resource.getIdElement().getIdPart();
        Ownership ownership = ownership(resource, type + "/" + id, exchange);
        if (!access.permits(exchange, ownership, type)) {
            return false;
        }
        exchange.show(new Touched(type, id, resource.getIdElement().getVersionIdPart(), ownership.patients()));
        return true;
    }

    private Ownership ownership(IBaseResource resource, String reference, Exchange exchange) {
        if (resource.getUserData(PARTITION) instanceof RequestPartitionId partition && partition.hasPartitionIds()) {
            Integer number = partition.getFirstPartitionIdOrNull();
            if (number == null || number == Partition.SHARED) {
                return new Ownership(Partition.SHARED, Set.of(), false);
            }
            Optional<Set<String>> patients = index.patientsOf(number);
            if (patients.isPresent()) {
                return new Ownership(number, patients.get(), false);
            }
        }
        return index.find(reference).orElse(new Ownership(Partition.QUARANTINE, Set.of(), false));
    }
}
