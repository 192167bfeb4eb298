package org.securemed.fhir.demo;

import static org.securemed.fhir.demo.Coded.cvx;
import static org.securemed.fhir.demo.Coded.hl7;
import static org.securemed.fhir.demo.Coded.loinc;
import static org.securemed.fhir.demo.Coded.snomed;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.hl7.fhir.r4.model.AllergyIntolerance;
import org.hl7.fhir.r4.model.AllergyIntolerance.AllergyIntoleranceCategory;
import org.hl7.fhir.r4.model.AllergyIntolerance.AllergyIntoleranceCriticality;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.DiagnosticReport.DiagnosticReportStatus;
import org.hl7.fhir.r4.model.Dosage;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Immunization;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Observation.ObservationStatus;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.Procedure;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Timing;

/** Writes the record of one patient. Used once, by one thread. */
final class Chart {
    /** The day on which all records end: ages are counted from here, and nothing lies after it. */
    static final LocalDate TODAY = LocalDate.of(2026, 11, 1);

    private static final String UCUM = "http://unitsofmeasure.org";
    private static final int ADULT = 18;

    // The binding prefers these, and validators report others as errors: those who speak another language have its
    // name.
    private static final Set<String> COMMON_LANGUAGES =
            Set.of("ar", "da", "de", "el", "en", "es", "fr", "hi", "it", "ja", "pl", "pt", "sv", "zh");

    private static final List<Coded> ALLERGIES = List.of(
            snomed("91936005", "Allergy to penicillin"),
            snomed("91935009", "Allergy to peanut"),
            snomed("300916003", "Latex allergy"),
            snomed("232350006", "House dust mite allergy"),
            snomed("91930004", "Allergy to eggs"),
            snomed("417532002", "Allergy to fish"));

    private static final List<Coded> CHILD_VACCINES = List.of(
            cvx("20", "DTaP"),
            cvx("10", "IPV"),
            cvx("03", "MMR"),
            cvx("21", "varicella"),
            cvx("08", "Hep B, adolescent or pediatric"));

    private static final List<Coded> ADULT_VACCINES = List.of(
            cvx("140", "Influenza, split virus, trivalent, PF"),
            cvx("115", "Tdap"),
            cvx("33", "pneumococcal polysaccharide PPV23"),
            cvx("187", "zoster recombinant"),
            cvx("43", "Hep B, adult"));

    private static final List<Coded> PROCEDURES = List.of(
            snomed("268400002", "12 lead electrocardiogram"),
            snomed("40701008", "Echocardiography"),
            snomed("73761001", "Colonoscopy"),
            snomed("127783003", "Spirometry"),
            snomed("399208008", "Plain X-ray of chest"));

    private static final List<Coded> SMOKING = List.of(
            snomed("266919005", "Never smoked tobacco"), snomed("8517006", "Ex-smoker"), snomed("77176002", "Smoker"));

    private final int number;
    private final Person person;
    private final SplittableRandom random;
    private final Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
    private final String patient;

    Chart(int number, SplittableRandom random) {
        this.number = number;
        this.person = Person.CAST.get(number % Person.CAST.size());
        this.random = random;
        this.patient = uuid();
    }

    DemoPatient write() {
        String mrn = "SM-%06d".formatted(100_001 + number);
        Patient demographics = demographics(mrn);
        add(patient, demographics);
        if (person.age() < ADULT) {
            add(mother());
        }
        add(careTeam());
        List<Ailment> ailments = ailments();
        List<Visit> visits = visits();
        Visit latest = visits.get(visits.size() - 1);
        ailments.forEach(ailment -> follow(ailment, visits.get(0), latest));
        double heightCm = heightCm();
        double weightKg = weightKg(heightCm);
        for (Visit visit : visits) {
            vitals(visit, heightCm, weightKg + between(-2.0, 2.0));
        }
        laboratory(visits);
        if (person.age() >= ADULT) {
            smoking(latest);
        }
        allergies();
        immunizations(visits);
        procedures(visits);
        return new DemoPatient(mrn, demographics, bundle);
    }

    /** An encounter that is over. */
    private record Visit(String reference, LocalDate day, int hour) {

        /** A moment during the visit. */
        String at(int minute) {
            return "%sT%02d:%02d:00Z".formatted(day, hour, minute);
        }
    }

