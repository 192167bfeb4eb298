package org.securemed.fhir.owner;

import java.util.Set;

/** Told of each version that was stored without this gate and now has owners, in the transaction that takes it in. */
@FunctionalInterface
public interface AdoptedVersions {
    /**
     * Called for each version.
     *
     * @param patients logical ids of those to whom it belongs
     */
    void adopted(VersionBytes version, Set<String> patients);
}
