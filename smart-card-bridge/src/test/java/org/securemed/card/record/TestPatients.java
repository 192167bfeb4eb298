package org.securemed.card.record;

/** Invented people with a record. */
public final class TestPatients {
    private TestPatients() {}

    /** Elena, {@code Patient/elena}: immunizations, an allergy, problems old and new, medications, a blood group. */
    public static void elena(TestRecords records) {
        records.add("""
                {"resourceType":"Patient","id":"elena",
                 "identifier":[{"system":"https://www.gs1.org/gsrn","value":"950600010000000018"}],"meta":{"versionId":"3"},"text":{"status":"generated"},
                 "name":[{"use":"old","family":"Ferro"},{"use":"official","family":"Marković","given":["Elena"]}],
                 "birthDate":"1984-03-12","address":[{"city":"Split"}],
                 "contact":[{"id":"x","relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131",
                   "code":"N","display":"Next-of-Kin"}]}],"name":{"family":"Marković","given":["Ivo"]},
                   "telecom":[{"system":"phone","value":"+385 21 000 000"}]}]}""");
        immunization(records, "imm-1", "208", "2021-03-01", "completed");
        immunization(records, "imm-2", "208", "2021-03-29", "completed");
        immunization(records, "imm-3", "140", "2025-10-02", "completed");
        immunization(records, "imm-4", "33", "2025-10-02", "not-done");
        records.add("""
                {"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"Patient/elena"},
                 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                 "code":"active"}]},"criticality":"high","code":{"coding":[{"system":"http://snomed.info/sct",
                 "code":"764146007","display":"Penicillin"}],"text":"Penicillin"}}""");
        records.add("""
                {"resourceType":"AllergyIntolerance","id":"a2","patient":{"reference":"Patient/elena"},
                 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                 "code":"active"}]},"code":{"text":"Grandmother's ointment"}}""");
        records.add("""
                {"resourceType":"AllergyIntolerance","id":"a4","patient":{"reference":"Patient/elena"},
                 "meta":{"versionId":"7","lastUpdated":"2026-01-01T00:00:00Z","security":[{"system":
                 "http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R","display":"restricted"}]},
                 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                 "code":"active"}]},"code":{"coding":[{"system":"urn:clinic","display":"Bee stings"}]}}""");
        records.add("""
                {"resourceType":"MedicationStatement","id":"m2","status":"active","subject":{"reference":"Patient/elena"},
                 "medicationReference":{"display":"White tablets"}}""");
        records.add("""
                {"resourceType":"MedicationStatement","id":"m3","status":"active","subject":{"reference":"Patient/elena"},
                 "medicationReference":{"reference":"Medication/gone"}}""");
        records.add("""
                {"resourceType":"AllergyIntolerance","id":"a3","patient":{"reference":"Patient/elena"},
                 "verificationStatus":{"coding":[{"system":
                 "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"refuted"}]},
                 "code":{"coding":[{"system":"http://snomed.info/sct","code":"735029006"}]}}""");
        condition(records, "c1", "44054006", "active");
        condition(records, "c2", "195662009", "resolved");
        records.add("""
                {"resourceType":"Medication","id":"m","code":{"coding":[{"system":
                 "http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975"}]}}""");
        records.add("""
                {"resourceType":"MedicationRequest","id":"r1","status":"active","intent":"order",
                 "subject":{"reference":"Patient/elena"},"medicationReference":{"reference":"Medication/m"}}""");
        records.add("""
                {"resourceType":"MedicationRequest","id":"r2","status":"stopped","intent":"order",
                 "subject":{"reference":"Patient/elena"},"medicationCodeableConcept":{"text":"Amoxicillin"}}""");
        records.add("""
                {"resourceType":"Observation","id":"bg","status":"final","subject":{"reference":"Patient/elena"},
                 "code":{"coding":[{"system":"http://loinc.org","code":"882-1"}]},"effectiveDateTime":"2019-05-05",
                 "valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"278149003",
                 "display":"Blood group A Rh(D) positive"}]}}""");
        records.add("""
                {"resourceType":"Observation","id":"weight","status":"final","subject":{"reference":"Patient/elena"},
                 "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"valueString":"62 kg"}""");
        records.add("""
                {"resourceType":"DocumentReference","id":"letter","status":"current",
                 "subject":{"reference":"Patient/elena"},"content":[{"attachment":{"contentType":"text/plain",
                 "data":"RGVhciBjb2xsZWFndWU="}}]}""");
    }

    /** Somebody else, {@code Patient/jonas}. */
    public static void jonas(TestRecords records) {
        records.add("""
                {"resourceType":"Patient","id":"jonas","name":[{"family":"Weber"}],"birthDate":"1951-07-30"}""");
        records.add("""
                {"resourceType":"DocumentReference","id":"jonas-letter","status":"current",
                 "subject":{"reference":"Patient/jonas"}}""");
    }

    private static void immunization(TestRecords records, String id, String cvx, String date, String status) {
        records.add("""
                {"resourceType":"Immunization","id":"%s","meta":{"versionId":"1"},"status":"%s",
                 "vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"%s","display":"x"}],
                 "text":"a vaccine"},"patient":{"reference":"Patient/elena"},"occurrenceDateTime":"%s",
                 "lotNumber":"L-%s","note":[{"text":"felt faint"}]}""".formatted(id, status, cvx, date, cvx));
    }

    private static void condition(TestRecords records, String id, String snomed, String status) {
        records.add("""
                {"resourceType":"Condition","id":"%s","subject":{"reference":"Patient/elena"},
                 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical",
                 "code":"%s"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"%s"}]}}""".formatted(id, status, snomed));
    }
}
