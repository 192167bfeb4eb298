package org.securemed.ledger.consent;

/** What a requester does with the data: the codes of {@code http://terminology.hl7.org/CodeSystem/consentaction}. */
public enum Action {
    COLLECT("collect"),
    ACCESS("access"),
    USE("use"),
    DISCLOSE("disclose"),
    CORRECT("correct");

    /** The code system of these codes. */
    public static final String SYSTEM = "http://terminology.hl7.org/CodeSystem/consentaction";

    private final String code;

    Action(String code) {
        this.code = code;
    }

    /** The FHIR code. */
    public String code() {
        return code;
    }

    /**
     * The action of a FHIR code.
     *
     * @throws IllegalArgumentException if the code is not in the code system
     */
    public static Action ofCode(String code) {
        for (Action action : values()) {
            if (action.code.equals(code)) {
                return action;
            }
        }
        throw new IllegalArgumentException("not a consentaction code");
    }
}
