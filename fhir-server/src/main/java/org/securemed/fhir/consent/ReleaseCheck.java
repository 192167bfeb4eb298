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
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.Assignment;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.ShownVersions;
import org.securemed.ledger.consent.SecurityLabels;

/**
 * The second layer of the gate: whatever HAPI has loaded is shown only if its owner's consent permits it, by the same
 * decision that scoped the query. Includes reach here past HAPI's partitions.
 */
@Interceptor
public final class ReleaseCheck {
    /** Where HAPI keeps the partition of a resource that it loaded ({@code Constants.RESOURCE_PARTITION_ID}). */
    private static final String PARTITION = ca.uhn.fhir.rest.api.Constants.RESOURCE_PARTITION_ID;

    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
    private static final String NO_REDISCLOSURE = "NORDSCLCD";

    /** Bundles that an answer is made of, as opposed to one that was stored. */
    private static final Set<Bundle.BundleType> ANSWERS = Set.of(
            Bundle.BundleType.SEARCHSET,
            Bundle.BundleType.HISTORY,
            Bundle.BundleType.BATCHRESPONSE,
            Bundle.BundleType.TRANSACTIONRESPONSE);

    private final OwnerIndex index;
    private final ResourceAccess access;
    private final NarrowView view;
    private final ShownVersions shown;
    private final Redactions redactions;

    ReleaseCheck(OwnerIndex index, ResourceAccess access, NarrowView view, Redactions redactions, ShownVersions shown) {
        this.redactions = redactions;
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
            if (resource == null) {
                continue;
            }
            if (release(exchange.get(), resource)) {
                redactions.apply(exchange.get(), resource);
            } else {
                // HAPI builds a history of what is there, and fails over what isn't.
                details.setResource(
                        i,
                        request.getRestOperationType() == RestOperationTypeEnum.HISTORY_INSTANCE
                                ? NarrowView.blank(resource)
                                : null);
            }
        }
    }

    /** A Bundle in which something must not be passed on says so itself (42 CFR Part 2 and like rules). */
    @Hook(Pointcut.SERVER_OUTGOING_RESPONSE)
    public void mark(IBaseResource answer) {
        if (answer instanceof Bundle bundle
                && ANSWERS.contains(bundle.getType())
                && bundle.getEntry().stream()
                        .anyMatch(entry -> entry.hasResource() && isNotToBePassedOn(entry.getResource()))
                && !isNotToBePassedOn(bundle)) {
            bundle.getMeta().addSecurity().setSystem(SecurityLabels.ACT_CODE).setCode(NO_REDISCLOSURE);
        }
    }

    private static boolean isNotToBePassedOn(Resource resource) {
        return resource.hasMeta() && resource.getMeta().getSecurity(SecurityLabels.ACT_CODE, NO_REDISCLOSURE) != null;
    }

    private boolean release(Exchange exchange, IBaseResource resource) {
        Integer partition = null;
        if (resource.getUserData(PARTITION) instanceof RequestPartitionId known && known.hasPartitionIds()) {
            Integer number = known.getFirstPartitionIdOrNull();
            partition = number == null ? Partition.SHARED : number;
        }
        String type = resource.fhirType();
        String id = resource.getIdElement().getIdPart();
        Ownership ownership = ownership(type + "/" + id, partition);
        // Who has just written something reads back what they wrote, once, whatever hides it from then on.
        boolean own = exchange.noted(resource, Assignment.class);
        return view.shows(exchange, resource)
                && (own || access.permits(exchange, ownership, resource))
                && show(exchange, type, id, resource.getIdElement().getVersionIdPart(), ownership);
    }

    /**
     * Whether a resource of which the newest version was loaded may be shown; notes that it will be.
     *
     * @param partition where it was found
     */
    boolean release(Exchange exchange, String type, String id, String version, int partition) {
        Ownership ownership = ownership(type + "/" + id, partition);
        return access.permits(exchange, ownership, type + "/" + id) && show(exchange, type, id, version, ownership);
    }

    private boolean show(Exchange exchange, String type, String id, @Nullable String version, Ownership ownership) {
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
