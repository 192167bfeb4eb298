package org.securemed.ledger.consent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Security labels ({@code Resource.meta.security}) and what a provision's label means for them.
 *
 * <p>A resource is <em>restricted</em> if it carries confidentiality {@code R} or {@code V} or any sensitivity code of
 * v3-ActCode, else <em>normal</em>. Label {@code N} of a provision means normal. Every other label means itself; in a
 * deny, {@code R} covers every restricted resource, {@code V} included, and a sensitivity covers those below it: where
 * labelling was incomplete a patient's refusal must not become void.
 *
 * @see <a href="https://terminology.hl7.org/CodeSystem-v3-ActCode.html">v3-ActCode, InformationSensitivityPolicy</a>
 */
public final class SecurityLabels {
    /** v3-Confidentiality. */
    public static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    /** v3-ActCode: sensitivities, handling instructions, policies. */
    public static final String ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

    public static final Coding NORMAL = new Coding(CONFIDENTIALITY, "N");
    public static final Coding RESTRICTED = new Coding(CONFIDENTIALITY, "R");
    public static final Coding VERY_RESTRICTED = new Coding(CONFIDENTIALITY, "V");

    private static final Set<String> SENSITIVITIES = Set.of(
            "ETH",
            "GDIS",
            "HIV",
            "MST",
            "SCA",
            "SDV",
            "SEX",
            "SPI",
            "BH",
            "COGN",
            "DVD",
            "EMOTDIS",
            "MH",
            "PSY",
            "PSYTHPN",
            "SUD",
            "ETHUD",
            "OPIOIDUD",
            "STD",
            "TBOO",
            "VIO",
            "SICKLE",
            "DEMO",
            "DOB",
            "GENDER",
            "LIVARG",
            "MARST",
            "RACE",
            "REL",
            "B",
            "EMPL",
            "LOCIS",
            "SSP",
            "ADOL",
            "CEL",
            "DIA",
            "DRGIS",
            "EMP",
            "PDS",
            "PHY",
            "PRS",
            "VIP");

    private static final Map<Coding, Coding> PARENT = new HashMap<>();

    static {
        for (String code : List.of("COGN", "DVD", "EMOTDIS", "MH", "SUD")) {
            PARENT.put(sensitivity(code), sensitivity("BH"));
        }
        for (String code : List.of("PSY", "PSYTHPN")) {
            PARENT.put(sensitivity(code), sensitivity("MH"));
        }
        for (String code : List.of("ETHUD", "OPIOIDUD")) {
            PARENT.put(sensitivity(code), sensitivity("SUD"));
        }
    }

    private static final Set<Coding> NOT_TO_BE_REDISCLOSED = Set.of(
            sensitivity("ETH"),
            sensitivity("SUD"),
            sensitivity("ETHUD"),
            sensitivity("OPIOIDUD"),
            sensitivity("42CFRPart2"),
            sensitivity("NORDSCLCD"));

    private SecurityLabels() {}

    /** The v3-ActCode label {@code code}. */
    public static Coding sensitivity(String code) {
        return new Coding(ACT_CODE, code);
    }

    /** Whether {@code labels} make a resource restricted. */
    public static boolean restricted(Set<Coding> labels) {
        for (Coding label : labels) {
            if (label.equals(RESTRICTED) || label.equals(VERY_RESTRICTED)) {
                return true;
            }
            if (label.system().equals(ACT_CODE) && SENSITIVITIES.contains(label.code())) {
                return true;
            }
        }
        return false;
    }

    /** Whether what carries {@code labels} must not be disclosed further (42 CFR Part 2 and like rules). */
    static boolean notToBeRedisclosed(Set<Coding> labels) {
        for (Coding label : labels) {
            if (NOT_TO_BE_REDISCLOSED.contains(label)) {
                return true;
            }
        }
        return false;
    }

    static boolean anyMatches(ProvisionType type, List<Coding> wanted, Set<Coding> labels) {
        for (int i = 0; i < wanted.size(); i++) {
            if (matches(type, wanted.get(i), labels)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(ProvisionType type, Coding wanted, Set<Coding> labels) {
        if (wanted.equals(NORMAL)) {
            return !restricted(labels);
        }
        if (labels.contains(wanted)) {
            return true;
        }
        if (type == ProvisionType.PERMIT) {
            return false;
        }
        if (wanted.equals(RESTRICTED)) {
            return restricted(labels);
        }
        for (Coding label : labels) {
            if (isBelow(label, wanted)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isBelow(Coding label, Coding ancestor) {
        for (@Nullable Coding at = PARENT.get(label); at != null; at = PARENT.get(at)) {
            if (at.equals(ancestor)) {
                return true;
            }
        }
        return false;
    }
}
