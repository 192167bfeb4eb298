package org.securemed.fhir.owner;

/** The partitions of the FHIR store: one for each patient, and three for what has not exactly one patient. */
public final class Partition {
    /** What belongs to no patient: practitioners, organizations, terminology. It is HAPI's default partition. */
    public static final int SHARED = 0;

    /** What belongs to two or more patients: visible only to who may see all of them. */
    public static final int MULTIPLE = 1;

    /** What holds a patient's data but can't be attributed to one: for administrators only. */
    public static final int QUARANTINE = 2;

    /** The first partition that a patient may have. */
    public static final int FIRST_PATIENT = 100;

    private Partition() {}

    /** Whether {@code partition} is that of one patient. */
    public static boolean isPatient(int partition) {
        return partition >= FIRST_PATIENT;
    }
}
