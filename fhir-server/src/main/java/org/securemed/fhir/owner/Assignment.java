package org.securemed.fhir.owner;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * Where a resource that is about to be stored will lie, and whose it is.
 *
 * @param partition see {@link Partition}
 * @param known logical ids of its patients that are stored already
 * @param fresh its patients that are being created by the same request, whose ids the server has yet to assign
 * @param unknown {@code Type/id} references to nothing that this server ever stored
 */
public record Assignment(int partition, Set<String> known, Collection<IBaseResource> fresh, Set<String> unknown) {
    public Assignment {
        known = Set.copyOf(known);
        fresh = List.copyOf(fresh);
        unknown = Set.copyOf(unknown);
    }

    /** The same in another partition. */
    public Assignment in(int other) {
        return new Assignment(other, known, fresh, unknown);
    }

    /** The ownership once the resource is stored; its new patients have their ids by then. */
    public Ownership stored() {
        Set<String> patients = new TreeSet<>(known);
        fresh.forEach(patient -> patients.add(patient.getIdElement().getIdPart()));
        return new Ownership(partition, patients, false);
    }
}
