package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kinds of data that a person can keep from an app with one switch, each in terms of scopes. Together they are all
 * that {@code patient/*} reaches, but for Observations without a category, which only an unnarrowed scope reaches.
 */
enum DataCategory {
    PROFILE("Name, birth date and contact details", types("Patient", "RelatedPerson", "Person")),
    LABORATORY(
            "Laboratory results",
            Stream.of(observation("laboratory"), types("DiagnosticReport", "Specimen"))
                    .flatMap(List::stream)
                    .toList()),
    VITAL_SIGNS("Vital signs, such as blood pressure and weight", observation("vital-signs")),
    LIFESTYLE("Life style, such as smoking and work", observation("social-history")),
    ASSESSMENTS(
            "Questionnaires and assessments",
            Stream.of(
                            observation("survey"),
                            observation("exam"),
                            observation("therapy"),
                            observation("activity"),
                            observation("procedure"),
                            types("QuestionnaireResponse", "ClinicalImpression", "RiskAssessment"))
                    .flatMap(List::stream)
                    .toList()),
    CONDITIONS("Conditions and diagnoses", types("Condition", "DetectedIssue", "FamilyMemberHistory")),
    MEDICATION(
            "Medicines",
            types(
                    "MedicationRequest",
                    "MedicationStatement",
                    "MedicationAdministration",
                    "MedicationDispense",
                    "Medication")),
    ALLERGIES("Allergies", types("AllergyIntolerance", "AdverseEvent")),
    IMMUNIZATIONS("Vaccinations", types("Immunization", "ImmunizationRecommendation", "ImmunizationEvaluation")),
    PROCEDURES("Operations and procedures", types("Procedure", "Device", "DeviceUseStatement", "ServiceRequest")),
    IMAGES(
            "Images and their reports",
            Stream.of(observation("imaging"), types("ImagingStudy", "Media", "BodyStructure"))
                    .flatMap(List::stream)
                    .toList()),
    DOCUMENTS("Letters and documents", types("DocumentReference", "Composition", "DocumentManifest", "Binary")),
    VISITS("Visits and appointments", types("Encounter", "EpisodeOfCare", "Appointment", "AppointmentResponse")),
    PLANS("Care plans and goals", types("CarePlan", "CareTeam", "Goal", "NutritionOrder")),
    INSURANCE(
            "Insurance and bills",
            types(
                    "Coverage",
                    "CoverageEligibilityRequest",
                    "CoverageEligibilityResponse",
                    "EnrollmentRequest",
                    "Claim",
                    "ClaimResponse",
                    "ExplanationOfBenefit",
                    "Account")),
    OTHER(
            "Anything else in the record",
            types(
                    "Basic",
                    "ChargeItem",
                    "Communication",
                    "CommunicationRequest",
                    "Consent",
                    "DeviceRequest",
                    "Flag",
                    "Group",
                    "Invoice",
                    "List",
                    "MeasureReport",
                    "MolecularSequence",
                    "Provenance",
                    "RequestGroup",
                    "ResearchSubject",
                    "Schedule",
                    "SupplyDelivery",
                    "SupplyRequest",
                    "VisionPrescription",
                    "AuditEvent"));

    // Says nothing about a patient, and results are hard to read without it: stays when a wildcard is narrowed.
    private static final List<Scope.Resource> DIRECTORY =
            types("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService");

    private final String label;
    private final List<Scope.Resource> parts;

    DataCategory(String label, List<Scope.Resource> parts) {
        this.label = label;
        this.parts = parts;
    }

    /** In plain words. */
    String label() {
        return label;
    }

    /** The categories that a scope reaches. */
    static Set<DataCategory> of(Scope.Resource scope) {
        Set<DataCategory> reached = EnumSet.noneOf(DataCategory.class);
        for (DataCategory category : values()) {
            if (parts(category.parts, scope).anyMatch(part -> scope.meet(part).isPresent())) {
                reached.add(category);
            }
        }
        return reached;
    }

    /** What remains of a scope when only some categories are chosen; the scope itself when all that it reaches are. */
    static List<Scope.Resource> narrow(Scope.Resource scope, Set<DataCategory> chosen) {
        Set<DataCategory> reached = of(scope);
        if (chosen.containsAll(reached)) {
            return List.of(scope);
        }
        Set<Scope.Resource> narrowed = new LinkedHashSet<>();
        for (DataCategory category : reached) {
            if (chosen.contains(category)) {
                parts(category.parts, scope)
                        .flatMap(part -> scope.meet(part).stream())
                        .forEach(narrowed::add);
            }
        }
        if (!narrowed.isEmpty()) {
            parts(DIRECTORY, scope).flatMap(part -> scope.meet(part).stream()).forEach(narrowed::add);
        }
        return new ArrayList<>(narrowed);
    }

    /** The parts in the context of the scope; a part by category is beside the point of a scope by another one. */
    private static Stream<Scope.Resource> parts(List<Scope.Resource> parts, Scope.Resource scope) {
        Set<String> asked = scope.parameters().stream()
                .filter(parameter -> parameter.name().equals("category"))
                .flatMap(parameter -> parameter.alternatives().stream())
                .map(DataCategory::code)
                .collect(Collectors.toSet());
        return parts.stream()
                .filter(part -> asked.isEmpty()
                        || part.parameters().isEmpty()
                        || part.parameters().stream().allMatch(parameter -> asked.contains(code(parameter.value()))))
                .map(part -> new Scope.Resource(
                        scope.context(), part.type(), part.interactions(), part.parameters(), false));
    }

    private static String code(String token) {
        return token.substring(token.indexOf('|') + 1);
    }

    private static List<Scope.Resource> observation(String category) {
        return List.of(new Scope.Resource(
                ScopeContext.PATIENT,
                "Observation",
                EnumSet.allOf(Interaction.class),
                List.of(new ScopeParameter(
                        "category", "http://terminology.hl7.org/CodeSystem/observation-category|" + category)),
                false));
    }

    private static List<Scope.Resource> of(String type) {
        return List.of(
                new Scope.Resource(ScopeContext.PATIENT, type, EnumSet.allOf(Interaction.class), List.of(), false));
    }

    private static List<Scope.Resource> types(String... types) {
        return Arrays.stream(types).flatMap(type -> of(type).stream()).toList();
    }
}
