package org.securemed.card.healthlink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.securemed.card.record.FhirRecords;

/** Collects from the FHIR server, in a patient's name, what a link shall lead to. */
final class SharedContent {
    private final FhirRecords records;

    SharedContent(FhirRecords records) {
        this.records = records;
    }

    /**
     * The International Patient Summary of this moment.
     *
     * @throws Problem 404 if the token does not show the patient, and what {@link FhirRecords} throws
     */
    ObjectNode summary(String token, String patient) {
        return records.summary(token, patient).orElseThrow(SharedContent::missing);
    }

    /**
     * A document: its DocumentReference and the Binary resources that it refers to, in a Bundle.
     *
     * @param reference {@code DocumentReference/id}
     * @throws Problem 422 if it is no reference to a document; 404 if the token does not show it, or it is about
     *     somebody else, whose data are not this patient's to share
     */
    ObjectNode document(String token, String patient, String reference) {
        if (!FhirRecords.isReference(reference) || !reference.startsWith("DocumentReference/")) {
            throw Problem.of(422, "link-content", "Name documents as DocumentReference/id.");
        }
        ObjectNode document = records.read(token, reference)
                .filter(it -> ("Patient/" + patient)
                        .equals(it.path("subject").path("reference").asText()))
                .orElseThrow(SharedContent::missing);
        ObjectNode bundle = StrictJson.newObject().put("resourceType", "Bundle").put("type", "collection");
        ArrayNode entries = bundle.putArray("entry");
        entries.addObject().set("resource", document);
        for (JsonNode content : document.path("content")) {
            binary(token, content.path("attachment").path("url").asText(""))
                    .ifPresent(it -> entries.addObject().set("resource", it));
        }
        return bundle;
    }

    /** Every file as a Bundle of its own. */
    List<ObjectNode> documents(String token, String patient, List<String> references) {
        return references.stream()
                .distinct()
                .map(reference -> document(token, patient, reference))
                .toList();
    }

    private Optional<ObjectNode> binary(String token, String url) {
        return Optional.of(url)
                .filter(it -> it.startsWith("Binary/") && FhirRecords.isReference(it))
                .map(it -> records.read(token, it).orElseThrow(SharedContent::missing));
    }

    private static Problem missing() {
        return Problem.notFound("not-found", "This is not in the record that this access token shows.");
    }
}
