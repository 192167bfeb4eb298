package org.securemed.fhir.smart;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The accounts of the demo, named by whoever loads the demo's data. */
public record DemoPeople(List<Person> people) {
    public DemoPeople {
        people = List.copyOf(people);
    }

    /**
     * One account.
     *
     * @param username lower case
     * @param password as typed at log-in
     * @param displayName as shown to patients
     * @param fhirUser {@code Practitioner/x}, {@code Patient/x} …; null for people without a FHIR resource
     * @param organization {@code Organization/x}
     * @param purposesOfUse v3-ActReason codes that the person's tokens carry
     */
    public record Person(
            String username,
            String password,
            String displayName,
            Role role,
            @Nullable String fhirUser,
            @Nullable String organization,
            @Nullable String organizationName,
            Set<String> purposesOfUse) {
        public Person {
            purposesOfUse = Set.copyOf(purposesOfUse);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Person[username=" + username + ", role=" + role + "]";
        }
    }
}
