package org.securemed.fhir.consent.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CarePlan;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Procedure;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ResourceFactory;
import org.hl7.fhir.r4.model.ResourceType;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;

class ResourceFactsExtractorTest {
    private static final String LOINC = "http://loinc.org";
    private static final String SNOMED = "http://snomed.info/sct";

    private final ResourceFactsExtractor extractor = new ResourceFactsExtractor(ZoneOffset.UTC);

    @Test
    void an_observation_tells_type_id_labels_codes_dates_authors_and_references() {
        Observation observation = new Observation();
        observation.setId("Observation/o1/_history/3");
        observation.getMeta().addSecurity(SecurityLabels.ACT_CODE, "PSY", null);
        observation.setCode(concept(LOINC, "29463-7"));
        observation.addCategory(concept("http://e.org/category", "vital-signs"));
        observation.setValue(concept(SNOMED, "1"));
        observation.addComponent().setCode(concept(LOINC, "8480-6"));
        observation.setEffective(new DateTimeType("2022-06-13"));
        observation.setIssuedElement(new InstantType("2022-06-14T10:00:00.000Z"));
        observation.addPerformer(new Reference("Practitioner/ben"));
        observation.setSubject(new Reference("Patient/anna"));
        observation.setEncounter(new Reference("Encounter/e/_history/1"));
        ResourceFacts facts = extractor.extract(observation);
        assertThat(facts.resourceType()).isEqualTo("Observation");
        assertThat(facts.reference()).isEqualTo("Observation/o1");
        assertThat(facts.securityLabels()).containsExactly(SecurityLabels.sensitivity("PSY"));
        assertThat(facts.codes())
                .containsExactlyInAnyOrder(code(LOINC, "29463-7"), code("http://e.org/category", "vital-signs"));
        assertThat(facts.mentionedCodes()).containsExactlyInAnyOrder(code(SNOMED, "1"), code(LOINC, "8480-6"));
        assertThat(facts.dates())
                .containsExactlyInAnyOrder(
                        new Period(Instant.parse("2022-06-13T00:00:00Z"), Instant.parse("2022-06-14T00:00:00Z")),
                        Period.at(Instant.parse("2022-06-14T10:00:00Z")));
        assertThat(facts.authors()).containsExactly("Practitioner/ben");
        assertThat(facts.references()).containsExactlyInAnyOrder("Practitioner/ben", "Patient/anna", "Encounter/e");
    }

    @Test
    void extensions_and_what_is_contained_are_found_in_every_type() {
        for (ResourceType type : ResourceType.values()) {
            if (!(ResourceFactory.createResource(type.name()) instanceof DomainResource resource)) {
                continue;
            }
            Observation contained = new Observation();
            contained.setCode(concept(LOINC, "contained"));
            resource.addContained(contained);
            resource.addExtension("urn:e", new Coding(LOINC, "extension", null));
            resource.addModifierExtension(new Extension("urn:m", new Reference("Encounter/modifier")));

            ResourceFacts facts = extractor.extract(resource);

            assertThat(facts.mentionedCodes())
                    .as(type.name())
                    .contains(code(LOINC, "contained"), code(LOINC, "extension"));
            assertThat(facts.references()).as(type.name()).contains("Encounter/modifier");
        }
    }

    @Test
    void a_canonical_without_a_base_is_a_reference() {
        CarePlan plan = new CarePlan();
        plan.addInstantiatesCanonical("PlanDefinition/p");
        plan.addInstantiatesCanonical("http://elsewhere.example/PlanDefinition/q");

        assertThat(extractor.extract(plan).references()).containsExactly("PlanDefinition/p");
    }

