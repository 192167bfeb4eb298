package org.securemed.fhir.owner;

import ca.uhn.fhir.context.FhirContext;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes in what a HAPI server without this gate has stored: finds the owners of every resource, over all of its
 * versions, and puts it into their partition. Batch by batch, each in a transaction: interrupted, it goes on where it
 * was. Nothing may be written meanwhile.
 */
public final class Adoption {
    private static final int BATCH = 200;

    private final UnownedResources unowned;
    private final OwnerIndex index;
    private final OwnerFinder finder;
    private final StoredTexts texts;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final StoredVersionRows rows;
    private final AdoptedVersions adopted;
    private final Function<IBaseResource, String> facts;

    /**
     * @param facts what consents may ask of a resource
     * @param jdbc on the data source of the FHIR store, whose transactions {@code transaction} begins
     */
    public Adoption(
            OwnerIndex index,
            OwnerFinder finder,
            Function<IBaseResource, String> facts,
            FhirContext context,
            JdbcTemplate jdbc,
            TransactionTemplate transaction,
            AdoptedVersions adopted) {
        this.rows = new StoredVersionRows(jdbc);
        this.adopted = adopted;
        this.facts = facts;
        this.unowned = new UnownedResources(jdbc);
        this.index = index;
        this.finder = finder;
        this.texts = new StoredTexts(jdbc, context);
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /**
     * Takes in all that has no owner.
     *
     * @param progress told after each batch how many are done
     * @throws IllegalStateException if a text can't be read, or tags are where this server would overlook them; what
     *     was done stays done
     */
    public void run(LongConsumer progress) {
        if (unowned.haveSharedTags()) {
            throw new IllegalStateException(
                    "The store keeps tags and security labels in HAPI's shared tables, which this"
                            + " server does not read. Store the resources anew with the tag storage mode INLINE.");
        }
        PartitionMove move = new PartitionMove(jdbc);
        // Patients first: all else is theirs.
        long done = adopt(true, 0, move, progress);
        adopt(false, done, move, progress);
    }

    /**
     * To whom a stored resource belongs by what its versions say, and what its neighbours do. Nothing is written.
     *
     * @param deleted whether its newest version is a deletion
     * @param which numbers of the versions that count
     * @throws UnreadableTextException if a neighbour can't be read
     */
    public Ownership ownersOf(String type, String id, boolean deleted, LongPredicate which) {
        return owners(
                new UnownedResources.Resource(0, type, id, deleted), texts.versions(type, id, which), new HashMap<>());
    }

    /**
     * What consents may ask of a stored resource's newest version that is no deletion; empty if there is none.
     *
     * @param which numbers of the versions that count
     */
    public Optional<String> factsOf(String type, String id, LongPredicate which) {
        List<IBaseResource> versions = texts.versions(type, id, which);
        return versions.isEmpty() ? Optional.empty() : Optional.of(facts.apply(versions.get(versions.size() - 1)));
    }

    private long adopt(boolean patients, long before, PartitionMove move, LongConsumer progress) {
        long done = before;
        List<UnownedResources.Resource> batch = unowned.next(patients, -1, BATCH);
        while (!batch.isEmpty()) {
            List<UnownedResources.Resource> some = batch;
            transaction.executeWithoutResult(status -> adopt(some, move));
            done += some.size();
            progress.accept(done);
            batch = unowned.next(patients, some.get(some.size() - 1).key(), BATCH);
        }
        return done;
    }

    private void adopt(List<UnownedResources.Resource> batch, PartitionMove move) {
        Map<Long, Integer> partitions = new LinkedHashMap<>();
        Map<Set<String>, Integer> joint = new HashMap<>();
        Map<UnownedResources.Resource, Set<String>> owners = new LinkedHashMap<>();
        for (UnownedResources.Resource resource : batch) {
            List<IBaseResource> versions = texts.versions(resource.type(), resource.id());
            Ownership ownership = index.find(resource.reference()).orElseGet(() -> owners(resource, versions, joint));
            if (versions.isEmpty()) {
                index.stored(resource.reference(), ownership);
            } else {
                index.stored(resource.reference(), ownership, facts.apply(versions.get(versions.size() - 1)));
            }
            partitions.put(resource.key(), ownership.partition());
            owners.put(resource, ownership.patients());
        }
        move.move(partitions);
        owners.forEach((resource, patients) ->
                rows.of(resource.type(), resource.id()).forEach(row -> adopted.adopted(row.bytes(), patients)));
    }

    private Ownership owners(
            UnownedResources.Resource resource, List<IBaseResource> versions, Map<Set<String>, Integer> joint) {
        Map<String, Optional<IBaseResource>> neighbours = new HashMap<>();
        BundleEntries entries =
                BundleEntries.lookedUp(reference -> neighbours.computeIfAbsent(reference, this::allVersions));
        Set<String> patients = new TreeSet<>();
        Set<Integer> partitions = new TreeSet<>();
        for (IBaseResource version : versions) {
            Assignment assignment = finder.assign(version, entries, patient -> index.nextPartition());
            patients.addAll(assignment.known());
            partitions.add(assignment.partition());
        }
        return new Ownership(partition(patients, partitions, joint), patients, resource.deleted());
    }

    /** Where a resource goes whose versions would go there each by itself. */
    private int partition(Set<String> patients, Set<Integer> partitions, Map<Set<String>, Integer> joint) {
        boolean unattributable = partitions.isEmpty()
                || partitions.contains(Partition.QUARANTINE)
                || partitions.contains(Partition.PARTLY_KNOWN);
        if (unattributable) {
            return patients.isEmpty() ? Partition.QUARANTINE : Partition.PARTLY_KNOWN;
        }
        if (patients.size() > 1) {
            return joint.computeIfAbsent(
                    Set.copyOf(patients), set -> index.jointPartitionOf(set).orElseGet(index::nextPartition));
        }
        // Shared in one version and a patient's in another: the patient's.
        return partitions.stream().max(Integer::compare).orElseThrow();
    }

    /** All versions of another resource at once: whomever any of them refers to. */
    private Optional<IBaseResource> allVersions(String reference) {
        int slash = reference.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        Bundle bundle = new Bundle();
        texts.versions(reference.substring(0, slash), reference.substring(slash + 1))
                .forEach(version -> bundle.addEntry().setResource((Resource) version));
        return bundle.hasEntry() ? Optional.of(bundle) : Optional.empty();
    }
}
