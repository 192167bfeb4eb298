package org.securemed.ledger.consent;

/** FHIR R4 {@code Consent.provision.type}, read literally. */
public enum ProvisionType {
    /** The provision allows what it matches. */
    PERMIT("permit"),
    /** The provision forbids what it matches. */
    DENY("deny");

    private final String code;

    ProvisionType(String code) {
        this.code = code;
    }

    /** The code of {@code http://hl7.org/fhir/consent-provision-type}. */
    public String code() {
        return code;
    }

    static ProvisionType ofCode(String code) {
        return switch (code) {
            case "permit" -> PERMIT;
            case "deny" -> DENY;
            default -> throw new IllegalArgumentException("provision type is neither permit nor deny");
        };
    }
}
