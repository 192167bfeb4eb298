package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.ReadPartitionIdRequestDetails;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.SharedTypes;

/**
 * The first layer of the gate: tells HAPI which partitions a request may touch, before any SQL. What is outside them
 * isn't there: HAPI's own answers for absent data are the answers for hidden data.
 */
@Interceptor
public final class PartitionScope {
    private static final RequestPartitionId SHARED = RequestPartitionId.fromPartitionId(Partition.SHARED);

    private static final String WITHIN = PartitionScope.class.getName() + ".within";
    private static final String FOLLOWING = PartitionScope.class.getName() + ".following";

    private final OwnerIndex index;
    private final PatientAccess access;
    private final ReadSet readSet;
    private final ResourceAccess resources;
    private final WriteGate writes;
    private final NarrowView view;
    private final PatientLookup lookup;

    PartitionScope(
            OwnerIndex index,
            PatientAccess access,
            ReadSet readSet,
            ResourceAccess resources,
            WriteGate writes,
            NarrowView view,
            PatientLookup lookup) {
        this.lookup = lookup;
        this.view = view;
        this.index = index;
        this.resources = resources;
        this.access = access;
        this.readSet = readSet;
        this.writes = writes;
    }

    /** The partitions in which HAPI may look. */
    @Hook(Pointcut.STORAGE_PARTITION_IDENTIFY_READ)
    public RequestPartitionId read(RequestDetails request, ReadPartitionIdRequestDetails details) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()) {
            return RequestPartitionId.allPartitions();
        }
        return scope(exchange.get(), request, details);
    }

    /** The partition into which HAPI may store; refuses what the requester may not write. */
    @Hook(Pointcut.STORAGE_PARTITION_IDENTIFY_CREATE)
    public RequestPartitionId create(IBaseResource resource, RequestDetails request) {
        return RequestPartitionId.fromPartitionId(
                writes.admit(resource, request).partition());
    }

    /**
     * Runs a search of ours that asks for what refers to resources of these patients, or belongs to them: nobody else's
     * partitions are looked at. Whether theirs may be is decided as ever.
     */
    static <T> T within(Set<String> patients, RequestDetails request, Supplier<T> search) {
        Map<Object, Object> userData = request.getUserData();
        userData.put(WITHIN, Set.copyOf(patients));
        try {
            return search.get();
        } finally {
            userData.remove(WITHIN);
        }
    }

    private RequestPartitionId scope(Exchange exchange, RequestDetails request, ReadPartitionIdRequestDetails details) {
        String type = details.getResourceType();
        if (details.getReadResourceId() != null && type != null) {
            return byId(exchange, type, details.getReadResourceId().getIdPart());
        }
        SearchParameterMap parameters = details.getSearchParams();
        if (access.seesEverything(exchange)) {
            if (parameters != null) {
                NamedPatients.in(type, parameters).stream()
                        .filter(patient -> index.partitionOf(patient).isPresent())
                        .forEach(exchange::name);
            }
            return RequestPartitionId.allPartitions();
        }
        if (type == null || parameters == null) {
            return SHARED;
        }
        Set<Integer> partitions = new TreeSet<>();
        partitions.add(Partition.SHARED);
        partitions.addAll(patients(exchange, request, type, parameters));
        if (access.seesQuarantine(exchange)) {
            partitions.add(Partition.QUARANTINE);
        }
        return RequestPartitionId.fromPartitionIds(List.copyOf(partitions));
    }

    /** What limits the search to certain patients limits where it looks; without that, wherever it may. */
    private Set<Integer> patients(
            Exchange exchange, RequestDetails request, String type, SearchParameterMap parameters) {
        if (request.getUserData().get(WITHIN) instanceof Set<?> within) {
            return readSet.partitions(
                    exchange, within.stream().map(String.class::cast).toList(), type);
        }
        Set<String> named = NamedPatients.in(type, parameters);
        if (!named.isEmpty()) {
            note(exchange, request, type, named);
            return readSet.partitions(exchange, named, type);
        }
        Set<String> ids = NamedPatients.ids(parameters);
        if (!ids.isEmpty()) {
            return byIds(exchange, request, type, ids);
        }
        if (SharedTypes.contains(type)) {
            return Set.of();
        }
        if (type.equals("Patient") && readSet.spansMany(exchange)) {
            Optional<Set<String>> meant = lookup.meantBy(parameters, () -> readSet.slices(exchange, type));
            if (meant.isPresent()) {
                return readSet.partitions(exchange, meant.get(), type);
            }
        }
        return readSet.partitions(exchange, type);
    }

    /** Those who let the requester in were asked for by name, and so was each that is not there for the requester. */
    private void note(Exchange exchange, RequestDetails request, String type, Set<String> patients) {
        Set<String> known = index.partitionsOf(patients).keySet();
        for (String patient : patients) {
            boolean there = known.contains(patient);
            if (there && access.decide(exchange, patient, type).permitted()) {
                exchange.name(patient);
            } else if (isAsked(request) && !patient.equals(Chains.NOBODY)) {
                exchange.ask("Patient/" + patient, there ? Set.of(patient) : Set.of());
            }
        }
    }

    private Set<Integer> byIds(Exchange exchange, RequestDetails request, String type, Set<String> ids) {
        Set<Integer> partitions = new TreeSet<>();
        Set<String> references = new TreeSet<>();
        ids.forEach(id -> references.add(type + "/" + id));
        Map<String, Ownership> owners = index.findAll(references);
        Set<String> visible = resources.visible(exchange, owners);
        for (String reference : references) {
            Ownership ownership = owners.get(reference);
            if (ownership != null && visible.contains(reference)) {
                ownership.patients().forEach(exchange::name);
                partitions.add(ownership.partition());
            } else if (isAsked(request) && !reference.endsWith("/" + Chains.NOBODY)) {
                exchange.ask(reference, ownership == null ? Set.of() : ownership.patients());
            }
        }
        return partitions;
    }

    /** Whether a search by ids is what was asked, rather than a part of the work on an answer. */
    private static boolean isAsked(RequestDetails request) {
        // HAPI calls a search by POST an operation, too.
        String operation = request.getOperation();
        return (operation == null || !operation.startsWith("$"))
                && !request.getUserData().containsKey(FOLLOWING);
    }

    /** Runs a search of ours for what an answer refers to: nobody has asked for it by name. */
    static <T> T following(RequestDetails request, Supplier<T> search) {
        Map<Object, Object> userData = request.getUserData();
        userData.put(FOLLOWING, Boolean.TRUE);
        try {
            return search.get();
        } finally {
            userData.remove(FOLLOWING);
        }
    }

    private RequestPartitionId byId(Exchange exchange, String type, String id) {
        Optional<Ownership> ownership = index.find(type + "/" + id);
        boolean visible = ownership.isPresent()
                && resources.permits(exchange, ownership.get(), type + "/" + id)
                && view.showsNow(exchange, type, id);
        if (!visible) {
            exchange.ask(type + "/" + id, ownership.map(Ownership::patients).orElse(Set.of()));
            return SHARED;
        }
        ownership.get().patients().forEach(exchange::name);
        return RequestPartitionId.fromPartitionId(ownership.get().partition());
    }
}
