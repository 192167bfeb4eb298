package org.securemed.fhir.smart;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A person who can log in.
 *
 * @param username lower case
 * @param passwordHash with the algorithm's name in braces
 * @param fhirUser relative reference, null for people without a FHIR resource
 * @param relatedPersons as whom the person acts for others: {@code RelatedPerson/x} by logical id of the Patient
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
        Map<String, String> relatedPersons,
        boolean enabled) {
    Account {
        roles = Set.copyOf(roles);
        purposesOfUse = Set.copyOf(purposesOfUse);
        relatedPersons = Map.copyOf(relatedPersons);
    }

    /** Who the person is to a patient's record: their RelatedPerson there if they have one. */
    @Nullable
    String fhirUser(@Nullable String patient) {
        return patient == null ? fhirUser : relatedPersons.getOrDefault(patient, fhirUser);
    }

    /** Without the hash. */
    @Override
    public String toString() {
        return "Account[username=" + username + "]";
    }
}
