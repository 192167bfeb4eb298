package org.securemed.fhir.owner;

import ca.uhn.fhir.context.FhirContext;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;

/**
 * Finds the patients of a resource that is about to be stored: every Patient that it refers to, every patient of
 * whatever else it refers to, and itself if it is one. Thread-safe.
 */
public final class OwnerFinder {
    private final FhirContext context;
    private final OwnerIndex index;
    private final String baseUrl;

    /** @param baseUrl the server's own FHIR base; references below it are local */
    public OwnerFinder(FhirContext context, OwnerIndex index, String baseUrl) {
        this.context = context;
        this.index = index;
        this.baseUrl = baseUrl;
    }

    /**
     * Where {@code resource} goes.
     *
     * @param entries what the same transaction brings along
     * @param partitionOf the partition of a Patient that is being created; the same number for the same object
     */
    public Assignment assign(IBaseResource resource, BundleEntries entries, ToIntFunction<IBaseResource> partitionOf) {
        if (resource instanceof Patient) {
            return assignPatient(resource, entries, partitionOf);
        }
        Search search = new Search(entries);
        search.from(resource);
        return search.result(resource, partitionOf);
    }

    /** {@code Type/id} of all resources of this server that {@code resource} refers to. */
    public Set<String> references(IBaseResource resource) {
        return References.of(resource, context, baseUrl).local();
    }

    /** The references by search that {@code resource} makes, such as {@code Practitioner?identifier=…}. */
    public Set<String> matchUrls(IBaseResource resource) {
        return References.of(resource, context, baseUrl).matchUrls();
    }

    private Assignment assignPatient(
            IBaseResource patient, BundleEntries entries, ToIntFunction<IBaseResource> partitionOf) {
        if (entries.isNew(patient)) {
            return new Assignment(partitionOf.applyAsInt(patient), Set.of(), Set.of(patient), Set.of());
        }
        String id = patient.getIdElement().getIdPart();
        int partition = index.partitionOf(id).orElseGet(() -> partitionOf.applyAsInt(patient));
        return new Assignment(partition, Set.of(id), Set.of(), Set.of());
    }

    private final class Search {
        private final BundleEntries entries;
        private final Set<IBaseResource> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        private final Set<String> known = new TreeSet<>();
        private final Set<String> unknown = new TreeSet<>();
        private final Set<IBaseResource> fresh = Collections.newSetFromMap(new IdentityHashMap<>());
        private boolean unattributable;

        Search(BundleEntries entries) {
            this.entries = entries;
        }

        void from(IBaseResource start) {
            Deque<IBaseResource> open = new ArrayDeque<>();
            open.add(start);
            while (!open.isEmpty()) {
                IBaseResource resource = open.remove();
                if (!seen.add(resource)) {
                    continue;
                }
                if (resource != start && resource instanceof Patient) {
                    take(resource);
                    continue;
                }
                References references = References.of(resource, context, baseUrl);
                unattributable |= references.holdsForeignPatient();
                references.placeholders().forEach(name -> entries.find(name).ifPresent(open::add));
                // What a reference by search will lead to is known only if the same Bundle creates it.
                references
                        .matchUrls()
                        .forEach(url ->
                                entries.find(url).ifPresentOrElse(open::add, () -> unattributable |= !isShared(url)));
                follow(resource instanceof Consent consent ? patientOf(consent) : references.local(), open);
            }
        }

        private boolean isShared(String matchUrl) {
            return SharedTypes.contains(matchUrl.substring(0, matchUrl.indexOf('?')));
        }

        /** A Consent belongs to whom it speaks of, not to those it names as recipients. */
        private Set<String> patientOf(Consent consent) {
            String reference = consent.getPatient()
                    .getReferenceElement()
                    .toUnqualifiedVersionless()
                    .getValue();
            return reference == null || reference.startsWith("urn:") ? Set.of() : Set.of(reference);
        }

        private void take(IBaseResource patient) {
            if (entries.isNew(patient)) {
                fresh.add(patient);
            } else {
                known.add(patient.getIdElement().getIdPart());
            }
        }

        private void follow(Set<String> references, Deque<IBaseResource> open) {
            Map<String, Ownership> stored = index.findAll(references);
            for (String reference : references) {
                Ownership ownership = stored.get(reference);
                if (ownership != null) {
                    known.addAll(ownership.patients());
                    unattributable |= ownership.partition() == Partition.QUARANTINE
                            || ownership.partition() == Partition.PARTLY_KNOWN;
                } else {
                    entries.find(reference).ifPresentOrElse(open::add, () -> unknown.add(reference));
                }
            }
        }

        Assignment result(IBaseResource resource, ToIntFunction<IBaseResource> partitionOf) {
            return new Assignment(partition(resource, partitionOf), known, fresh, unknown);
        }

        private int partition(IBaseResource resource, ToIntFunction<IBaseResource> partitionOf) {
            int owners = known.size() + fresh.size();
            if (unattributable) {
                return owners == 0 ? Partition.QUARANTINE : Partition.PARTLY_KNOWN;
            }
            if (owners == 0) {
                return SharedTypes.contains(resource.fhirType()) ? Partition.SHARED : Partition.QUARANTINE;
            }
            if (owners > 1) {
                return fresh.isEmpty()
                        ? index.jointPartitionOf(known).orElseGet(index::nextPartition)
                        : index.nextPartition();
            }
            if (!fresh.isEmpty()) {
                return partitionOf.applyAsInt(fresh.iterator().next());
            }
            String patient = known.iterator().next();
            return index.partitionOf(patient)
                    .or(() -> entries.find("Patient/" + patient).map(partitionOf::applyAsInt))
                    .orElse(Partition.QUARANTINE);
        }
    }
}
