package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.securemed.card.outbound.StrictJson;

/**
 * The Bundle of a card, as small as it can be: chosen elements only, no ids, no narrative, no words where there is a
 * code, and {@code resource:N} for references.
 *
 * <p>One word of the specification is not followed: where something has no code, its text stays, because an allergy
 * without a name is worse than a larger card.
 *
 * @see <a href="https://hl7.org/fhir/uv/smart-health-cards-and-links/cards-specification.html">SMART Health Cards, data
 *     minimization</a>
 */
final class CardBundle {
    private static final String SUBJECT = "resource:0";

    private static final Map<String, List<String>> ELEMENTS = Map.of(
            "Immunization",
            List.of("status", "vaccineCode", "occurrenceDateTime", "occurrenceString", "lotNumber", "isSubpotent"),
            "AllergyIntolerance",
            List.of("clinicalStatus", "verificationStatus", "criticality", "code"),
            "Condition",
            List.of("clinicalStatus", "code"),
            "MedicationStatement",
            List.of("status", "medicationCodeableConcept"),
            "MedicationRequest",
            List.of("status", "intent", "medicationCodeableConcept"),
            "Observation",
            List.of("status", "code", "effectiveDateTime", "valueCodeableConcept", "valueString"));

    /** Where a resource says whom it is about. */
    private static final Map<String, String> SUBJECTS = Map.of(
            "Immunization", "patient",
            "AllergyIntolerance", "patient",
            "Condition", "subject",
            "MedicationStatement", "subject",
            "MedicationRequest", "subject",
            "Observation", "subject");

    private static final Set<String> ACTIVE = Set.of("active", "recurrence", "relapse");
    private static final Set<String> UNTRUE = Set.of("refuted", "entered-in-error");
    private static final Set<String> FINAL = Set.of("final", "amended", "corrected");

    private CardBundle() {}

    /**
     * The Bundle.
     *
     * @param resources the Patient first; what is over, refuted or not about the content is left out
     */
    static ObjectNode of(CardContent content, List<ObjectNode> resources) {
        List<ObjectNode> chosen = new ArrayList<>();
        chosen.add(patient(resources.get(0), content));
        resources.stream()
                .skip(1)
                .filter(CardBundle::counts)
                .sorted(Comparator.comparing(
                        resource -> resource.path("resourceType").asText()))
                .map(CardBundle::minimal)
                .distinct()
                .forEach(chosen::add);
        ObjectNode bundle = StrictJson.newObject().put("resourceType", "Bundle").put("type", "collection");
        ArrayNode entries = bundle.putArray("entry");
        for (int i = 0; i < chosen.size(); i++) {
            entries.addObject().put("fullUrl", "resource:" + i).set("resource", chosen.get(i));
        }
        return bundle;
    }

    private static boolean counts(ObjectNode resource) {
        String status = resource.path("status").asText();
        return switch (resource.path("resourceType").asText()) {
            case "Immunization" -> status.equals("completed");
            case "AllergyIntolerance", "Condition" ->
                codes(resource.path("verificationStatus")).noneMatch(UNTRUE::contains)
                        && (resource.path("clinicalStatus").isMissingNode()
                                || codes(resource.path("clinicalStatus")).anyMatch(ACTIVE::contains));
            case "MedicationStatement", "MedicationRequest" -> status.equals("active");
            case "Observation" -> FINAL.contains(status);
            default -> false;
        };
    }

    private static Stream<String> codes(JsonNode concept) {
        return elements(concept.path("coding"))
                .map(coding -> coding.path("code").asText());
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static ObjectNode patient(ObjectNode from, CardContent content) {
        ObjectNode to = StrictJson.newObject().put("resourceType", "Patient");
        ArrayNode names = to.putArray("name");
        elements(from.path("name"))
                .filter(name -> !name.path("use").asText().equals("old"))
                .min(Comparator.comparing(name -> !name.path("use").asText().equals("official")))
                .ifPresent(name -> {
                    ObjectNode minimal = names.addObject();
                    copy(name, minimal, "family");
                    copy(name, minimal, "given");
                    if (minimal.isEmpty()) {
                        copy(name, minimal, "text");
                    }
                });
        copy(from, to, "birthDate");
        if (content == CardContent.EMERGENCY && from.path("contact").size() > 0) {
            ArrayNode contacts = to.putArray("contact");
            elements(from.path("contact")).forEach(contact -> {
                ObjectNode minimal = contacts.addObject();
                for (String element : List.of("relationship", "name", "telecom")) {
                    copy(contact, minimal, element);
                }
            });
        }
        return to;
    }

    private static ObjectNode minimal(ObjectNode from) {
        String type = from.path("resourceType").asText();
        ObjectNode to = StrictJson.newObject().put("resourceType", type);
        ELEMENTS.getOrDefault(type, List.of()).forEach(element -> copy(from, to, element));
        if (type.startsWith("Medication") && !to.has("medicationCodeableConcept")) {
            String display = from.path("medicationReference").path("display").asText("");
            // Never left out: that there is something more is worth knowing.
            to.putObject("medicationCodeableConcept").put("text", display.isBlank() ? "?" : display);
        }
        to.putObject(SUBJECTS.getOrDefault(type, "subject")).put("reference", SUBJECT);
        return to;
    }

    private static void copy(JsonNode from, ObjectNode to, String element) {
        if (from.has(element)) {
            to.set(element, minimal(from.get(element)));
        }
    }

    /** Without ids, extensions, and words where there is a code. */
    private static JsonNode minimal(JsonNode from) {
        if (from.isArray()) {
            ArrayNode to = StrictJson.newObject().arrayNode();
            from.forEach(element -> to.add(minimal(element)));
            return to;
        }
        if (!from.isObject()) {
            return from;
        }
        ObjectNode to = StrictJson.newObject();
        boolean coded = elements(from.path("coding")).anyMatch(coding -> coding.has("code") && coding.has("system"));
        boolean coding =
                from.has("code") && from.has("system") && from.get("code").isTextual();
        from.fields().forEachRemaining(field -> {
            boolean word = coded && field.getKey().equals("text")
                    || coding && Set.of("display", "userSelected", "version").contains(field.getKey());
            if (!word && !Set.of("id", "extension").contains(field.getKey())) {
                to.set(field.getKey(), minimal(field.getValue()));
            }
        });
        return to;
    }
}
