package org.securemed.fhir.smart;

import java.util.Locale;

/** Whose access a resource scope delegates: what stands before the slash. */
public enum ScopeContext {
    /** Only the compartment of the patient in the launch context. */
    PATIENT,
    /** What the user may see. */
    USER,
    /** What the machine client itself may see. */
    SYSTEM;

    /** As written in a scope. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
