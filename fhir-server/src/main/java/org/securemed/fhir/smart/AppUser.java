package org.securemed.fhir.smart;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A person who is signed in and about to let an app act for them.
 *
 * @param fhirUser relative reference, null for people without a FHIR resource
 * @param purposesOfUse v3-ActReason codes
 */
public record AppUser(
        String username,
        String displayName,
        Set<Role> roles,
        @Nullable String fhirUser,
        @Nullable String organization,
        Set<String> purposesOfUse) {
    public AppUser {
        roles = Set.copyOf(roles);
        purposesOfUse = Set.copyOf(purposesOfUse);
    }

    static AppUser of(Account account) {
        return new AppUser(
                account.username(),
                account.displayName(),
                account.roles(),
                account.fhirUser(),
                account.organization(),
                account.purposesOfUse());
    }
}
