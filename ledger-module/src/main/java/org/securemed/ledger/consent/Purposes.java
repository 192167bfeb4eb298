package org.securemed.ledger.consent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Purposes of use and their hierarchy in HL7 v3-ActReason: a purpose covers its descendants, so a permit for
 * {@code TREAT} covers {@code ETREAT} and {@code BTG}.
 *
 * @see <a href="https://terminology.hl7.org/CodeSystem-v3-ActReason.html">v3-ActReason, PurposeOfUse</a>
 */
public final class Purposes {
    /** The code system. */
    public static final String SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /**
     * The root of the hierarchy: what a request declares that declares nothing narrower. No permit that is limited in
     * purpose matches it, and every deny that is.
     */
    public static final Coding UNDECLARED = of("PurposeOfUse");

    public static final Coding TREAT = of("TREAT");
    public static final Coding ETREAT = of("ETREAT");
    /** Break the glass. */
    public static final Coding BTG = of("BTG");

    public static final Coding HPAYMT = of("HPAYMT");
    public static final Coding HOPERAT = of("HOPERAT");
    public static final Coding HRESCH = of("HRESCH");
    public static final Coding CLINTRCH = of("CLINTRCH");
    public static final Coding HMARKT = of("HMARKT");
    public static final Coding PATRQT = of("PATRQT");
    public static final Coding PUBHLTH = of("PUBHLTH");

    private static final Map<Coding, Coding> PARENT = new HashMap<>();

    static {
        children("PurposeOfUse", "HMARKT", "HOPERAT", "HPAYMT", "HRESCH", "PATRQT", "PUBHLTH", "TREAT");
        children("HOPERAT", "CAREMGT", "DONAT", "FRAUD", "GOV", "HACCRED", "HCOMPL", "HDECD", "HDIRECT", "HDM");
        children("HOPERAT", "HLEGAL", "HOUTCOMS", "HPRGRP", "HQUALIMP", "HSYSADMIN", "MEMADMIN", "MILCDM", "PATADMIN");
        children("HOPERAT", "PATSFTY", "PERFMSR", "RECORDMGT", "SYSDEV", "TRAIN");
        children("HSYSADMIN", "LABELING", "METAMGT");
        children("SYSDEV", "HTEST");
        children("HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "REMITADV");
        children("COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG");
        children("HRESCH", "BIORCH", "CLINTRCH", "DSRCH", "POARCH", "TRANSRCH");
        children("CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH");
        children("PATRQT", "FAMRQT", "PWATRNY", "SUPNWK");
        children("PUBHLTH", "DISASTER", "THREAT");
        children("TREAT", "CLINTRL", "COC", "ETREAT", "POPHLTH");
        children("ETREAT", "BTG", "ERTREAT");
    }

    private Purposes() {}

    /** The v3-ActReason purpose {@code code}. */
    public static Coding of(String code) {
        return new Coding(SYSTEM, code);
    }

    /** Whether {@code requested} is {@code declared} or below it; a code of another system covers only itself. */
    public static boolean covers(Coding declared, Coding requested) {
        for (@Nullable Coding purpose = requested; purpose != null; purpose = PARENT.get(purpose)) {
            if (purpose.equals(declared)) {
                return true;
            }
        }
        return false;
    }

    static Set<Coding> all() {
        return PARENT.keySet();
    }

    /** Whether {@code purpose} is a v3-ActReason purpose of use. */
    public static boolean isKnown(Coding purpose) {
        return PARENT.containsKey(purpose) || purpose.equals(UNDECLARED);
    }

    static boolean anyCovers(List<Coding> declared, Coding requested) {
        for (int i = 0; i < declared.size(); i++) {
            if (covers(declared.get(i), requested)) {
                return true;
            }
        }
        return false;
    }

    private static void children(String parent, String... codes) {
        for (String code : codes) {
            PARENT.put(of(code), of(parent));
        }
    }
}
