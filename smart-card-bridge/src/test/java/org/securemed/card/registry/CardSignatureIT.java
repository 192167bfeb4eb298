package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.piv.PivProfile;
import org.securemed.card.profile.CardApplication;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.Pin;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.simulated.ReaderAnswer;
import org.securemed.card.simulated.SimulatedCard;

/** Transitions of the consent contract that a card has signed. */
class CardSignatureIT extends RegistryDesk {
    private static final byte[] GRANT =
            "{\"kind\":\"grant\",\"subject\":\"Patient/elena\"}".getBytes(StandardCharsets.UTF_8);

    private final SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);

    @Test
    void the_bridge_states_that_this_card_signed_this_with_its_pin_however_often_it_is_asked() throws Exception {
        JsonNode credential = active(card, "Patient/elena");
        CardProof proof = signed(card, GRANT);

        for (int again = 0; again < 2; again++) {
            SignedJWT statement = SignedJWT.parse(
                    json(judge(GRANT, proof), 200).path("statement").asText());
            assertThat(statement.verify(new ECDSAVerifier(client.toPublicJWK())))
                    .isTrue();
            JWTClaimsSet claims = statement.getJWTClaimsSet();
            assertThat(claims.getSubject()).isEqualTo("Patient/elena");
            assertThat(claims.getIssuer()).isEqualTo("card-bridge");
            assertThat(claims.getAudience()).containsExactly(bridge.issuer().url() + "/fhir");
            assertThat(claims.getStringClaim("acr")).isEqualTo("urn:securemed:acr:card");
            assertThat(claims.getStringClaim("device"))
                    .isEqualTo(credential.path("device").asText());
            assertThat(claims.getStringClaim("signed"))
                    .isEqualTo(Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(MessageDigest.getInstance("SHA-256").digest(GRANT)));
            assertThat(claims.getExpirationTime().toInstant())
                    .isBefore(Instant.now().plus(Duration.ofMinutes(2)).plusSeconds(1));
        }
    }

    @Test
    void a_signature_of_another_text_of_a_challenge_of_the_other_key_or_of_a_card_that_is_over_counts_for_nothing()
            throws Exception {
        JsonNode credential = active(card, "Patient/elena");
        byte[] revocation = "{\"kind\":\"revoke\"}".getBytes(StandardCharsets.UTF_8);

        assertProblem(judge(revocation, signed(card, GRANT)), 403, "card-signature-invalid");
        assertProblem(judge(GRANT, raw(card, GRANT)), 403, "card-signature-invalid");
        try (Pin pin = Pin.of(SimulatedCard.PIN.toCharArray())) {
            Challenge challenge = Challenge.fresh();
            assertProblem(
                    judge(challenge.message(), reading.read(card, challenge, pin)), 403, "card-signature-invalid");
        }
        CardProof withoutPin = reading.read(card, Challenge.fresh(), null);
        assertProblem(judge(GRANT, withoutPin), 403, "card-key-usage");
        CardProof before = signed(card, GRANT);
        json(status(credential, "suspended", desk), 200);
        assertProblem(judge(GRANT, before), 403, "card-not-active");
    }

    @Test
    void a_key_that_the_consent_contract_does_not_know_signs_nothing_here_either() throws Exception {
        SimulatedCard large = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P384);
        active(large, "Patient/elena");

        assertProblem(judge(GRANT, raw(large, message(GRANT))), 403, "card-key-unsupported");
    }

    @Test
    void what_is_no_transition_is_a_bad_request() throws Exception {
        active(card, "Patient/elena");
        CardProof proof = signed(card, GRANT);

        assertProblem(judge(new byte[0], proof), 400, "bad-request");
        assertProblem(judge(new byte[20_001], proof), 400, "bad-request");
        assertProblem(open("/cards/signatures", "{\"transition\":\"e30\"}"), 400, "bad-request");
        assertProblem(
                open(
                        "/cards/signatures",
                        "{\"transition\":\"*\",\"answer\":%s}"
                                .formatted(BridgeClient.answer(UUID.randomUUID().toString(), proof))),
                400,
                "bad-request");
    }

    private CardProof signed(SimulatedCard card, byte[] transition) throws Exception {
        return raw(card, message(transition));
    }

    private static byte[] message(byte[] transition) {
        byte[] context = SignatureController.CONTEXT;
        byte[] message = Arrays.copyOf(context, context.length + transition.length);
        System.arraycopy(transition, 0, message, context.length, transition.length);
        return message;
    }

    /** Signs these bytes and nothing before them, whatever the card's key is. */
    private static CardProof raw(SimulatedCard card, byte[] message) throws Exception {
        CardApplication application =
                new PivProfile(Clock.systemUTC()).select(card).orElseThrow();
        KeySlot slot = KeySlot.HOLDER;
        Bytes certificate = application.certificate(slot);
        CardKey key = CardKey.of(CardReading.parse(certificate).getPublicKey()).orElseThrow();
        try (Pin pin = Pin.of(SimulatedCard.PIN.toCharArray())) {
            application.verifyPin(pin);
        }
        return new CardProof("piv", slot, application.guid(), certificate, application.sign(slot, key, message));
    }

    private HttpResponse<String> judge(byte[] transition, CardProof proof) {
        return open(
                "/cards/signatures",
                "{\"transition\":\"%s\",\"answer\":%s}"
                        .formatted(
                                ReaderAnswer.encoded(Bytes.copyOf(transition)),
                                BridgeClient.answer(UUID.randomUUID().toString(), proof)));
    }
}
