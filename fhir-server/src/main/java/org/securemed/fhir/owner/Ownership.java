package org.securemed.fhir.owner;

import java.util.Set;

/**
 * To whom a stored resource belongs.
 *
 * @param partition where it lies, see {@link Partition}
 * @param patients logical ids of the patients it belongs to; empty if shared or in quarantine
 * @param deleted whether its newest version is a deletion
 */
public record Ownership(int partition, Set<String> patients, boolean deleted) {
    public Ownership {
        patients = Set.copyOf(patients);
    }
}
