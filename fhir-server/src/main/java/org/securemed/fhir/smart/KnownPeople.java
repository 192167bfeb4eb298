package org.securemed.fhir.smart;

import java.util.Optional;
import java.util.Set;

/** Which FHIR resources accounts may be bound to. Whoever implements this keeps the resources. */
@FunctionalInterface
public interface KnownPeople {
    /**
     * The patients to whom a resource belongs.
     *
     * @param reference relative, such as {@code RelatedPerson/x}
     * @return logical ids, none if it is nobody's; empty if there is no such resource
     */
    Optional<Set<String>> patientsOf(String reference);
}
