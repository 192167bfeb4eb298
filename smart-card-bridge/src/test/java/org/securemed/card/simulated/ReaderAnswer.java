package org.securemed.card.simulated;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.Pin;

/** What a reader sends of a card that the bridge has given it a challenge for. */
public final class ReaderAnswer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ReaderAnswer() {}

    /**
     * Lets a card prove itself.
     *
     * @param given what the bridge answered to {@code POST /cards/challenges}
     * @param pin null to ask only for the card's own proof
     * @return JSON
     */
    public static String to(JsonNode given, CardConnection card, @Nullable String pin) throws Exception {
        Challenge challenge = new Challenge(Bytes.copyOf(
                Base64.getUrlDecoder().decode(given.path("challenge").asText())));
        CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
        CardProof proof;
        if (pin == null) {
            proof = reading.read(card, challenge, null);
        } else {
            try (Pin entered = Pin.of(pin.toCharArray())) {
                proof = reading.read(card, challenge, entered);
            }
        }
        return JSON.createObjectNode()
                .put("challenge", given.path("id").asText())
                .put("profile", proof.profile())
                .put("slot", proof.slot().name().toLowerCase(Locale.ROOT))
                .put("guid", proof.guid().toString())
                .put("certificate", encoded(proof.certificate()))
                .put("signature", encoded(proof.signature()))
                .toString();
    }

    /** Bytes in base64url without padding. */
    public static String encoded(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }
}
