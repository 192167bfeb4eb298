package org.securemed.fhir.demo;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.util.FhirTerser;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DemoPatientsTest {
    private static final FhirContext FHIR = FhirContext.forR4Cached();
    private static final IParser STRICT = FHIR.newJsonParser().setParserErrorHandler(new StrictErrorHandler());
    private static List<DemoPatient> patients = List.of();

    @BeforeAll
    static void all_patients_are_made_once() {
        patients = DemoPatients.standard().patients();
    }

    @Test
    void forty_different_people_of_every_age_and_many_languages() {
        assertThat(patients).hasSize(40);
        assertThat(patients.stream().map(DemoPatient::mrn).collect(toSet())).hasSize(40);
        assertThat(patients.stream().map(DemoPatient::name).collect(toSet())).hasSize(40);
        assertThat(patients.stream()
                        .map(p -> p.patient()
                                .getCommunicationFirstRep()
                                .getLanguage()
                                .getText())
                        .collect(toSet()))
                .hasSizeGreaterThanOrEqualTo(15);
        assertThat(patients).anyMatch(p -> born(p).isAfter(Chart.TODAY.minusYears(1)));
        assertThat(patients).anyMatch(p -> born(p).isBefore(Chart.TODAY.minusYears(90)));
    }

    @Test
    void the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assertThat(json(DemoPatients.standard().patients())).isEqualTo(json(patients));
        assertThat(json(DemoPatients.seeded(7).patients())).isNotEqualTo(json(patients));
    }

    @Test
    void a_patient_does_not_depend_on_how_many_are_made() {
        assertThat(json(DemoPatients.standard().patients(10))).isEqualTo(json(patients.subList(0, 10)));
    }

    @Test
    void all_forty_are_made_in_less_than_a_second() {
        long start = System.nanoTime();
        DemoPatients.standard().patients();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void a_record_has_a_plausible_size_and_begins_with_the_patient() {
        assertThat(patients).allSatisfy(p -> {
            assertThat(p.bundle().getEntry()).hasSizeBetween(20, 90);
            assertThat(p.bundle().getEntryFirstRep().getResource()).isSameAs(p.patient());
        });
        assertThat(patients.stream().mapToInt(p -> p.bundle().getEntry().size()).sum())
                .isBetween(40 * 40, 40 * 80);
    }

    @Test
    void every_kind_of_resource_that_the_demonstration_speaks_of_is_there() {
        Set<String> types = patients.stream()
                .flatMap(DemoPatientsTest::resources)
                .map(Resource::fhirType)
                .collect(toSet());
        assertThat(types)
                .contains(
                        "Patient",
                        "RelatedPerson",
                        "Encounter",
                        "Condition",
                        "Observation",
                        "DiagnosticReport",
                        "MedicationRequest",
                        "AllergyIntolerance",
                        "Immunization",
                        "Procedure",
                        "CareTeam");
    }

    @Test
    void every_reference_leads_to_the_same_bundle_or_to_a_shared_resource() {
        Set<String> shared = DemoPatients.standard().shared().getEntry().stream()
                .map(entry -> entry.getRequest().getUrl())
                .collect(toSet());
        FhirTerser terser = FHIR.newTerser();
        for (DemoPatient patient : patients) {
            Set<String> own = patient.bundle().getEntry().stream()
                    .map(BundleEntryComponent::getFullUrl)
                    .collect(toSet());
            assertThat(own).hasSameSizeAs(patient.bundle().getEntry());
            resources(patient)
                    .flatMap(resource -> terser.getAllPopulatedChildElementsOfType(resource, Reference.class).stream())
                    .forEach(reference -> assertThat(
                                    own.contains(reference.getReference()) || shared.contains(reference.getReference()))
                            .as(reference.getReference())
                            .isTrue());
        }
    }

    @Test
    void sensitive_conditions_carry_labels_and_so_do_their_prescriptions_and_tests() {
        assertThat(patients.stream()
                        .flatMap(DemoPatientsTest::resources)
                        .filter(r -> r.getMeta().hasSecurity())
                        .map(Resource::fhirType)
                        .collect(toSet()))
                .containsExactlyInAnyOrder("Condition", "MedicationRequest", "Observation");
        assertThat(patients.stream()
                        .filter(p -> resources(p).anyMatch(r -> r.getMeta().hasSecurity()))
                        .count())
                .isBetween(5L, 12L);
    }

    @Test
    void nothing_happens_after_the_day_on_which_the_records_end() {
        patients.stream()
                .flatMap(DemoPatientsTest::resources)
                .filter(Observation.class::isInstance)
                .map(Observation.class::cast)
                .forEach(o -> assertThat(LocalDate.parse(
                                o.getEffectiveDateTimeType().getValueAsString().substring(0, 10)))
                        .isBefore(Chart.TODAY));
    }

    @Test
    void everything_survives_a_strict_parser() {
        Stream.concat(
                        Stream.of(DemoPatients.standard().shared()),
                        patients.stream().map(DemoPatient::bundle))
                .forEach(bundle -> {
                    String json = STRICT.encodeResourceToString(bundle);
                    assertThat(STRICT.encodeResourceToString(STRICT.parseResource(Bundle.class, json)))
                            .isEqualTo(json);
                });
    }

    @Test
    void everything_is_valid_by_the_base_specification() {
        FhirValidator validator = FHIR.newValidator()
                .registerValidatorModule(new FhirInstanceValidator(new ValidationSupportChain(
                        new DefaultProfileValidationSupport(FHIR),
                        new CommonCodeSystemsTerminologyService(FHIR),
                        new InMemoryTerminologyServerValidationSupport(FHIR))));
        Stream<Bundle> bundles = Stream.concat(
                Stream.of(DemoPatients.standard().shared()), patients.stream().map(DemoPatient::bundle));
        assertThat(bundles.map(validator::validateWithResult)
                        .flatMap(result -> result.getMessages().stream())
                        .filter(message -> message.getSeverity().ordinal() >= ResultSeverityEnum.ERROR.ordinal())
                        .map(SingleValidationMessage::toString)
                        .toList())
                .isEmpty();
    }

    private static Stream<Resource> resources(DemoPatient patient) {
        return patient.bundle().getEntry().stream().map(BundleEntryComponent::getResource);
    }

    private static LocalDate born(DemoPatient patient) {
        return LocalDate.parse(patient.patient().getBirthDateElement().getValueAsString());
    }

    private static List<String> json(List<DemoPatient> patients) {
        return patients.stream()
                .map(patient -> STRICT.encodeResourceToString(patient.bundle()))
                .toList();
    }
}
