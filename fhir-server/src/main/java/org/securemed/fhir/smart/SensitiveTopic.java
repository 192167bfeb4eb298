package org.securemed.fhir.smart;

import java.util.List;

/**
 * What people often want to keep from apps; off until switched on.
 *
 * @see <a href="https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html">v3
 *     InformationSensitivityPolicy</a>
 */
public enum SensitiveTopic {
    PSY("Mental health", "PSY", "PSYTHPN"),
    ETH("Alcohol and drugs", "ETH", "ETHUD", "OPIOIDUD", "SUD"),
    HIV("HIV and AIDS", "HIV"),
    SEX("Sexual and reproductive health", "SEX", "STD"),
    SDV("Violence and abuse", "SDV");

    private final String label;
    private final List<String> codes;

    SensitiveTopic(String label, String... codes) {
        this.label = label;
        this.codes = List.of(codes);
    }

    /** In plain words. */
    public String label() {
        return label;
    }

    /** Security labels of the topic in v3-ActCode: {@link #code} and what is below it. */
    public List<String> codes() {
        return codes;
    }

    /** Code in v3-ActCode. */
    public String code() {
        return name();
    }
}
