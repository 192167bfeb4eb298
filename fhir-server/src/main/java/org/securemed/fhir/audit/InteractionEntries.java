package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * The entries of one interaction that wrote nothing: one for each patient of whom something is shown or was asked for;
 * one without a patient if there is none. Thread-safe.
 *
 * <p>Anybody can see how the log grows, so their number, and who finds them in their record, depends on the request and
 * on what is there for who asks: each thing that was named and is not there has an entry, hidden or absent, and what is
 * hidden and belongs to several patients stands in the record of none of them.
 */
final class InteractionEntries {
    private static final int MOST_RESOURCES = 100;
    private static final int MOST_REFERENCES = 20;
    private static final int MINOR_FAILURE = 4;
    private static final Set<Op> WRITES = Set.of(Op.CREATE, Op.UPDATE, Op.PATCH, Op.DELETE);

    private final EntryFactory factory;
    private final OwnerIndex index;
    private final OwnerFinder finder;

    InteractionEntries(EntryFactory factory, OwnerIndex index, OwnerFinder finder) {
        this.factory = factory;
        this.index = index;
        this.finder = finder;
    }

    /** Whether it would store or remove something. */
    boolean writes(RequestFacts facts) {
        return WRITES.contains(facts.op());
    }

    /**
     * What was shown, and what was asked for in vain.
     *
     * @param outcome AuditEvent.outcome
     */
    List<Entry> entries(Exchange exchange, RequestFacts asked, int status, int outcome) {
        // A conditional create that found what it asked for has read it and created nothing.
        RequestFacts facts = asked.op().equals(Op.CREATE) ? asked.as(Op.READ) : asked;
        if (facts.op().equals(Op.DELETE)) {
            // Answered as done, though there was nothing to delete, or nothing that the requester may see.
            return failed(exchange, null, facts, status, MINOR_FAILURE);
        }
        boolean results = !facts.op().equals(Op.SEARCH);
        Map<String, List<String>> byPatient = new LinkedHashMap<>();
        List<String> shared = new ArrayList<>();
        for (Touched touched : exchange.shown()) {
            touched.patients()
                    .forEach(patient ->
                            note(byPatient.computeIfAbsent(patient, key -> new ArrayList<>()), touched, results));
            if (touched.patients().isEmpty()) {
                note(shared, touched, results);
            }
        }
        exchange.named().forEach(patient -> byPatient.computeIfAbsent(patient, key -> new ArrayList<>()));
        int known = byPatient.size();
        Collection<Optional<String>> inVain = exchange.inVain().values();
        inVain.forEach(
                owner -> owner.ifPresent(patient -> byPatient.computeIfAbsent(patient, key -> new ArrayList<>())));
        List<Entry> made = new ArrayList<>();
        byPatient.forEach((patient, resources) ->
                made.add(entry(exchange, facts, patient, orAddressed(resources, asked), status, outcome)));
        int least = least(exchange, known, inVain.size());
        while (made.size() < least) {
            made.add(entry(exchange, facts, null, orAddressed(shared, asked), status, outcome));
        }
        return made;
    }

    /**
     * A write that succeeded and had nothing to change.
     *
     * @param version of the resource that is as it should be; null if it isn't known
     */
    List<Entry> unchanged(Exchange exchange, RequestFacts facts, @Nullable String version, int status) {
        Set<String> patients = concerned(references(facts, null)).stream()
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
        patients.forEach(exchange::name);
        if (facts.type() != null && facts.id() != null) {
            exchange.show(new Touched(facts.type(), facts.id(), version, patients));
        }
        return entries(exchange, facts, status, 0);
    }

    /**
     * What failed or was refused: for each patient whom it was about, as far as that can be told.
     *
     * @param body what was to be stored; null if there was none
     */
    List<Entry> failed(Exchange exchange, @Nullable IBaseResource body, RequestFacts facts, int status, int outcome) {
        Set<String> patients = new LinkedHashSet<>(exchange.named());
        Collection<Optional<String>> inVain = exchange.inVain().values();
        int known = patients.size();
        if (patients.isEmpty() && inVain.isEmpty()) {
            // Nobody has decided what of it is there: each thing that it names is one.
            inVain = concerned(references(facts, body));
        }
        inVain.forEach(owner -> owner.ifPresent(patients::add));
        List<Entry> made = new ArrayList<>();
        patients.forEach(patient -> made.add(entry(exchange, facts, patient, List.of(), status, outcome)));
        int least = least(exchange, known, inVain.size());
        while (made.size() < least) {
            made.add(entry(exchange, facts, null, List.of(), status, outcome));
        }
        return made;
    }

    /** How many entries there are at least; from the custodian's systems nothing is hidden. */
    private static int least(Exchange exchange, int known, int inVain) {
        return Math.max(1, exchange.requester().isCustodiansSystem() ? 0 : known + inVain);
    }

    /** The addressed resource, and what the body refers to; nothing of a body that refers to very much. */
    private Set<String> references(RequestFacts facts, @Nullable IBaseResource body) {
        Set<String> references = new LinkedHashSet<>();
        if (body != null && WRITES.contains(facts.op())) {
            references.addAll(finder.references(body));
        }
        if (references.size() > MOST_REFERENCES) {
            references.clear();
        }
        if (facts.type() != null && facts.id() != null && !facts.op().equals(Op.CREATE)) {
            references.add(facts.type() + "/" + facts.id());
        }
        return references;
    }

    /** For each of these but what is shared, the patient of this server to whom it belongs, if that is one. */
    private List<Optional<String>> concerned(Set<String> references) {
        if (references.isEmpty()) {
            return List.of();
        }
        Map<String, Ownership> owners = index.findAll(references);
        List<Optional<String>> concerned = new ArrayList<>();
        for (String reference : references) {
            Ownership ownership = owners.get(reference);
            if (ownership == null || ownership.partition() != Partition.SHARED) {
                Set<String> patients = ownership == null ? Set.of() : ownership.patients();
                concerned.add(
                        patients.size() == 1 ? Optional.of(patients.iterator().next()) : Optional.empty());
            }
        }
        return concerned;
    }

    private Entry entry(
            Exchange exchange,
            RequestFacts facts,
            @Nullable String patient,
            List<String> resources,
            int status,
            int outcome) {
        return factory.entry(exchange, facts, facts.op(), facts.type(), patient, resources, status, outcome);
    }

    /** What was addressed, if a write changed nothing and showed nothing. */
    private static List<String> orAddressed(List<String> resources, RequestFacts facts) {
        return resources.isEmpty() && WRITES.contains(facts.op()) && facts.type() != null && facts.id() != null
                ? List.of(facts.type() + "/" + facts.id())
                : resources;
    }

    /** What a search found is never recorded, only what was asked; see IHE BALP, 3:5.7.3. */
    private static void note(List<String> references, Touched touched, boolean results) {
        if (results && references.size() < MOST_RESOURCES) {
            references.add(touched.reference());
        }
    }
}