    private Patient demographics(String mrn) {
        Patient resource = new Patient();
        resource.addIdentifier(new Identifier()
                .setUse(Identifier.IdentifierUse.USUAL)
                .setType(hl7("v2-0203", "MR", "Medical record number").concept())
                .setSystem(Hospital.MRN_SYSTEM)
                .setValue(mrn)
                .setAssigner(new Reference(Hospital.HOSPITAL)));
        resource.addIdentifier(new Identifier()
                .setUse(Identifier.IdentifierUse.OFFICIAL)
                .setType(hl7("v2-0203", "HC", "Health Card Number").concept())
                .setSystem(Hospital.HEALTH_NUMBER_SYSTEM)
                .setValue("%010d".formatted(random.nextLong(1_000_000_000L, 9_999_999_999L))));
        resource.setActive(true)
                .addName(new HumanName()
                        .setUse(HumanName.NameUse.OFFICIAL)
                        .setFamily(person.family())
                        .addGiven(person.given()));
        if (!person.written().isEmpty()) {
            resource.addName(new HumanName().setUse(HumanName.NameUse.USUAL).setText(person.written()));
        }
        resource.setGender(person.female() ? AdministrativeGender.FEMALE : AdministrativeGender.MALE);
        resource.setBirthDateElement(new DateType(birthDate().toString()));
        // 555-0100 to 555-0199 are kept free for fiction.
        resource.addTelecom()
                .setSystem(ContactPoint.ContactPointSystem.PHONE)
                .setUse(ContactPoint.ContactPointUse.MOBILE)
                .setValue("+1-202-555-01%02d".formatted(number % 100));
        resource.addAddress()
                .addLine("%d Example Street".formatted(random.nextInt(1, 200)))
                .setCity("Port Example")
                .setPostalCode("%05d".formatted(random.nextInt(10_000, 99_999)))
                .setCountry("XX");
        resource.addCommunication().setLanguage(language()).setPreferred(true);
        resource.addGeneralPractitioner(new Reference(Hospital.GENERAL_PRACTITIONER));
        resource.setManagingOrganization(new Reference(Hospital.HOSPITAL));
        return resource;
    }

    private CodeableConcept language() {
        CodeableConcept language = new CodeableConcept().setText(person.languageName());
        if (COMMON_LANGUAGES.contains(person.language())) {
            language.addCoding(new Coded("urn:ietf:bcp:47", person.language(), person.languageName()).coding());
        }
        return language;
    }

    private LocalDate birthDate() {
        // Nobody has their birthday on the day the records end, so that ages stay what the cast says.
        return TODAY.minusYears(person.age()).minusDays(random.nextInt(1, 364));
    }

    private RelatedPerson mother() {
        RelatedPerson mother = new RelatedPerson();
        mother.setActive(true).setPatient(new Reference(patient));
        mother.addRelationship(hl7("v3-RoleCode", "MTH", "mother").concept());
        mother.addName(new HumanName()
                .setUse(HumanName.NameUse.OFFICIAL)
                .setFamily(person.family())
                .addGiven(List.of("Maria", "Anna", "Sofia", "Nadia").get(number % 4)));
        return mother;
    }

    private CareTeam careTeam() {
        CareTeam team = new CareTeam();
        team.setStatus(CareTeam.CareTeamStatus.ACTIVE)
                .setName("Care team of " + person.given() + " " + person.family())
                .setSubject(new Reference(patient));
        team.addParticipant().setMember(new Reference(Hospital.GENERAL_PRACTITIONER));
        team.addParticipant().setMember(new Reference(Hospital.PHYSICIAN));
        team.addManagingOrganization(new Reference(Hospital.HOSPITAL));
        return team;
    }

    private List<Ailment> ailments() {
        List<Ailment> chosen = new ArrayList<>();
        if (number % 4 == 2) {
            Ailment sensitive = Ailment.SENSITIVE.get((number / 4) % Ailment.SENSITIVE.size());
            if (sensitive.fits(person)) {
                chosen.add(sensitive);
            }
        }
        List<Ailment> possible = new ArrayList<>(
                Ailment.COMMON.stream().filter(a -> a.fits(person)).toList());
        int wanted = person.age() < ADULT ? 1 : 1 + person.age() / 30;
        while (!possible.isEmpty() && wanted-- > 0) {
            chosen.add(possible.remove(random.nextInt(possible.size())));
        }
        return chosen;
    }

