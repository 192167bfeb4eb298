package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.IPreResourceShowDetails;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.ShownVersions;

/**
 * The second layer of the gate: whatever HAPI has loaded is shown only if its owner's consent permits it, by the same
 * decision that scoped the query. Includes reach here past HAPI's partitions.
 */
@Interceptor
public final class ReleaseCheck {
    /** Where HAPI keeps the partition of a resource that it loaded ({@code Constants.RESOURCE_PARTITION_ID}). */
    private static final String PARTITION = ca.uhn.fhir.rest.api.Constants.RESOURCE_PARTITION_ID;

    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

    private final OwnerIndex index;
    private final PatientAccess access;
    private final NarrowView view;
    private final ShownVersions shown;

    ReleaseCheck(OwnerIndex index, PatientAccess access, NarrowView view, ShownVersions shown) {
        this.shown = shown;
        this.view = view;
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
                // HAPI builds a history of what is there, and fails over what isn't.
                details.setResource(
                        i,
                        request.getRestOperationType() == RestOperationTypeEnum.HISTORY_INSTANCE
                                ? NarrowView.blank(resource)
                                : null);
            }
        }
    }

    private boolean release(Exchange exchange, IBaseResource resource) {
        Integer partition = null;
        if (resource.getUserData(PARTITION) instanceof RequestPartitionId known && known.hasPartitionIds()) {
            Integer number = known.getFirstPartitionIdOrNull();
            partition = number == null ? Partition.SHARED : number;
        }
        return view.shows(exchange, resource)
                && release(
                        exchange,
                        resource.fhirType(),
                        resource.getIdElement().getIdPart(),
                        resource.getIdElement().getVersionIdPart(),
                        partition);
    }

    /**
     * Whether a resource that was loaded may be shown; notes that it will be.
     *
     * @param partition where it was found; null if that is not known
     */
    boolean release(Exchange exchange, String type, String id, @Nullable String version, @Nullable Integer partition) {
        Ownership ownership = ownership(type + "/" + id, partition);
        if (!access.permits(exchange, ownership, type)) {
            return false;
        }
        if (version != null && VERSION.matcher(version).matches()) {
            shown.showing(type, id, Long.parseLong(version));
        }
        exchange.show(new Touched(type, id, version, ownership.patients()));
        return true;
    }

    private Ownership ownership(String reference, @Nullable Integer partition) {
        if (partition != null) {
            if (partition == Partition.SHARED) {
                return new Ownership(Partition.SHARED, Set.of(), false);
            }
            Optional<Set<String>> patients = index.patientsOf(partition);
            if (patients.isPresent()) {
                return new Ownership(partition, patients.get(), false);
            }
        }
        return index.find(reference).orElse(new Ownership(Partition.QUARANTINE, Set.of(), false));
    }
}
