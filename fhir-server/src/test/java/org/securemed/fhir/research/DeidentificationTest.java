package org.securemed.fhir.research;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.IParser;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeidentificationTest {
    private static final FhirContext R4 = FhirContext.forR4Cached();
    private static final String BASE = "https://hospital.example/fhir";
    private static final KnownCodes CODES =
            new KnownCodes(new DefaultProfileValidationSupport(R4), new CommonCodeSystemsTerminologyService(R4));
    private static final Deidentification DEIDENTIFICATION =
            new Deidentification(R4, CODES, Clock.fixed(Instant.parse("2026-06-01T00:00:00Z"), ZoneOffset.UTC));
    private static final Duration EARLIER = Duration.ofDays(100).plusSeconds(3723);
    private static final String PSEUDONYM = "6f9f1c1e-0000-4000-8000-000000000001";

    /** Every element of every resource type, with each of the data types that it may have. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void nothing_that_was_planted_survives_in_any_element_of_any_type(int variant) {
        List<String> survivors = new ArrayList<>();
        int planted = 0;
        for (String type : R4.getResourceTypes()) {
            Resource resource = new Planted(R4, variant).resource(type);
            planted += marks(json().encodeResourceToString(resource));
            Resource view = view(resource);
            for (String text : List.of(
                    json().encodeResourceToString(view), R4.newXmlParser().encodeResourceToString(view))) {
                if (marks(text) > 0) {
                    survivors.add(type + ": " + text);
                }
            }
        }
        assertThat(survivors).isEmpty();
        assertThat(planted).as("there was something to take out").isGreaterThan(20_000);
    }

    private static int marks(String text) {
        int found = 0;
        for (String mark : Planted.MARKS) {
            found += text.split(mark, -1).length - 1;
        }
        return found;
    }

    @Test
    void a_patient_keeps_gender_year_of_birth_state_race_and_nothing_else() {
        assertThat(text("""
                {"resourceType":"Patient","id":"elena","active":true,"identifier":[{"system":"urn:mrn","value":"12345678"}],
                "extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
                {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3","display":"White"}},{"url":"text","valueString":"Rossi"}]}],
                "name":[{"family":"Rossi","given":["Elena"]}],"telecom":[{"system":"phone","value":"555-0100"}],"gender":"female","birthDate":"1961-12-31",
                "address":[{"line":["1 Main St"],"city":"Springfield","state":"MA","postalCode":"01101","country":"US"}],
                "generalPractitioner":[{"reference":"Practitioner/17","display":"Dr Gray"}]}
                """)).isEqualTo("""
                {"resourceType":"Patient","id":"%s","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"PSEUDED"}]},\
                "extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[\
                {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3"}}]}],\
                "active":true,"gender":"female","birthDate":"1961","address":[{"state":"MA","country":"US"}],\
                "generalPractitioner":[{"reference":"Practitioner/of-Practitioner/17"}]}""".formatted(PSEUDONYM));
    }

    @Test
    void an_observation_keeps_codes_values_units_and_dates_that_are_as_far_apart_as_they_were() {
        Observation view = (Observation) view(parse("""
                {"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"Hb of Rossi"},{"system":"urn:local","code":"hb"}],"text":"Rossi"},
                "subject":{"reference":"%s/Patient/elena","display":"Elena Rossi"},"effectiveDateTime":"2021-03-05T10:00:00+02:00","issued":"2021-03-05T12:30:00.123+02:00",
                "valueQuantity":{"value":12.5,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"},"note":[{"text":"Elena says"}]}
                """.formatted(BASE)));

        assertThat(json().encodeResourceToString(view)).isEqualTo("""
                {"resourceType":"Observation","id":"%s","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"PSEUDED"}]},\
                "status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/of-Patient/elena"},\
                "effectiveDateTime":"2020-11-25T06:57:57Z","issued":"2020-11-25T09:27:57Z","valueQuantity":{"value":12.5,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"}}""".formatted(PSEUDONYM));
    }

    @ParameterizedTest
    @CsvSource({"1936-06-01, false", "1936-06-02, true", "1901, false", "2020-02-30T, true"})
    void whoever_is_older_than_89_has_no_year_of_birth(String born, boolean told) {
        String date = born.endsWith("T") ? "2020-02-29" : born;
        Patient view = (Patient) view(parse("{\"resourceType\":\"Patient\",\"birthDate\":\"" + date + "\"}"));

        assertThat(view.hasBirthDate()).isEqualTo(told);
    }

    @ParameterizedTest
    @CsvSource({
        "Condition, onsetAge, 95, a, 90",
        "Condition, onsetAge, 1200, mo, 1080",
        "Condition, onsetAge, 89, a, 89",
        "Observation, valueQuantity, 101, a, 90",
        "Observation, valueQuantity, 101, kg, 101"
    })
    void an_age_of_more_than_89_is_told_as_90(String type, String element, String value, String unit, String told) {
        String view = text("""
                {"resourceType":"%s","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"%s":{"value":%s,"unit":"years","system":"http://unitsofmeasure.org","code":"%s"}}
                """.formatted(type, element, value, unit));

        assertThat(view).contains("\"value\":" + told + ",");
        assertThat(view.contains("\"comparator\":\">=\"")).isEqualTo(!value.equals(told));
    }

    @Test
    void an_age_without_a_unit_is_one_where_the_code_says_so() {
        assertThat(text("""
                {"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"30525-0"}]},"valueInteger":97}
                """)).contains("\"valueInteger\":90").doesNotContain("97");
        assertThat(text("""
                {"resourceType":"Condition","onsetRange":{"low":{"value":91,"unit":"years"},"high":{"value":97,"unit":"Yr"}}}
                """)).doesNotContain("91").doesNotContain("97");
    }

    @Test
    void what_must_be_there_and_may_not_be_told_is_masked() {
        Observation view = (Observation) view(parse("""
                {"resourceType":"Observation","status":"final","code":{"text":"Hb of Elena"}}
                """));

        assertThat(json().encodeResourceToString(
                                view.getCode()
                                                .getExtensionFirstRep()
                                                .getValue()
                                                .primitiveValue()
                                                .equals("masked")
                                        ? view
                                        : new Observation()))
                .contains("data-absent-reason");
    }

    @Test
    void what_is_contained_is_kept_under_a_number() {
        MedicationRequest view = (MedicationRequest) view(parse("""
                {"resourceType":"MedicationRequest","status":"active","intent":"order","contained":[{"resourceType":"Medication","id":"of-elena","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975"}]}}],
                "medicationReference":{"reference":"#of-elena"},"subject":{"reference":"Patient/elena"}}
                """));

        assertThat(json().encodeResourceToString(view))
                .contains(
                        "{\"resourceType\":\"Medication\",\"id\":\"c1\",\"code\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"860975\"}]}}")
                .contains("\"medicationReference\":{\"reference\":\"#c1\"}")
                .doesNotContain("of-elena");
    }

    @Test
    void a_modifier_that_is_left_out_is_told_of() {
        assertThat(text("""
                {"resourceType":"Condition","modifierExtension":[{"url":"http://planted.example","valueBoolean":true}],"subject":{"reference":"Patient/elena"}}
                """)).contains("masked-modifier").doesNotContain("planted");
    }

    @Test
    void what_has_no_patient_has_no_dates() {
        Condition condition = (Condition) parse("{\"resourceType\":\"Condition\",\"recordedDate\":\"2020-01-01\"}");
        Resource view = DEIDENTIFICATION.of(
                condition, new Deidentification.Stand(PSEUDONYM, null, reference -> reference), BASE);

        assertThat(json().encodeResourceToString(view)).doesNotContain("2020").doesNotContain("2019");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "http://loinc.org, 718-7, true",
                "http://loinc.org, elena-rossi, false",
                "http://snomed.info/sct, 73211009, true",
                "http://snomed.info/sct, elena, false",
                "http://terminology.hl7.org/CodeSystem/v3-ActCode, AMB, true",
                "http://terminology.hl7.org/CodeSystem/v3-ActCode, elena-rossi, false",
                "http://terminology.hl7.org/CodeSystem/condition-clinical, active, true",
                "http://terminology.hl7.org/CodeSystem/elena, active, false",
                "http://hl7.org/fhir/administrative-gender, female, true",
                "urn:mrn, 12345678, false",
                "http://unitsofmeasure.org, mmol/L, true",
                "http://unitsofmeasure.org, elena-rossi, false"
            })
    void codes_are_those_of_known_systems(String system, String code, boolean known) {
        assertThat(CODES.contains(system, code)).isEqualTo(known);
    }

    private static String text(String json) {
        return json().encodeResourceToString(view(parse(json)));
    }

    private static Resource view(Resource resource) {
        return DEIDENTIFICATION.of(
                resource,
                new Deidentification.Stand(
                        PSEUDONYM,
                        EARLIER,
                        reference -> reference == null || reference.contains("planted")
                                ? null
                                : reference.substring(0, reference.indexOf('/')) + "/of-" + reference),
                BASE);
    }

    private static Resource parse(String json) {
        return (Resource) json().parseResource(json.replace("\n", ""));
    }

    private static IParser json() {
        return R4.newJsonParser();
    }
}
