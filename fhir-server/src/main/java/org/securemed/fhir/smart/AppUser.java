package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A person who is signed in and about to let an app act for them.
 *
 * @param fhirUser relative reference, null for people without a FHIR resource
 * @param purposesOfUse v3-ActReason codes
 * @param relatedPersons as whom they act for others: {@code RelatedPerson/x} by logical id of the Patient
 */
public record AppUser(
        String username,
        String displayName,
        Set<Role> roles,
        @Nullable String fhirUser,
        @Nullable String organization,
        Set<String> purposesOfUse,
        Map<String, String> relatedPersons) {
    public AppUser {
        roles = Set.copyOf(roles);
        purposesOfUse = Set.copyOf(purposesOfUse);
        relatedPersons = Map.copyOf(relatedPersons);
    }

    static AppUser of(Account account) {
        return new AppUser(
                account.username(),
                account.displayName(),
                account.roles(),
                account.fhirUser(),
                account.organization(),
                account.purposesOfUse(),
                account.relatedPersons());
    }

    /** The same person, as whom they act for a patient: their RelatedPerson there if they have one. */
    public AppUser toward(@Nullable String patient) {
        String reference = patient == null ? null : relatedPersons.get(patient);
        return reference == null ? this : as(reference);
    }

    /** The same person as each of whom they are: themselves first. */
    public List<AppUser> everybody() {
        List<AppUser> all = new ArrayList<>(List.of(this));
        new TreeMap<>(relatedPersons)
                .values().stream()
                        .filter(reference -> !reference.equals(fhirUser))
                        .distinct()
                        .forEach(reference -> all.add(as(reference)));
        return all;
    }

    private AppUser as(String reference) {
        return new AppUser(username, displayName, roles, reference, organization, purposesOfUse, relatedPersons);
    }
}
