package org.securemed.fhir.demo;

import java.util.List;

/**
 * A laboratory test or a score.
 *
 * @param code LOINC
 * @param unit UCUM code
 * @param low lower end of what is usual
 * @param high upper end of what is usual
 * @param decimals digits after the point
 */
record Analyte(Coded code, String unit, double low, double high, int decimals) {

    static final Analyte HEMOGLOBIN = of("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12.0, 16.0, 1);
    static final Analyte LEUKOCYTES =
            of("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 4.0, 10.5, 1);
    static final Analyte PLATELETS =
            of("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150, 400, 0);
    static final Analyte SODIUM = of("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 136, 145, 0);
    static final Analyte POTASSIUM = of("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3.5, 5.1, 1);
    static final Analyte CREATININE = of("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 1.2, 2);
    static final Analyte GLUCOSE = of("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 70, 110, 0);
    static final Analyte CALCIUM = of("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 8.6, 10.3, 1);
    static final Analyte CHOLESTEROL =
            of("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 130, 220, 0);
    static final Analyte HDL = of("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 38, 75, 0);
    static final Analyte TRIGLYCERIDE =
            of("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 60, 190, 0);
    static final Analyte HBA1C = of("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4.5, 8.5, 1);
    static final Analyte TSH = of("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", 0.4, 4.5, 2);
    static final Analyte ALT =
            of("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 8, 45, 0);
    static final Analyte CRP = of("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", 0.3, 18, 1);
    static final Analyte FERRITIN = of("2276-4", "Ferritin [Mass/volume] in Serum or Plasma", "ng/mL", 8, 120, 0);
    static final Analyte LITHIUM = of("14334-7", "Lithium [Moles/volume] in Serum or Plasma", "mmol/L", 0.5, 1.0, 2);
    static final Analyte CD4 = of("24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood", "/uL", 350, 1100, 0);
    static final Analyte HIV_VIRAL_LOAD = of(
            "20447-9",
            "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection",
            "{copies}/mL",
            20,
            400,
            0);
    static final Analyte PHQ9 =
            of("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]", "{score}", 2, 19, 0);

    static final Panel BLOOD_COUNT = new Panel(
            Coded.loinc("58410-2", "CBC panel - Blood by Automated count"), List.of(HEMOGLOBIN, LEUKOCYTES, PLATELETS));
    static final Panel METABOLIC = new Panel(
            Coded.loinc("51990-0", "Basic metabolic panel - Blood"), List.of(SODIUM, POTASSIUM, CREATININE, GLUCOSE));
    static final Panel LIPIDS = new Panel(
            Coded.loinc("57698-3", "Lipid panel with direct LDL - Serum or Plasma"),
            List.of(CHOLESTEROL, HDL, TRIGLYCERIDE));

    /** Tests that are ordered together and reported together. */
    record Panel(Coded code, List<Analyte> analytes) {}

    /** Scores are asked of a person; everything else is measured in a specimen. */
    boolean isScore() {
        return unit.equals("{score}");
    }

    private static Analyte of(String code, String display, String unit, double low, double high, int decimals) {
        return new Analyte(Coded.loinc(code, display), unit, low, high, decimals);
    }
}
