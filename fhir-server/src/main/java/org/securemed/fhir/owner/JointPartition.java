package org.securemed.fhir.owner;

import java.util.Set;

/**
 * The partition of what belongs to several patients at once.
 *
 * @param partition its number
 * @param patients logical ids of all of them, at least two
 */
public record JointPartition(int partition, Set<String> patients) {
    public JointPartition {
        patients = Set.copyOf(patients);
    }
}
