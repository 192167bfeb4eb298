package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * The entries of one interaction that wrote nothing: one for each patient of whom something is shown or was asked for;
 * one without a patient if there is none. Thread-safe.
 */
final class InteractionEntries {
    private static final int MOST_RESOURCES = 100;
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
        List<Entry> made = new ArrayList<>();
        byPatient.forEach((patient, resources) ->
                made.add(entry(exchange, facts, patient, orAddressed(resources, asked), status, outcome)));
        if (made.isEmpty()) {
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
        Set<String> patients = concerned(facts, null);
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
        if (patients.isEmpty()) {
            patients.addAll(concerned(facts, body));
        }
        List<Entry> made = new ArrayList<>();
        patients.forEach(patient -> made.add(entry(exchange, facts, patient, List.of(), status, outcome)));
        if (made.isEmpty()) {
            made.add(entry(exchange, facts, null, List.of(), status, outcome));
        }
        return made;
    }

    /** The patients of this server to whom the addressed resource belongs, or whom the body names. */
    private Set<String> concerned(RequestFacts facts, @Nullable IBaseResource body) {
        Set<String> references = new LinkedHashSet<>();
        if (facts.type() != null && facts.id() != null) {
            references.add(facts.type() + "/" + facts.id());
        }
        if (body != null && WRITES.contains(facts.op())) {
            references.addAll(finder.references(body));
        }
        Set<String> patients = new LinkedHashSet<>();
        if (!references.isEmpty()) {
            index.findAll(references).values().forEach(ownership -> patients.addAll(ownership.patients()));
        }
        return patients;
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
