package org.securemed.fhir.owner;

import java.util.Set;

/**
 * The resource types that describe the hospital, the terminology or the protocol rather than a patient. A resource of
 * such a type that refers to a patient all the same belongs to that patient. Every other type is a patient's.
 */
public final class SharedTypes {
    private static final Set<String> TYPES = Set.of(
            "ActivityDefinition",
            "CapabilityStatement",
            "CatalogEntry",
            "ChargeItemDefinition",
            "CodeSystem",
            "CompartmentDefinition",
            "ConceptMap",
            "Device",
            "DeviceDefinition",
            "EffectEvidenceSynthesis",
            "Endpoint",
            "EventDefinition",
            "Evidence",
            "EvidenceVariable",
            "ExampleScenario",
            "GraphDefinition",
            "HealthcareService",
            "ImplementationGuide",
            "InsurancePlan",
            "Library",
            "Location",
            "Measure",
            "Medication",
            "MedicationKnowledge",
            "MessageDefinition",
            "NamingSystem",
            "ObservationDefinition",
            "OperationDefinition",
            "Organization",
            "OrganizationAffiliation",
            "PlanDefinition",
            "Practitioner",
            "PractitionerRole",
            "Questionnaire",
            "ResearchDefinition",
            "ResearchElementDefinition",
            "ResearchStudy",
            "RiskEvidenceSynthesis",
            "Schedule",
            "SearchParameter",
            "Slot",
            "SpecimenDefinition",
            "StructureDefinition",
            "StructureMap",
            "Substance",
            "SubstanceNucleicAcid",
            "SubstancePolymer",
            "SubstanceProtein",
            "SubstanceReferenceInformation",
            "SubstanceSourceMaterial",
            "SubstanceSpecification",
            "TerminologyCapabilities",
            "TestScript",
            "ValueSet");

    private SharedTypes() {}

    /** Whether resources of {@code type} are shared as long as they refer to no patient. */
    public static boolean contains(String type) {
        return TYPES.contains(type);
    }

    /** All shared types, in no particular order. */
    public static Set<String> all() {
        return TYPES;
    }
}
