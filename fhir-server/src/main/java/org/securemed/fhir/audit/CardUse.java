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
import org.jspecify.annotations.Nullable;

/**
 * A card that proved to be somebody's, in an AuditEvent of the smart card bridge.
 *
 * @param holder relative reference of its owner
 * @param address network address of the workstation; null if nobody knows it
 * @param kind what came of it
 */
record CardUse(String holder, @Nullable String address, Kind kind) {
    /** What came of a use. */
    enum Kind {
        /** It was accepted. */
        ACCEPTED,
        /** It was refused, because the card was blocked: lost, suspended or replaced. */
        BLOCKED,
        /** It was accepted, and more often than hands can. */
        TOO_OFTEN
    }

    private static final String ALARM = "alarm";
    /** What a card is that was not in use yet, or is over by its date. */
    private static final Set<String> UNBLOCKED = Set.of("", "issued", "active", "expired");

    private static final String CARD_EVENT = "https://securemed.org/fhir/CodeSystem/card-event";
    private static final Set<String> USES = Set.of("identification", "log-in", "signature");
    private static final String PERSON = "1";
    private static final int MOST_UNPACKED = 1024 * 1024;
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /**
     * What an event tells.
     *
     * @param packed as {@link ForeignEvents} keeps it
     * @return empty if it is about something else, the card proved nothing, it was refused for another reason than what
     *     it is, or it was accepted and nobody knows where
     */
    static Optional<CardUse> of(String packed) {
        try (GZIPInputStream gzip =
                new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(packed)))) {
            JsonNode event = JSON.readTree(gzip.readNBytes(MOST_UNPACKED));
            boolean used = false;
            boolean alarm = false;
            for (JsonNode subtype : event.path("subtype")) {
                boolean ours = subtype.path("system").asText().equals(CARD_EVENT);
                used |= ours && USES.contains(subtype.path("code").asText());
                alarm |= ours && subtype.path("code").asText().equals(ALARM);
            }
            String address = "";
            for (JsonNode agent : event.path("agent")) {
                address = address.isEmpty()
                        ? agent.path("network").path("address").asText()
                        : address;
            }
            boolean proven = false;
            String holder = "";
            String status = "";
            for (JsonNode entity : event.path("entity")) {
                for (JsonNode detail : entity.path("detail")) {
                    proven |= detail.path("type").asText().equals("proven")
                            && detail.path("valueString").asText().equals("true");
                    if (detail.path("type").asText().equals("status")) {
                        status = detail.path("valueString").asText();
                    }
                }
                if (entity.path("type").path("code").asText().equals(PERSON)) {
                    holder = entity.path("what").path("reference").asText();
                }
            }
            if (!proven || holder.isEmpty()) {
                return Optional.empty();
            }
            String reason = event.path("outcomeDesc").asText();
            boolean accepted = event.path("outcome").asText().equals("0");
            @Nullable Kind kind = null;
            if (used && accepted && !address.isEmpty()) {
                kind = Kind.ACCEPTED;
            } else if (used && !accepted && reason.equals("not-active") && !UNBLOCKED.contains(status)) {
                kind = Kind.BLOCKED;
            } else if (alarm && reason.equals("too-often")) {
                kind = Kind.TOO_OFTEN;
            }
            return kind == null
                    ? Optional.empty()
                    : Optional.of(new CardUse(holder, address.isEmpty() ? null : address, kind));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
