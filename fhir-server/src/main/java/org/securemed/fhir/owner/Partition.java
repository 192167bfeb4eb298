package org.securemed.fhir.owner;

/**
 * The partitions of the FHIR store: one for each patient, one for each set of patients who have something in common,
 * and three for the rest.
 */
public final class Partition {
    /** What belongs to no patient: practitioners, organizations, terminology. It is HAPI's default partition. */
    public static final int SHARED = 0;

    /** What belongs to known patients and to somebody who can't be told: for the custodian's own systems only. */
    public static final int PARTLY_KNOWN = 1;

    /** What holds a patient's data but can't be attributed to anybody: for administrators only. */
    public static final int QUARANTINE = 2;

    /** The first partition that patients may have. */
    public static final int FIRST_PATIENT = 100;

    private Partition() {}

    /** Whether {@code partition} is that of one patient, or of several. */
    public static boolean isPatients(int partition) {
        return partition >= FIRST_PATIENT;
    }
}
