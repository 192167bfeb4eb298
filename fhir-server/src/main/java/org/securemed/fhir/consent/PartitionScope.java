package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.interceptor.model.ReadPartitionIdRequestDetails;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    private final OwnerIndex index;
    private final PatientAccess access;
    private final WriteGate writes;

    PartitionScope(OwnerIndex index, PatientAccess access, WriteGate writes) {
        this.index = index;
        this.access = access;
        this.writes = writes;
    }

    /** The partitions in which HAPI may look. */
    @Hook(Pointcut.STORAGE_PARTITION_IDENTIFY_READ)
    public RequestPartitionId read(RequestDetails request, ReadPartitionIdRequestDetails details) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()) {
            return RequestPartitionId.allPartitions();
        }
        return scope(exchange.get(), details);
    }

    /** The partition into which HAPI may store; refuses what the requester may not write. */
    @Hook(Pointcut.STORAGE_PARTITION_IDENTIFY_CREATE)
    public RequestPartitionId create(IBaseResource resource, RequestDetails request) {
        return RequestPartitionId.fromPartitionId(
                writes.admit(resource, request).partition());
    }

    private RequestPartitionId scope(Exchange exchange, ReadPartitionIdRequestDetails details) {
        String type = details.getResourceType();
        if (details.getReadResourceId() != null && type != null) {
            return byId(exchange, type, details.getReadResourceId().getIdPart());
        }
        if (access.seesEverything(exchange)) {
            if (details.getSearchParams() != null) {
                NamedPatients.in(type, details.getSearchParams()).forEach(exchange::name);
            }
            return RequestPartitionId.allPartitions();
        }
        if (type == null || details.getSearchParams() == null) {
            return SHARED;
        }
        List<Integer> partitions = new ArrayList<>();
        partitions.add(Partition.SHARED);
        Set<String> named = NamedPatients.in(type, details.getSearchParams());
        if (!named.isEmpty()) {
            for (String patient : named) {
                permitted(exchange, patient, type).ifPresent(partitions::add);
            }
        } else if (!SharedTypes.contains(type)) {
            partitions.addAll(access.partitions(exchange, type));
        }
        if (access.seesQuarantine(exchange)) {
            partitions.add(Partition.QUARANTINE);
        }
        return RequestPartitionId.fromPartitionIds(partitions);
    }

    private RequestPartitionId byId(Exchange exchange, String type, String id) {
        Optional<Ownership> ownership = index.find(type + "/" + id);
        if (ownership.isEmpty()) {
            return SHARED;
        }
        ownership.get().patients().forEach(exchange::name);
        return access.permits(exchange, ownership.get(), type)
                ? RequestPartitionId.fromPartitionId(ownership.get().partition())
                : SHARED;
    }

    private Optional<Integer> permitted(Exchange exchange, String patient, String type) {
        Optional<Integer> partition = index.partitionOf(patient);
        if (partition.isEmpty()) {
            return Optional.empty();
        }
        exchange.name(patient);
        return access.decide(exchange, patient, type).permitted() ? partition : Optional.empty();
    }
}
