package org.securemed.fhir.smart;

import java.util.List;

/**
 * Which records a person may open with an app (screen A2). Whoever implements this asks the consent gate: a patient who
 * may not be seen is not there. A patient's own record needs no choice and is not asked for.
 */
public interface PatientChoices {
    /**
     * One record.
     *
     * @param patient logical id of the Patient
     * @param label what the person recognises it by
     */
    record Choice(String patient, String label) {}

    /**
     * Records that match what was typed.
     *
     * @param text may be empty; at most 100 characters
     * @param most how many at most
     */
    List<Choice> find(AppUser user, String text, int most);

    /** Whether the person may open this record. */
    boolean mayOpen(AppUser user, String patient);

    /** For a server where nobody opens another person's record. */
    PatientChoices OWN_RECORD_ONLY = new PatientChoices() {
        @Override
        public List<Choice> find(AppUser user, String text, int most) {
            return List.of();
        }

        @Override
        public boolean mayOpen(AppUser user, String patient) {
            return false;
        }
    };
}
