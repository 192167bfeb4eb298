package org.securemed.fhir.demo;

import static org.securemed.fhir.demo.Coded.atc;
import static org.securemed.fhir.demo.Coded.snomed;

import java.util.List;

/**
 * A long-standing condition and what goes with it.
 *
 * @param condition SNOMED CT
 * @param fromAge years; nobody younger has it here
 * @param toAge years, inclusive
 * @param label code of v3-ActCode that marks what is sensitive about it ({@code HIV}, {@code PSY}, {@code SUD},
 *     {@code STD}), or empty
 * @param medicines what is prescribed for it
 * @param tests laboratory tests by which it is followed
 */
record Ailment(Coded condition, int fromAge, int toAge, String label, List<Medicine> medicines, List<Analyte> tests) {

    /**
     * A prescription.
     *
     * @param dosage as the patient reads it
     * @param timesPerDay 0 if it is taken when needed
     */
    record Medicine(Coded code, String dosage, int timesPerDay) {}

    boolean sensitive() {
        return !label.isEmpty();
    }

    boolean fits(Person person) {
        return person.age() >= fromAge && person.age() <= toAge;
    }

    static final List<Ailment> COMMON = List.of(
            common(
                    "38341003",
                    "Hypertensive disorder",
                    35,
                    110,
                    List.of(Analyte.POTASSIUM, Analyte.CREATININE),
                    new Medicine(atc("C09AA03", "lisinopril"), "10 mg by mouth in the morning", 1)),
            common(
                    "44054006",
                    "Type 2 diabetes mellitus",
                    40,
                    110,
                    List.of(Analyte.HBA1C, Analyte.GLUCOSE),
                    new Medicine(atc("A10BA02", "metformin"), "500 mg by mouth with breakfast and dinner", 2)),
            common(
                    "55822004",
                    "Hyperlipidemia",
                    40,
                    110,
                    List.of(),
                    new Medicine(atc("C10AA05", "atorvastatin"), "20 mg by mouth at night", 1)),
            common(
                    "195967001",
                    "Asthma",
                    4,
                    70,
                    List.of(),
                    new Medicine(atc("R03AC02", "salbutamol"), "2 puffs (0.2 mg) when short of breath", 0),
                    new Medicine(atc("R03BA02", "budesonide"), "0.2 mg inhaled twice a day", 2)),
            common(
                    "13645005",
                    "Chronic obstructive lung disease",
                    55,
                    110,
                    List.of(),
                    new Medicine(atc("R03BB04", "tiotropium bromide"), "18 microgram inhaled once a day", 1)),
            common(
                    "49436004",
                    "Atrial fibrillation",
                    60,
                    110,
                    List.of(Analyte.CREATININE),
                    new Medicine(atc("B01AF02", "apixaban"), "5 mg by mouth twice a day", 2),
                    new Medicine(atc("C07AB07", "bisoprolol"), "2.5 mg by mouth in the morning", 1)),
            common(
                    "40930008",
                    "Hypothyroidism",
                    25,
                    110,
                    List.of(Analyte.TSH),
                    new Medicine(atc("H03AA01", "levothyroxine sodium"), "75 microgram by mouth before breakfast", 1)),
            common(
                    "396275006",
                    "Osteoarthritis",
                    50,
                    110,
                    List.of(),
                    new Medicine(atc("N02BE01", "paracetamol"), "1 g by mouth when in pain, at most 3 g a day", 0)),
            common(
                    "37796009",
                    "Migraine",
                    12,
                    60,
                    List.of(),
                    new Medicine(atc("N02CC01", "sumatriptan"), "50 mg by mouth at the onset of an attack", 0)),
            common(
                    "64859006",
                    "Osteoporosis",
                    65,
                    110,
                    List.of(Analyte.CALCIUM),
                    new Medicine(atc("M05BA04", "alendronic acid"), "70 mg by mouth once a week", 0)),
            common(
                    "235595009",
                    "Gastroesophageal reflux disease",
                    18,
                    90,
                    List.of(),
                    new Medicine(atc("A02BC01", "omeprazole"), "20 mg by mouth before breakfast", 1)),
            common(
                    "84757009",
                    "Epilepsy",
                    6,
                    80,
                    List.of(Analyte.ALT),
                    new Medicine(atc("N03AX14", "levetiracetam"), "500 mg by mouth twice a day", 2)),
            common(
                    "69896004",
                    "Rheumatoid arthritis",
                    30,
                    90,
                    List.of(Analyte.CRP, Analyte.ALT),
                    new Medicine(atc("L04AX03", "methotrexate"), "15 mg by mouth once a week", 0)),
            common(
                    "24079001",
                    "Atopic dermatitis",
                    0,
                    40,
                    List.of(),
                    new Medicine(atc("D07AA02", "hydrocortisone"), "thin layer on affected skin twice a day", 2)),
            common(
                    "87522002",
                    "Iron deficiency anemia",
                    14,
                    60,
                    List.of(Analyte.FERRITIN),
                    new Medicine(atc("B03AA07", "ferrous sulfate"), "80 mg by mouth every second day", 0)));

    static final List<Ailment> SENSITIVE = List.of(
            new Ailment(
                    snomed("86406008", "Human immunodeficiency virus infection"),
                    18,
                    80,
                    "HIV",
                    List.of(new Medicine(
                            atc("J05AR20", "emtricitabine, tenofovir alafenamide and bictegravir"),
                            "one tablet by mouth once a day",
                            1)),
                    List.of(Analyte.HIV_VIRAL_LOAD, Analyte.CD4)),
            new Ailment(
                    snomed("35489007", "Depressive disorder"),
                    16,
                    90,
                    "PSY",
                    List.of(new Medicine(atc("N06AB06", "sertraline"), "50 mg by mouth in the morning", 1)),
                    List.of(Analyte.PHQ9)),
            new Ailment(
                    snomed("75544000", "Opioid dependence"),
                    18,
                    70,
                    "SUD",
                    List.of(new Medicine(atc("N07BC02", "methadone"), "60 mg by mouth once a day, supervised", 1)),
                    List.of(Analyte.ALT)),
            new Ailment(
                    snomed("13746004", "Bipolar disorder"),
                    18,
                    80,
                    "PSY",
                    List.of(new Medicine(atc("N05AN01", "lithium"), "450 mg by mouth twice a day", 2)),
                    List.of(Analyte.LITHIUM, Analyte.TSH)),
            new Ailment(
                    snomed("76272004", "Syphilis"),
                    18,
                    70,
                    "STD",
                    List.of(new Medicine(
                            atc("J01CE08", "benzathine benzylpenicillin"),
                            "2.4 million units into the muscle once",
                            0)),
                    List.of(Analyte.CRP)));

    private static Ailment common(
            String code, String display, int fromAge, int toAge, List<Analyte> tests, Medicine... medicines) {
        return new Ailment(snomed(code, display), fromAge, toAge, "", List.of(medicines), tests);
    }
}
