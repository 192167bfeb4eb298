package org.securemed.fhir.review;

import java.util.Collections;
import java.util.Set;

/**
 * Who somebody is, in forms that can be compared: lower case, without accents and punctuation.
 *
 * @param surnames family names
 * @param names given name, family name and date of birth in one, for each name
 * @param addresses street and postal code in one
 * @param phones digits
 * @param identifiers system and value in one
 */
record Identity(
        Set<String> surnames, Set<String> names, Set<String> addresses, Set<String> phones, Set<String> identifiers) {
    Identity {
        surnames = Set.copyOf(surnames);
        names = Set.copyOf(names);
        addresses = Set.copyOf(addresses);
        phones = Set.copyOf(phones);
        identifiers = Set.copyOf(identifiers);
    }

    /** Whether both are most likely one person. */
    boolean isSamePerson(Identity other) {
        return meet(names, other.names) || meet(identifiers, other.identifiers);
    }

    boolean sharesSurname(Identity other) {
        return meet(surnames, other.surnames);
    }

    /** Whether they live, or are called, at the same place. */
    boolean sharesHome(Identity other) {
        return meet(addresses, other.addresses) || meet(phones, other.phones);
    }

    private static boolean meet(Set<String> one, Set<String> other) {
        return !Collections.disjoint(one, other);
    }
}