    @Test
    void what_other_resources_are_and_who_made_them_is_found() {
        Condition condition = new Condition();
        condition.setCode(concept(SNOMED, "73211009")).setRecorder(new Reference("Practitioner/r"));
        condition.setAsserter(new Reference("RelatedPerson/a"));
        condition.setRecordedDateElement(new DateTimeType("2020"));
        assertThat(extractor.extract(condition).codes()).containsExactly(code(SNOMED, "73211009"));
        assertThat(extractor.extract(condition).authors())
                .containsExactlyInAnyOrder("Practitioner/r", "RelatedPerson/a");
        Procedure procedure = new Procedure();
        procedure.addPerformer().setActor(new Reference("Practitioner/surgeon"));
        procedure.setPerformed(new org.hl7.fhir.r4.model.Period().setStartElement(new DateTimeType("2020-01-01")));
        assertThat(extractor.extract(procedure).authors()).containsExactly("Practitioner/surgeon");
        assertThat(extractor.extract(procedure).dates())
                .containsExactly(Period.from(Instant.parse("2020-01-01T00:00:00Z")));
        MedicationRequest request = new MedicationRequest();
        request.setMedication(concept("http://www.nlm.nih.gov/research/umls/rxnorm", "860975"));
        request.setRequester(new Reference("Practitioner/ben"));
        request.addReasonCode(concept(SNOMED, "44054006"));
        assertThat(extractor.extract(request).codes())
                .containsExactly(code("http://www.nlm.nih.gov/research/umls/rxnorm", "860975"));
        assertThat(extractor.extract(request).mentionedCodes()).containsExactly(code(SNOMED, "44054006"));
        Encounter encounter = new Encounter();
        encounter.setClass_(new Coding(SecurityLabels.ACT_CODE, "AMB", null));
        assertThat(extractor.extract(encounter).codes()).containsExactly(code(SecurityLabels.ACT_CODE, "AMB"));
    }

    @Test
    void a_resource_without_a_date_of_its_own_is_of_when_it_was_last_updated() {
        Patient patient = new Patient();
        patient.setBirthDateElement(new DateType("1980-01-01"));
        assertThat(extractor.extract(patient).dates()).isEmpty();
        patient.getMeta().setLastUpdated(Date.from(Instant.parse("2026-01-01T00:00:00Z")));
        assertThat(extractor.extract(patient).dates())
                .containsExactly(Period.at(Instant.parse("2026-01-01T00:00:00Z")));
        assertThat(extractor.extract(patient).reference()).isEmpty();
    }

    @Test
    void labels_codes_dates_and_references_of_inner_resources_count_and_what_they_are_is_mentioned() {
        Observation inner = new Observation();
        inner.getMeta().addSecurity(SecurityLabels.CONFIDENTIALITY, "R", null);
        inner.setCode(concept(LOINC, "74013-4"));
        inner.setEffective(new DateTimeType("2022-06-13"));
        inner.setSubject(new Reference("Patient/anna"));
        Bundle document = new Bundle();
        document.setType(Bundle.BundleType.DOCUMENT);
        document.addEntry().setResource(inner);
        Observation outer = new Observation();
        outer.addContained(inner);
        for (Resource resource : new Resource[] {document, outer}) {
            ResourceFacts facts = extractor.extract(resource);
            assertThat(facts.securityLabels()).containsExactly(SecurityLabels.RESTRICTED);
            assertThat(facts.codes()).isEmpty();
            assertThat(facts.mentionedCodes()).containsExactly(code(LOINC, "74013-4"));
            assertThat(facts.dates()).hasSize(1);
            assertThat(facts.references()).containsExactly("Patient/anna");
        }
    }

    @Test
    void malformed_codes_and_foreign_references_are_left_out() {
        Observation observation = new Observation();
        observation.setCode(concept("http://e.org", "a\nb"));
        observation.addPerformer(new Reference("https://elsewhere.example/fhir/Practitioner/1"));
        observation.addPerformer(new Reference("#p"));
        assertThat(extractor.extract(observation)).isEqualTo(ResourceFacts.of("Observation", ""));
    }

    private static CodeableConcept concept(String system, String code) {
        return new CodeableConcept(new Coding(system, code, null));
    }

    private static org.securemed.ledger.consent.Coding code(String system, String code) {
        return new org.securemed.ledger.consent.Coding(system, code);
    }
}
