package org.securemed.fhir.smart;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a requester is to this hospital. Consent's role actors and the fixed rules of access speak of these. */
public enum Role {
    PHYSICIAN,
    NURSE,
    /** A person about themselves. */
    PATIENT,
    /** Acts for a patient: parent, guardian, proxy. */
    REPRESENTATIVE,
    ADMINISTRATOR,
    /** Reviews accesses; reads AuditEvents. */
    COMPLIANCE,
    /** A machine client of the custodian itself. */
    SYSTEM,
    RESEARCHER;

    /** Code system of {@link #code()}. */
    public static final String CODE_SYSTEM = "https://securemed.org/fhir/CodeSystem/role";

    /** HL7's code system for what practitioners are. */
    public static final String PRACTITIONER_ROLES = "http://terminology.hl7.org/CodeSystem/practitioner-role";

    private static final Map<String, Role> PRACTITIONER_ROLE =
            Map.of("doctor", PHYSICIAN, "nurse", NURSE, "researcher", RESEARCHER);

    /** As written in a token: the name in lower case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The code of {@link #PRACTITIONER_ROLES} that says the same; empty if there is none. */
    public Optional<String> practitionerRole() {
        return PRACTITIONER_ROLE.entrySet().stream()
                .filter(known -> known.getValue() == this)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** Whether a coding, with its system, says a role that requesters here can have. */
    public static boolean isKnown(String system, String code) {
        return !system.isEmpty() && of(system, code).isPresent();
    }

    /**
     * The role of a coding: of ours, or of HL7's practitioner-role.
     *
     * @param system may be empty for a bare code of ours
     */
    static Optional<Role> of(String system, String code) {
        if (system.equals(PRACTITIONER_ROLES)) {
            return Optional.ofNullable(PRACTITIONER_ROLE.get(code));
        }
        if (!system.isEmpty() && !system.equals(CODE_SYSTEM)) {
            return Optional.empty();
        }
        return Arrays.stream(values()).filter(role -> role.code().equals(code)).findFirst();
    }
}