    private List<Visit> visits() {
        int count = Math.max(2, Math.min(3 + person.age() / 30, person.age() + 1));
        List<Visit> visits = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            LocalDate day = TODAY.minusDays((long) (count - i) * 140 - random.nextInt(0, 60));
            if (person.age() == 0) {
                day = TODAY.minusDays(random.nextInt(1, 20) + 20L * (count - i - 1));
            }
            visits.add(visit(day, i == count - 1 && number % 6 == 3));
        }
        return visits;
    }

    private Visit visit(LocalDate day, boolean emergency) {
        Visit visit = new Visit(uuid(), day, random.nextInt(8, 17));
        Encounter encounter = new Encounter();
        encounter
                .setStatus(Encounter.EncounterStatus.FINISHED)
                .setClass_((emergency ? hl7("v3-ActCode", "EMER", "emergency") : hl7("v3-ActCode", "AMB", "ambulatory"))
                        .coding())
                .addType((emergency
                                ? snomed("4525004", "Emergency department patient visit")
                                : snomed("185349003", "Encounter for check up"))
                        .concept())
                .setSubject(new Reference(patient))
                .setPeriod(new Period()
                        .setStartElement(new DateTimeType(visit.at(0)))
                        .setEndElement(new DateTimeType(visit.at(45))))
                .setServiceProvider(new Reference(Hospital.HOSPITAL));
        encounter.addParticipant().setIndividual(new Reference(Hospital.PHYSICIAN));
        encounter.addLocation().setLocation(new Reference(emergency ? Hospital.EMERGENCY : Hospital.OUTPATIENTS));
        add(visit.reference(), encounter);
        return visit;
    }

    /** The condition itself, its prescriptions and its tests, labelled alike if it is sensitive. */
    private void follow(Ailment ailment, Visit first, Visit latest) {
        String asserter = ailment.label().equals("PSY") ? Hospital.PSYCHIATRIST : Hospital.PHYSICIAN;
        String reference = uuid();
        Condition condition = new Condition();
        condition
                .setClinicalStatus(hl7("condition-clinical", "active", "Active").concept())
                .setVerificationStatus(
                        hl7("condition-ver-status", "confirmed", "Confirmed").concept())
                .addCategory(hl7("condition-category", "problem-list-item", "Problem List Item")
                        .concept())
                .setCode(ailment.condition().concept())
                .setSubject(new Reference(patient))
                .setEncounter(new Reference(first.reference()))
                .setOnset(new DateTimeType(
                        first.day().minusDays(random.nextInt(0, 20)).toString()))
                .setRecordedDateElement(new DateTimeType(first.at(30)))
                .setAsserter(new Reference(asserter));
        add(reference, label(condition, ailment));
        for (Ailment.Medicine medicine : ailment.medicines()) {
            add(label(prescription(medicine, reference, asserter, latest), ailment));
        }
        for (Analyte analyte : ailment.tests()) {
            add(label(measurement(analyte, latest), ailment));
        }
    }

    private static <R extends Resource> R label(R resource, Ailment ailment) {
        if (ailment.sensitive()) {
            resource.getMeta()
                    .addSecurity(hl7("v3-Confidentiality", "R", "restricted").coding());
            resource.getMeta().addSecurity(sensitivity(ailment.label()).coding());
        }
        return resource;
    }

    private static Coded sensitivity(String label) {
        return switch (label) {
            case "HIV" -> hl7("v3-ActCode", label, "HIV/AIDS information sensitivity");
            case "PSY" -> hl7("v3-ActCode", label, "psychiatry disorder information sensitivity");
            case "SUD" -> hl7("v3-ActCode", label, "substance use disorder information sensitivity");
            case "STD" -> hl7("v3-ActCode", label, "sexually transmitted disease information sensitivity");
            default -> throw new IllegalArgumentException("no such sensitivity: " + label);
        };
    }

    private MedicationRequest prescription(Ailment.Medicine medicine, String condition, String requester, Visit visit) {
        Dosage dosage = new Dosage().setText(medicine.dosage());
        if (medicine.timesPerDay() == 0) {
            dosage.setAsNeeded(new org.hl7.fhir.r4.model.BooleanType(
                    medicine.dosage().contains("when") || medicine.dosage().contains("onset")));
        } else {
            dosage.getTiming()
                    .getRepeat()
                    .setFrequency(medicine.timesPerDay())
                    .setPeriod(1)
                    .setPeriodUnit(Timing.UnitsOfTime.D);
        }
        MedicationRequest request = new MedicationRequest();
        return request.setStatus(MedicationRequest.MedicationRequestStatus.ACTIVE)
                .setIntent(MedicationRequest.MedicationRequestIntent.ORDER)
                .setMedication(medicine.code().concept())
                .setSubject(new Reference(patient))
                .setEncounter(new Reference(visit.reference()))
                .setAuthoredOnElement(new DateTimeType(visit.at(40)))
                .setRequester(new Reference(requester))
                .addReasonReference(new Reference(condition))
                .addDosageInstruction(dosage);
    }

    private void vitals(Visit visit, double heightCm, double weightKg) {
        boolean child = person.age() < 12;
        vital(
                visit,
                loinc("8867-4", "Heart rate"),
                between(child ? 85 : 58, child ? 120 : 92),
                0,
                "/min",
                "beats/minute");
        vital(
                visit,
                loinc("9279-1", "Respiratory rate"),
                between(child ? 20 : 12, child ? 30 : 18),
                0,
                "/min",
                "breaths/minute");
        vital(visit, loinc("8310-5", "Body temperature"), between(36.2, 37.4), 1, "Cel", "°C");
        vital(visit, loinc("8302-2", "Body height"), heightCm, 1, "cm", "cm");
        vital(visit, loinc("29463-7", "Body weight"), Math.max(2.5, weightKg), 1, "kg", "kg");
        if (person.age() >= 3) {
            bloodPressure(visit);
        }
    }

    private void vital(Visit visit, Coded code, double value, int decimals, String unit, String unitText) {
        add(vitalSign(visit, code).setValue(quantity(value, decimals, unit, unitText)));
    }

    private void bloodPressure(Visit visit) {
        Observation pressure = vitalSign(visit, loinc("85354-9", "Blood pressure panel with all children optional"));
        double systolic = between(95 + person.age() / 4.0, 118 + person.age() / 2.5);
        pressure.addComponent()
                .setCode(loinc("8480-6", "Systolic blood pressure").concept())
                .setValue(quantity(systolic, 0, "mm[Hg]", "mmHg"));
        pressure.addComponent()
                .setCode(loinc("8462-4", "Diastolic blood pressure").concept())
                .setValue(quantity(systolic * 0.62, 0, "mm[Hg]", "mmHg"));
        add(pressure);
    }

    private Observation vitalSign(Visit visit, Coded code) {
        return observation(visit, code, hl7("observation-category", "vital-signs", "Vital Signs"))
                .addPerformer(new Reference(Hospital.NURSE));
    }

    private Observation observation(Visit visit, Coded code, Coded category) {
        return new Observation()
                .setStatus(ObservationStatus.FINAL)
                .addCategory(category.concept())
                .setCode(code.concept())
                .setSubject(new Reference(patient))
                .setEncounter(new Reference(visit.reference()))
                .setEffective(new DateTimeType(visit.at(10)));
    }

    private void laboratory(List<Visit> visits) {
        Visit latest = visits.get(visits.size() - 1);
        report(Analyte.BLOOD_COUNT, latest);
        if (person.age() >= ADULT) {
            report(Analyte.METABOLIC, latest);
            report(Analyte.METABOLIC, visits.get(0));
        }
        if (person.age() >= 40) {
            report(Analyte.LIPIDS, latest);
            report(Analyte.BLOOD_COUNT, visits.get(0));
        }
    }

    private void report(Analyte.Panel panel, Visit visit) {
        DiagnosticReport report = new DiagnosticReport();
        report.setStatus(DiagnosticReportStatus.FINAL)
                .addCategory(hl7("v2-0074", "LAB", "Laboratory").concept())
                .setCode(panel.code().concept())
                .setSubject(new Reference(patient))
                .setEncounter(new Reference(visit.reference()))
                .setEffective(new DateTimeType(visit.at(20)))
                .setIssuedElement(new InstantType(visit.at(55)))
                .addPerformer(new Reference(Hospital.LABORATORY));
        for (Analyte analyte : panel.analytes()) {
            report.addResult(new Reference(add(measurement(analyte, visit))));
        }
        add(report);
    }

    private Observation measurement(Analyte analyte, Visit visit) {
        Coded category = analyte.isScore()
                ? hl7("observation-category", "survey", "Survey")
                : hl7("observation-category", "laboratory", "Laboratory");
        double spread = (analyte.high() - analyte.low()) * 0.08;
        double value = between(Math.max(0, analyte.low() - spread), analyte.high() + spread);
        Observation observation = observation(visit, analyte.code(), category)
                .setValue(quantity(value, analyte.decimals(), analyte.unit(), analyte.unit()))
                .addPerformer(new Reference(analyte.isScore() ? Hospital.PSYCHIATRIST : Hospital.LABORATORY));
        if (!analyte.isScore()) {
            observation
                    .addReferenceRange()
                    .setLow(quantity(analyte.low(), analyte.decimals(), analyte.unit(), analyte.unit()))
                    .setHigh(quantity(analyte.high(), analyte.decimals(), analyte.unit(), analyte.unit()));
        }
        return observation;
    }

    private void smoking(Visit visit) {
        add(observation(
                        visit,
                        loinc("72166-2", "Tobacco smoking status"),
                        hl7("observation-category", "social-history", "Social History"))
                .setValue(any(SMOKING).concept())
                .addPerformer(new Reference(Hospital.NURSE)));
    }

    private void allergies() {
        for (int i = random.nextInt(0, 3); i > 0; i--) {
            Coded code = ALLERGIES.get((number + i) % ALLERGIES.size());
            AllergyIntolerance allergy = new AllergyIntolerance();
            allergy.setClinicalStatus(hl7("allergyintolerance-clinical", "active", "Active")
                            .concept())
                    .setVerificationStatus(hl7("allergyintolerance-verification", "confirmed", "Confirmed")
                            .concept())
                    .setType(AllergyIntolerance.AllergyIntoleranceType.ALLERGY)
                    .addCategory(category(code))
                    .setCriticality(
                            random.nextBoolean()
                                    ? AllergyIntoleranceCriticality.LOW
                                    : AllergyIntoleranceCriticality.HIGH)
                    .setCode(code.concept())
                    .setPatient(new Reference(patient))
                    .setRecordedDateElement(new DateTimeType(
                            TODAY.minusDays(random.nextInt(1, 20)).toString()))
                    .setRecorder(new Reference(Hospital.GENERAL_PRACTITIONER));
            add(allergy);
        }
    }

    private static AllergyIntoleranceCategory category(Coded code) {
        return switch (code.code()) {
            case "91936005" -> AllergyIntoleranceCategory.MEDICATION;
            case "300916003", "232350006" -> AllergyIntoleranceCategory.ENVIRONMENT;
            default -> AllergyIntoleranceCategory.FOOD;
        };
    }

    private void immunizations(List<Visit> visits) {
        List<Coded> vaccines = person.age() < ADULT ? CHILD_VACCINES : ADULT_VACCINES;
        int count = person.age() == 0 ? 2 : random.nextInt(3, vaccines.size() + 1);
        for (int i = 0; i < count; i++) {
            Visit visit = visits.get(i % visits.size());
            Immunization immunization = new Immunization();
            immunization
                    .setStatus(Immunization.ImmunizationStatus.COMPLETED)
                    .setVaccineCode(vaccines.get(i).concept())
                    .setPatient(new Reference(patient))
                    .setEncounter(new Reference(visit.reference()))
                    .setOccurrence(new DateTimeType(visit.day().toString()))
                    .setPrimarySource(true)
                    .setLotNumber("L%05d".formatted(random.nextInt(0, 100_000)));
            immunization.addPerformer().setActor(new Reference(Hospital.NURSE));
            add(immunization);
        }
    }

    private void procedures(List<Visit> visits) {
        if (person.age() < ADULT) {
            return;
        }
        int count = 1 + person.age() / 45;
        for (int i = 0; i < count; i++) {
            Visit visit = visits.get((number + i) % visits.size());
            Procedure procedure = new Procedure();
            procedure
                    .setStatus(Procedure.ProcedureStatus.COMPLETED)
                    .setCode(PROCEDURES.get((number + i) % PROCEDURES.size()).concept())
                    .setSubject(new Reference(patient))
                    .setEncounter(new Reference(visit.reference()))
                    .setPerformed(new Period()
                            .setStartElement(new DateTimeType(visit.at(15)))
                            .setEndElement(new DateTimeType(visit.at(40))));
            procedure.addPerformer().setActor(new Reference(Hospital.PHYSICIAN));
            add(procedure);
        }
    }

    private double heightCm() {
        if (person.age() >= ADULT) {
            return person.female() ? between(152, 176) : between(164, 191);
        }
        return 52 + person.age() * 6.2 + between(0, 8);
    }

    private double weightKg(double heightCm) {
        double bodyMassIndex = person.age() >= ADULT ? between(19.5, 31) : between(14.5, 19);
        return bodyMassIndex * heightCm * heightCm / 10_000;
    }

    private static Quantity quantity(double value, int decimals, String unit, String unitText) {
        return new Quantity()
                .setValue(BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP))
                .setUnit(unitText)
                .setSystem(UCUM)
                .setCode(unit);
    }

    private double between(double low, double high) {
        return low + random.nextDouble() * (high - low);
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private String uuid() {
        long high = random.nextLong() & ~0xF000L | 0x4000L;
        long low = random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return "urn:uuid:" + new UUID(high, low);
    }

    private String add(Resource resource) {
        return add(uuid(), resource);
    }

    private String add(String fullUrl, Resource resource) {
        bundle.addEntry()
                .setFullUrl(fullUrl)
                .setResource(resource)
                .getRequest()
                .setMethod(Bundle.HTTPVerb.POST)
                .setUrl(resource.fhirType());
        return fullUrl;
    }
}
