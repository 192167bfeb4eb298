package org.securemed.fhir.smart;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A person who can log in.
 *
 * @param username lower case
 * @param passwordHash with the algorithm's name in braces
 * @param fhirUser relative reference, null for people without a FHIR resource
 */
record Account(
        String username,
        String passwordHash,
        String displayName,
        Set<Role> roles,
        @Nullable String fhirUser,
        @Nullable String organization,
        @Nullable String organizationName,
        Set<String> purposesOfUse,
        boolean enabled) {
    Account {
        roles = Set.copyOf(roles);
        purposesOfUse = Set.copyOf(purposesOfUse);
    }

    /** Without the hash. */
    @Override
    public String toString() {
        return "Account[username=" + username + "]";
    }
}
