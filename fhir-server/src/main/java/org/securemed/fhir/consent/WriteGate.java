package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Patient;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.Assignment;
import org.securemed.fhir.owner.BundleEntries;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.SharedTypes;
import org.securemed.fhir.smart.Interaction;

/** Decides whether a resource may be stored by who asks for it, and where it goes. */
final class WriteGate {
    private static final String ENTRIES = BundleEntries.class.getName();

    private final OwnerIndex index;
    private final OwnerFinder finder;
    private final PatientAccess access;
    private final ConditionalTarget conditionalTarget;

    WriteGate(OwnerIndex index, OwnerFinder finder, PatientAccess access, ConditionalTarget conditionalTarget) {
        this.index = index;
        this.finder = finder;
        this.access = access;
        this.conditionalTarget = conditionalTarget;
    }

    /** Remembers what a Bundle brings along, for the assignment of its entries. */
    static void remember(RequestDetails request, BundleEntries entries) {
        request.getUserData().put(ENTRIES, entries);
    }

    /**
     * Where {@code resource} goes.
     *
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException if the requester may not store it; for
     *     what is hidden, the same as for what is absent
     */
    Assignment admit(IBaseResource resource, RequestDetails request) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()) {
            return finder.assign(resource, BundleEntries.NONE, patient -> index.nextPartition());
        }
        return exchange.get().note(resource, Assignment.class, () -> decide(resource, request, exchange.get()));
    }

    /**
     * Refuses an update by which {@code resource}, as it would be stored, changed hands.
     *
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException if it would, or if it now refers to what
     *     the requester may not see
     */
    void requireUnmoved(IBaseResource resource, RequestDetails request) {
        index.find(resource.fhirType() + "/" + resource.getIdElement().getIdPart())
                .ifPresent(ownership -> requireSameOwners(ownership, admit(resource, request)));
    }

    private Assignment decide(IBaseResource resource, RequestDetails request, Exchange exchange) {
        BundleEntries entries =
                request.getUserData().get(ENTRIES) instanceof BundleEntries known ? known : BundleEntries.NONE;
        String type = resource.fhirType();
        Optional<String> target = target(resource, request, entries, exchange);
        boolean isNew = target.isEmpty() && entries.isNew(resource);
        Optional<Ownership> existing = isNew
                ? Optional.empty()
                : index.find(type + "/"
                        + target.orElseGet(() -> resource.getIdElement().getIdPart()));
        Assignment assignment = target.isPresent() && existing.isPresent()
                ? new Assignment(existing.get().partition(), existing.get().patients(), Set.of(), Set.of())
                : finder.assign(resource, entries, patient -> partitionOfNew(patient, exchange));
        access.requireRole(exchange, type, existing.isPresent() ? Interaction.UPDATE : Interaction.CREATE);
        if (!access.seesEverything(exchange)) {
            if (!isNew && (existing.isEmpty() || !access.permits(exchange, existing.get(), type))) {
                throw Refusal.notKnown(type, resource.getIdElement().getIdPart());
            }
            requireVisible(resource, assignment, exchange);
        }
        existing.ifPresent(ownership -> requireSameOwners(ownership, assignment));
        assignment.known().forEach(exchange::name);
        return assignment;
    }

    /** The Patient that a conditional update by one of the custodian's systems means. */
    private Optional<String> target(
            IBaseResource resource, RequestDetails request, BundleEntries entries, Exchange exchange) {
        if (!(resource instanceof Patient) || !access.seesEverything(exchange)) {
            return Optional.empty();
        }
        return entries.conditionalUrl(resource)
                // Entries of a Bundle are requests without a URL of their own.
                .or(() -> Optional.ofNullable(request.getCompleteUrl())
                        .map(url -> request.getConditionalUrl(RestOperationTypeEnum.UPDATE)))
                .flatMap(conditionalTarget::patient);
    }

    private int partitionOfNew(IBaseResource patient, Exchange exchange) {
        return exchange.note(patient, FreshPartition.class, () -> new FreshPartition(index.nextPartition()))
                .number();
    }

    private record FreshPartition(int number) {}

    private void requireVisible(IBaseResource resource, Assignment assignment, Exchange exchange) {
        String type = resource.fhirType();
        for (String reference : assignment.unknown()) {
            if (!SharedTypes.contains(reference.substring(0, reference.indexOf('/')))) {
                throw Refusal.unknownReference(reference);
            }
        }
        finder.references(resource)
                .forEach(reference -> index.find(reference).ifPresent(ownership -> {
                    if (!access.permits(exchange, ownership, reference.substring(0, reference.indexOf('/')))) {
                        ownership.patients().forEach(exchange::name);
                        throw Refusal.unknownReference(reference);
                    }
                }));
        if (assignment.partition() == Partition.QUARANTINE && !access.seesQuarantine(exchange)) {
            throw Refusal.unprocessable(
                    "no-owner", "Name the patient that this resource is about; it refers to none on this server.");
        }
        if (assignment.partition() == Partition.SHARED) {
            return;
        }
        for (String patient : assignment.known()) {
            if (!access.decide(exchange, patient, type).permitted()) {
                throw Refusal.unknownReference("Patient/" + patient);
            }
        }
    }

    private static void requireSameOwners(Ownership existing, Assignment assignment) {
        if (existing.partition() != assignment.partition()
                || !existing.patients().equals(assignment.known())
                || !assignment.fresh().isEmpty()) {
            throw Refusal.unprocessable(
                    "owner-changed", "A resource cannot be moved to another patient. Delete it and create it there.");
        }
    }
}
