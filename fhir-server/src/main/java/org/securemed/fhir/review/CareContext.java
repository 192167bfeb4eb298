package org.securemed.fhir.review;

import java.util.Optional;
import java.util.Set;

/** What the hospital's records say of people; references are relative. */
interface CareContext {
    /** Who a patient or a member of the staff is. */
    Optional<Identity> identity(String reference);

    /** Whether the person takes part in the care of the patient, by any record that names both. */
    boolean cares(String user, String patient);

    /** Whether the patient is labelled as somebody whom many would like to read about. */
    boolean isVip(String patient);

    /** Organizations and places for which a person works. */
    Set<String> departments(String user);

    /** Organizations and places where a patient is or was treated. */
    Set<String> departmentsOf(String patient);
}
