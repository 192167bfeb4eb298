package org.securemed.fhir.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/**
 * A card that proved to be somebody's, in an AuditEvent of the smart card bridge.
 *
 * @param holder relative reference of its owner
 * @param address network address of the workstation
 */
record CardUse(String holder, String address) {
    private static final String CARD_EVENT = "https://securemed.org/fhir/CodeSystem/card-event";
    private static final Set<String> USES = Set.of("identification", "log-in", "signature");
    private static final String PERSON = "1";
    private static final int MOST_UNPACKED = 1024 * 1024;
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /**
     * What an event tells.
     *
     * @param packed as {@link ForeignEvents} keeps it
     * @return empty if it is about something else, was refused, the card proved nothing, or nobody knows from where
     */
    static Optional<CardUse> of(String packed) {
        try (GZIPInputStream gzip =
                new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(packed)))) {
            JsonNode event = JSON.readTree(gzip.readNBytes(MOST_UNPACKED));
            boolean used = false;
            for (JsonNode subtype : event.path("subtype")) {
                used |= subtype.path("system").asText().equals(CARD_EVENT)
                        && USES.contains(subtype.path("code").asText());
            }
            String address = "";
            for (JsonNode agent : event.path("agent")) {
                address = address.isEmpty()
                        ? agent.path("network").path("address").asText()
                        : address;
            }
            boolean proven = false;
            String holder = "";
            for (JsonNode entity : event.path("entity")) {
                for (JsonNode detail : entity.path("detail")) {
                    proven |= detail.path("type").asText().equals("proven")
                            && detail.path("valueString").asText().equals("true");
                }
                if (entity.path("type").path("code").asText().equals(PERSON)) {
                    holder = entity.path("what").path("reference").asText();
                }
            }
            boolean accepted = event.path("outcome").asText().equals("0");
            return used && accepted && proven && !holder.isEmpty() && !address.isEmpty()
                    ? Optional.of(new CardUse(holder, address))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
