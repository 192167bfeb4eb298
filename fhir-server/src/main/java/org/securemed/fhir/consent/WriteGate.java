package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Patient;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.Assignment;
import org.securemed.fhir.owner.BundleEntries;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.smart.Interaction;

/** Decides whether a resource may be stored by who asks for it, and where it goes. */
final class WriteGate {
    private static final String ENTRIES = BundleEntries.class.getName();

    private final OwnerIndex index;
    private final OwnerFinder finder;
    private final PatientAccess access;
    private final ResourceAccess resources;
    private final Labelling labelling;
    private final ConditionalTarget conditionalTarget;
    private final NarrowView view;

    WriteGate(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ResourceAccess resources,
            Labelling labelling,
            ConditionalTarget conditionalTarget,
            NarrowView view) {
        this.view = view;
        this.labelling = labelling;
        this.index = index;
        this.resources = resources;
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
            labelling.label(resource);
            return finder.assign(resource, BundleEntries.NONE, patient -> index.nextPartition());
        }
        return exchange.get().note(resource, Assignment.class, () -> decide(resource, request, exchange.get()));
    }

    /** Keeps on an update what protects the version before, whoever is subject to consent makes it. */
    void keepLabels(IBaseResource before, IBaseResource after, RequestDetails request) {
        Exchange.of(request)
                .filter(exchange -> !access.seesEverything(exchange))
                .ifPresent(exchange -> labelling.keep(before, after));
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
        // Before anybody is asked: what is stored is decided on as it is stored.
        labelling.label(resource);
        String type = resource.fhirType();
        Optional<String> target = target(resource, request, entries, exchange);
        boolean isNew = target.isEmpty() && entries.isNew(resource);
        String reference =
                type + "/" + target.orElseGet(() -> resource.getIdElement().getIdPart());
        Optional<Ownership> existing = isNew ? Optional.empty() : index.find(reference);
        boolean bound = !access.seesEverything(exchange);
        if (bound) {
            access.requireRole(exchange, type, isNew ? Interaction.CREATE : Interaction.UPDATE);
            boolean hidden = existing.isPresent()
                    && (!resources.permits(exchange, existing.get(), reference)
                            || !view.showsNow(
                                    exchange, type, resource.getIdElement().getIdPart()));
            if (!isNew && (existing.isEmpty() || hidden)) {
                exchange.ask(reference, existing.map(Ownership::patients).orElse(Set.of()));
                throw Refusal.notKnown(type, resource.getIdElement().getIdPart());
            }
            requireVisible(resource, type, exchange);
        } else {
            access.requireRole(exchange, type, existing.isPresent() ? Interaction.UPDATE : Interaction.CREATE);
        }
        Assignment assignment = target.isPresent() && existing.isPresent()
                ? new Assignment(existing.get().partition(), existing.get().patients(), Set.of(), Set.of())
                : finder.assign(resource, entries, patient -> partitionOfNew(patient, exchange));
        if (bound) {
            requirePermitted(assignment, resource, exchange);
        }
        if (existing.isPresent()) {
            requireSameOwners(existing.get(), assignment);
            assignment = assignment.in(existing.get().partition());
        }
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

    /**
     * Refuses references to what the requester may not see, in the order in which they stand, before anything is made
     * of them: the first that isn't visible is answered alike whether it is hidden or absent.
     */
    private void requireVisible(IBaseResource resource, String type, Exchange exchange) {
        if (!finder.matchUrls(resource).isEmpty()) {
            throw Refusal.matchUrl();
        }
        Set<String> references = finder.references(resource);
        Map<String, Ownership> stored = index.findAll(references);
        @Nullable String missing = null;
        for (String reference : references) {
            Ownership ownership = stored.get(reference);
            if (ownership != null && mayRefer(exchange, ownership, reference, type)) {
                ownership.patients().forEach(exchange::name);
            } else if (missing == null) {
                missing = reference;
                exchange.ask(reference, ownership == null ? Set.of() : ownership.patients());
            }
        }
        if (missing != null) {
            throw Refusal.unknownReference(missing);
        }
    }

    /** Who may see a patient's resources of the type that is written may name the patient in them. */
    private boolean mayRefer(Exchange exchange, Ownership ownership, String reference, String type) {
        String target = reference.substring(0, reference.indexOf('/'));
        return resources.permits(exchange, ownership, reference) && !access.narrows(exchange, target)
                || target.equals("Patient") && access.permitsSome(exchange, ownership, type);
    }

    /**
     * Who may see some of the patient's resources of the type may write any of it: what they write they know, and a
     * diagnosis has to be recorded also where its label hides it afterwards from who made it.
     */
    private void requirePermitted(Assignment assignment, IBaseResource resource, Exchange exchange) {
        String type = resource.fhirType();
        if (assignment.partition() == Partition.SHARED) {
            return;
        }
        for (String patient : new TreeSet<>(assignment.known())) {
            if (!access.decide(exchange, patient, type).permitted()) {
                throw Refusal.unknownReference("Patient/" + patient);
            }
        }
        boolean unattributed =
                assignment.partition() == Partition.QUARANTINE || assignment.partition() == Partition.PARTLY_KNOWN;
        if (unattributed && !access.seesQuarantine(exchange)) {
            throw Refusal.unprocessable(
                    "no-owner", "Name the patient that this resource is about; it refers to none on this server.");
        }
    }

    private static void requireSameOwners(Ownership existing, Assignment assignment) {
        boolean patients = Partition.isPatients(existing.partition());
        boolean samePlace = patients == Partition.isPatients(assignment.partition())
                && (patients || existing.partition() == assignment.partition());
        if (!samePlace
                || !existing.patients().equals(assignment.known())
                || !assignment.fresh().isEmpty()) {
            throw Refusal.unprocessable(
                    "owner-changed", "A resource cannot be moved to another patient. Delete it and create it there.");
        }
    }
}
