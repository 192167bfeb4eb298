package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.securemed.card.outbound.StrictJson;

/**
 * The Bundle of a card, as small as it can be: chosen elements only, no ids, no narrative, no words where there is a
 * code, and {@code resource:N} for references. Of the metadata only the security labels stay.
 *
 * <p>No concept has a text and no coding a display, by the specification. What has no code says so (data-absent-reason
 * {@code as-text}), and its words are in a note: an allergy without a name would be worse than a larger card.
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

    /** What a resource is about, and so never without words where it has no code. */
    private static final Set<String> NAMES = Set.of("vaccineCode", "code", "medicationCodeableConcept");

    private static final Set<String> OTHER_CONCEPTS = Set.of("clinicalStatus", "verificationStatus");

    /** HL7's code system for what is not there. */
    private static final String ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

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
        security(from, to);
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
                copy(contact, minimal, "name");
                copy(contact, minimal, "telecom");
                List<JsonNode> relationships = elements(contact.path("relationship"))
                        .map(CardBundle::coded)
                        .flatMap(Optional::stream)
                        .toList();
                if (!relationships.isEmpty()) {
                    minimal.putArray("relationship").addAll(relationships);
                }
            });
        }
        return to;
    }

    private static ObjectNode minimal(ObjectNode from) {
        String type = from.path("resourceType").asText();
        ObjectNode to = StrictJson.newObject().put("resourceType", type);
        security(from, to);
        for (String element : ELEMENTS.getOrDefault(type, List.of())) {
            if (NAMES.contains(element)) {
                name(from, to, element);
            } else if (OTHER_CONCEPTS.contains(element)) {
                coded(from.path(element)).ifPresent(concept -> to.set(element, concept));
            } else if (element.equals("valueCodeableConcept")) {
                value(from.path(element), to);
            } else {
                copy(from, to, element);
            }
        }
        to.putObject(SUBJECTS.getOrDefault(type, "subject")).put("reference", SUBJECT);
        return to;
    }

    /** Labels say how what is labelled is to be handled; they go where it goes. */
    private static void security(JsonNode from, ObjectNode to) {
        JsonNode labels = from.path("meta").path("security");
        if (labels.size() > 0) {
            to.putObject("meta").set("security", minimal(labels));
        }
    }

    private static void name(JsonNode from, ObjectNode to, String element) {
        JsonNode concept = from.path(element);
        Optional<JsonNode> coded = coded(concept);
        if (coded.isPresent()) {
            to.set(element, coded.get());
            return;
        }
        String words = Stream.of(
                        words(concept),
                        from.path("medicationReference").path("display").asText(""))
                .filter(text -> !text.isBlank())
                .findFirst()
                .orElse("");
        // Never left out: that there is something more is worth knowing.
        to.putObject(element)
                .putArray("coding")
                .addObject()
                .put("system", ABSENT)
                .put("code", words.isEmpty() ? "unknown" : "as-text");
        if (!words.isEmpty()) {
            to.putArray("note").addObject().put("text", words);
        }
    }

    private static void value(JsonNode concept, ObjectNode to) {
        Optional<JsonNode> coded = coded(concept);
        String words = words(concept);
        if (coded.isPresent()) {
            to.set("valueCodeableConcept", coded.get());
        } else if (!words.isBlank()) {
            to.put("valueString", words);
        }
    }

    /** The codes of a concept, without words; empty if there are none. */
    private static Optional<JsonNode> coded(JsonNode concept) {
        List<JsonNode> codings = elements(concept.path("coding"))
                .filter(coding -> coding.path("code").isTextual())
                .map(CardBundle::minimal)
                .toList();
        ObjectNode to = StrictJson.newObject();
        to.putArray("coding").addAll(codings);
        return codings.isEmpty() ? Optional.empty() : Optional.of(to);
    }

    private static String words(JsonNode concept) {
        return Stream.concat(
                        Stream.of(concept.path("text")),
                        elements(concept.path("coding")).map(coding -> coding.path("display")))
                .map(text -> text.asText(""))
                .filter(text -> !text.isBlank())
                .findFirst()
                .orElse("");
    }

    private static void copy(JsonNode from, ObjectNode to, String element) {
        if (from.has(element)) {
            to.set(element, minimal(from.get(element)));
        }
    }

    /** Without ids, extensions, and words beside a code. */
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
        boolean coding = from.path("code").isTextual();
        from.fields().forEachRemaining(field -> {
            boolean word =
                    coding && Set.of("display", "userSelected", "version").contains(field.getKey());
            if (!word && !Set.of("id", "extension").contains(field.getKey())) {
                to.set(field.getKey(), minimal(field.getValue()));
            }
        });
        return to;
    }
}
