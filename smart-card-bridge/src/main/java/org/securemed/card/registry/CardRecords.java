package org.securemed.card.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.outbound.StrictJson;

/**
 * What the FHIR server is told of cards: the token itself is a Device, and its owner has an identifier of it. Both
 * carry the registry's own random number, never the card's. Each write is an entry of the FHIR server's ledger before
 * it is answered. Thread-safe.
 *
 * @see <a href="https://hl7.org/fhir/R4/device.html">FHIR R4 Device</a>
 * @see <a href="https://terminology.hl7.org/CodeSystem-v2-0203.html">v2-0203, identifier types</a>
 */
final class CardRecords {
    private static final String IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203";
    private static final String SERIAL_NUMBER = "SNO";
    private static final String STATUS_REASON = "https://securemed.org/fhir/CodeSystem/card-status";

    private static final String SIGNING_KEY = "https://securemed.org/fhir/StructureDefinition/card-key";

    private final BackendClient fhir;
    private final String system;

    /** @param system of the registry's numbers */
    CardRecords(BackendClient fhir, String system) {
        this.fhir = fhir;
        this.system = system;
    }

    /**
     * Whether there is such a person.
     *
     * @param owner relative reference
     * @throws IOException if the FHIR server does not say
     */
    boolean exists(String owner) throws IOException {
        return fhir.read(owner).isPresent();
    }

    /**
     * Tells how a card is now; may be said again. An owner who is gone is told nothing.
     *
     * @throws IOException if the FHIR server was not told
     */
    void record(Credential card) throws IOException {
        fhir.write(card.device(), device(card));
        Optional<ObjectNode> owner = fhir.read(card.owner());
        if (owner.isPresent() && identify(owner.get(), card)) {
            fhir.write(card.owner(), owner.get());
        }
    }

    private ObjectNode device(Credential card) {
        ObjectNode device = StrictJson.newObject();
        device.put("resourceType", "Device").put("id", card.id().toString());
        identifier(device.putArray("identifier").addObject(), card);
        boolean active = card.status() == Status.ACTIVE;
        device.put("status", active ? "active" : "inactive");
        device.putArray("statusReason")
                .addObject()
                .putArray("coding")
                .addObject()
                .put("system", STATUS_REASON)
                .put("code", card.status().code());
        if (card.signingKey() != null) {
            device.putArray("extension")
                    .addObject()
                    .put("url", SIGNING_KEY)
                    .put(
                            "valueBase64Binary",
                            Base64.getEncoder().encodeToString(card.signingKey().toByteArray()));
        }
        device.put("expirationDate", card.validUntil().toString());
        device.putObject("type").put("text", "Smart card (" + card.kind() + ")");
        if (card.owner().startsWith("Patient/")) {
            device.putObject("patient").put("reference", card.owner());
        }
        return device;
    }

    /** Sets the card's identifier among the owner's; says whether that changed anything. */
    private boolean identify(ObjectNode owner, Credential card) {
        ArrayNode identifiers = owner.withArray("identifier");
        ObjectNode wanted = StrictJson.newObject();
        boolean over = !card.status().mayBecome(Status.ACTIVE) && card.status() != Status.ACTIVE;
        wanted.put("use", over ? "old" : "secondary");
        identifier(wanted, card);
        ObjectNode period = wanted.putObject("period");
        period.put("start", card.issuedAt().toString());
        if (over) {
            period.put("end", card.changedAt().toString());
        }
        Optional<Integer> known = Optional.empty();
        for (int i = 0; i < identifiers.size(); i++) {
            JsonNode identifier = identifiers.get(i);
            if (system.equals(identifier.path("system").asText())
                    && card.id().toString().equals(identifier.path("value").asText())) {
                known = Optional.of(i);
            }
        }
        if (known.isPresent() && identifiers.get(known.get()).equals(wanted)) {
            return false;
        }
        if (known.isPresent()) {
            identifiers.set(known.get(), wanted);
        } else {
            identifiers.add(wanted);
        }
        return true;
    }

    private void identifier(ObjectNode identifier, Credential card) {
        identifier
                .putObject("type")
                .putArray("coding")
                .addObject()
                .put("system", IDENTIFIER_TYPE)
                .put("code", SERIAL_NUMBER);
        identifier.put("system", system).put("value", card.id().toString());
    }
}
