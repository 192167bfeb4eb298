package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.securemed.card.problem.Problem;
import org.securemed.card.record.FhirRecords;

/** Collects from the FHIR server, in a caller's name, what a card is made of. */
final class CardResources {
    /** ABO group, Rh, and both: LOINC 883-9, 10331-7, 882-1. */
    private static final String BLOOD_GROUP = "http://loinc.org|882-1,http://loinc.org|883-9,http://loinc.org|10331-7";

    private static final String PAGE = "100";

    private final FhirRecords records;

    CardResources(FhirRecords records) {
        this.records = records;
    }

    /**
     * The Patient first, then whatever the content takes, active or not.
     *
     * @param token the caller's
     * @param patient logical id
     * @throws Problem 404 if the caller may not see the patient, and what {@link FhirRecords} throws
     */
    List<ObjectNode> collect(String token, String patient, CardContent content) {
        List<ObjectNode> resources = new ArrayList<>();
        resources.add(records.read(token, "Patient/" + patient)
                .orElseThrow(() -> Problem.notFound("not-found", "There is no such patient for this access token.")));
        switch (content) {
            case IMMUNIZATIONS -> resources.addAll(search(token, "Immunization", patient));
            case EMERGENCY -> {
                resources.addAll(search(token, "AllergyIntolerance", patient));
                resources.addAll(search(token, "Condition", patient));
                List<ObjectNode> medications = new ArrayList<>(search(token, "MedicationStatement", patient));
                medications.addAll(search(token, "MedicationRequest", patient));
                medications.forEach(medication -> name(token, medication));
                resources.addAll(medications);
                resources.addAll(records.search(
                        token,
                        "Observation",
                        Map.of("patient", "Patient/" + patient, "code", BLOOD_GROUP, "_count", PAGE)));
            }
        }
        return resources;
    }

    private List<ObjectNode> search(String token, String type, String patient) {
        return records.search(token, type, Map.of("patient", "Patient/" + patient, "_count", PAGE));
    }

    /** A card refers to nothing outside of it: what a referred Medication says is written where the reference was. */
    private void name(String token, ObjectNode medication) {
        String reference =
                medication.path("medicationReference").path("reference").asText("");
        if (FhirRecords.isReference(reference)) {
            Optional.of(reference)
                    .flatMap(it -> records.read(token, it))
                    .map(it -> it.path("code"))
                    .filter(code -> code.isObject())
                    .ifPresent(code -> medication.set("medicationCodeableConcept", code));
        }
    }
}
