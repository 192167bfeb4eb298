package org.securemed.fhir.admin;

/** Something that somebody has to look at, while the server goes on. */
public interface OpenAlarm {
    /** A code, lower case with hyphens; listed in {@code docs/operations.md}. */
    String code();

    /** Whether it is so now; asked often, from any thread. */
    boolean isOpen();
}
