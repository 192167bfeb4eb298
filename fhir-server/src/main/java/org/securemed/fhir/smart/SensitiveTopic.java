package org.securemed.fhir.smart;

/**
 * What people often want to keep from apps; off until switched on.
 *
 * @see <a href="https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html">v3
 *     InformationSensitivityPolicy</a>
 */
public enum SensitiveTopic {
    PSY("Mental health"),
    ETH("Alcohol and drugs"),
    HIV("HIV and AIDS"),
    SEX("Sexual and reproductive health"),
    SDV("Violence and abuse");

    private final String label;

    SensitiveTopic(String label) {
        this.label = label;
    }

    /** In plain words. */
    public String label() {
        return label;
    }

    /** Code in v3-ActCode. */
    public String code() {
        return name();
    }
}
