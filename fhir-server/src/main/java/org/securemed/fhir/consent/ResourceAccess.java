package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.translate.ResourceFactsExtractor;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.Located;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * Whether a requester may see this very resource. Where the patients' consents permit a type as a whole that is known
 * from the type; where they permit some of it, by label, code, date, author or reference, the resource's facts decide.
 * They lie in the owner index, written in the transaction that writes the resource.
 */
final class ResourceAccess {
    /** The most resources that a search looks among when it has to name them one by one. */
    static final int MOST_RESOURCES = 30_000;

    private final PatientAccess access;
    private final OwnerIndex index;
    private final ResourceFactsExtractor extractor;

    ResourceAccess(PatientAccess access, OwnerIndex index, ResourceFactsExtractor extractor) {
        this.access = access;
        this.index = index;
        this.extractor = extractor;
    }

    /** What the owner index keeps of a resource version. */
    String facts(IBaseResource resource) {
        return FactsText.of(extractor.extract((Resource) resource));
    }

    /** The facts of a stored resource; no more than its type and name if nothing is known of it. */
    ResourceFacts facts(String reference) {
        ResourceFacts known = facts(reference, index.facts(List.of(reference)).get(reference));
        return known == null ? ResourceFacts.of(type(reference), reference) : known;
    }

    /** Whether a stored resource may be seen as it is now. */
    boolean permits(Exchange exchange, Ownership ownership, String reference) {
        return visible(exchange, Map.of(reference, ownership)).contains(reference);
    }

    /** Whether the version of a resource that was loaded may be seen. */
    boolean permits(Exchange exchange, Ownership ownership, IBaseResource loaded) {
        String type = loaded.fhirType();
        if (!access.permitsSome(exchange, ownership, type)) {
            return false;
        }
        List<String> partly = partly(exchange, ownership, type);
        return partly.isEmpty() || permits(exchange, partly, extractor.extract((Resource) loaded), false);
    }

    /** Which of these resources may be seen as they are now. */
    Set<String> visible(Exchange exchange, Map<String, Ownership> owners) {
        Set<String> visible = new TreeSet<>();
        Map<String, List<String>> undecided = new HashMap<>();
        owners.forEach((reference, ownership) -> {
            String type = type(reference);
            if (access.permitsSome(exchange, ownership, type)) {
                List<String> partly = partly(exchange, ownership, type);
                if (partly.isEmpty()) {
                    visible.add(reference);
                } else {
                    undecided.put(reference, partly);
                }
            }
        });
        if (!undecided.isEmpty()) {
            Map<String, String> facts = index.facts(undecided.keySet());
            undecided.forEach((reference, partly) -> {
                if (permits(exchange, partly, facts(reference, facts.get(reference)), owners.size() == 1)) {
                    visible.add(reference);
                }
            });
        }
        return visible;
    }

    /**
     * HAPI's keys of all that a search in these partitions may find.
     *
     * @param ids logical ids to which the search is limited; empty if it isn't
     * @return empty if whatever it finds in them may be seen
     */
    Optional<List<Long>> keys(Exchange exchange, Collection<Integer> partitions, String type, Set<String> ids) {
        Map<Integer, List<String>> partlyIn = new HashMap<>();
        for (Integer partition : partitions) {
            index.patientsOf(partition)
                    .map(patients -> access.partlyPermitting(exchange, patients, type))
                    .filter(partly -> !partly.isEmpty())
                    .ifPresent(partly -> partlyIn.put(partition, partly));
        }
        if (partlyIn.isEmpty()) {
            return Optional.empty();
        }
        // A search that isn't limited to ids finds shared resources only where it looks in no patient's partition.
        List<Integer> whole = partitions.stream()
                .filter(partition ->
                        !partlyIn.containsKey(partition) && (partition != Partition.SHARED || !ids.isEmpty()))
                .toList();
        @Nullable
        List<String> references =
                ids.isEmpty() ? null : ids.stream().map(id -> type + "/" + id).toList();
        List<Long> keys = new ArrayList<>();
        index.located(whole, type, references, false).forEach(found -> keys.add(found.key()));
        for (Located found : index.located(partlyIn.keySet(), type, references, true)) {
            List<String> partly = partlyIn.get(found.partition());
            if (partly != null && permits(exchange, partly, facts(found.reference(), found.facts()), false)) {
                keys.add(found.key());
            }
        }
        if (keys.size() > MOST_RESOURCES) {
            throw ReadSet.tooMany();
        }
        return Optional.of(keys);
    }

    private List<String> partly(Exchange exchange, Ownership ownership, String type) {
        return Partition.isPatients(ownership.partition())
                ? access.partlyPermitting(exchange, ownership.patients(), type)
                : List.of();
    }

    /** @param asked whether this resource is what was asked for, so that a denial is worth recording */
    private boolean permits(Exchange exchange, List<String> patients, @Nullable ResourceFacts facts, boolean asked) {
        if (facts == null) {
            return false;
        }
        boolean permitted = true;
        for (String patient : patients) {
            Access decision = access.decide(exchange, patient, facts);
            permitted &= decision.permitted();
            if (asked && !decision.permitted()) {
                exchange.deny(facts.reference(), decision);
            }
        }
        return permitted;
    }

    private static @Nullable ResourceFacts facts(String reference, @Nullable String text) {
        return text == null ? null : FactsText.read(reference, text).orElse(null);
    }

    private static String type(String reference) {
        return reference.substring(0, reference.indexOf('/'));
    }
}
