package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardReading;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestObjects;

/** What the card desk may enrol, and what a key is good for afterwards. */
class CardEnrolmentIT extends RegistryDesk {
    private static final int CHUID = 0x5FC102;
    private static final int CARD_CERTIFICATE = 0x5FC101;

    private final UUID guid = UUID.randomUUID();
    private final SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);

    @Test
    void all_answers_come_from_one_card_each_of_another_key() throws Exception {
        SimulatedCard other = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        SimulatedCard ofAnotherKind = SimulatedCard.secureMed(ca, guid);
        String pin = SimulatedCard.PIN;

        assertProblem(enrol("Patient/elena", null, answer(card, null), answer(other, pin)), 400, "card-proofs");
        assertProblem(enrol("Patient/elena", null, answer(card, null), answer(card, null)), 400, "card-proofs");
        assertProblem(enrol("Patient/elena", null, answer(card, null), answer(ofAnotherKind, pin)), 400, "card-proofs");
        assertProblem(
                enrol("Patient/elena", null, answer(card, null), answer(card, pin), answer(card, null)),
                400,
                "card-proofs");
        assertProblem(enrol("Patient/elena", null), 400, "card-proofs");
        json(enrol("Patient/elena", null, answer(card, null), answer(card, pin)), 201);
    }

    @Test
    void a_copy_is_not_enrolled() throws Exception {
        SimulatedCard copy = SimulatedCard.blankPiv();
        copy.generatePiv(0x9E, CardKey.P256);
        copy.putPiv(CHUID, card.readPiv(CHUID));
        copy.putPiv(CARD_CERTIFICATE, card.readPiv(CARD_CERTIFICATE));

        assertProblem(enrol("Patient/elena", null, answer(copy, null)), 403, "card-signature-invalid");
    }

    @Test
    void a_card_replaces_a_card_of_the_same_owner_that_is_not_over() throws Exception {
        JsonNode elenas = active(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), "Patient/elena");
        ObjectNode unknown = JSON.createObjectNode().put("id", UUID.randomUUID().toString());

        assertProblem(enrol("Practitioner/amara", elenas, answer(card, null)), 409, "card-replaced");
        assertProblem(enrol("Practitioner/amara", unknown, answer(card, null)), 409, "card-replaced");
        json(status(elenas, "lost", desk), 200);
        assertProblem(enrol("Patient/elena", elenas, answer(card, null)), 409, "card-replaced");

        // Nothing was left of these: the card can still be enrolled, and the other was not touched.
        json(enrol("Practitioner/amara", null, answer(card, null)), 201);
        assertThat(json(bridge.get("/cards?owner=Patient/elena", desk), 200).toString())
                .contains("\"lost\"")
                .doesNotContain("\"replaced\"");
    }

    @Test
    void nobody_says_replaced_without_a_card_that_replaces_it() throws Exception {
        JsonNode credential = active(card, "Patient/elena");

        assertProblem(status(credential, "replaced", desk), 409, "card-status");
        assertProblem(status(credential, "nonsense", desk), 400, "bad-request");
        json(identify(card), 200);
    }

    /** The hospital's CA may certify any key for any card; which it was, is what was enrolled. */
    @Test
    void another_key_another_number_and_another_slot_are_not_the_card_that_was_enrolled() throws Exception {
        active(card, "Patient/elena");
        PublicKey key = certificate(card).getPublicKey();
        json(identify(card), 200);

        SimulatedCard rekeyed = SimulatedCard.piv(ca, guid, CardKey.P256);
        assertProblem(identify(rekeyed), 403, "card-not-enrolled");

        UUID other = UUID.randomUUID();
        certify(other, ca.card(other, key).build());
        assertProblem(identify(card), 403, "card-not-enrolled");

        SimulatedCard holderOnly = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        json(enrol("Patient/elena", null, answer(holderOnly, SimulatedCard.PIN)), 201);
        assertProblem(identify(holderOnly), 403, "card-not-enrolled");
    }

    @Test
    void a_key_that_was_enrolled_behind_the_pin_does_not_count_without_it() throws Exception {
        JsonNode credential = json(enrol("Patient/elena", null, answer(card, null)), 201);
        json(status(credential, "active", desk), 200);
        database()
                .sql("update card.credential_key set slot = 'holder' where credential = cast(:id as uuid)")
                .param("id", credential.path("id").asText())
                .update();

        assertProblem(identify(card), 403, "card-not-enrolled");
    }

    @Test
    void of_a_patient_the_key_behind_the_pin_signs_consents_and_no_other_does() throws Exception {
        assertThat(signingKey(json(enrol(card, "Patient/elena"), 201)))
                .isEqualTo(Base64.getEncoder().encodeToString(holderKey(card).getEncoded()));
        assertThat(signingKey(json(
                        enrol(
                                "Patient/elena",
                                null,
                                answer(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), null)),
                        201)))
                .as("no PIN")
                .isEmpty();
        assertThat(signingKey(
                        json(enrol(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P384), "Patient/elena"), 201)))
                .as("a key that the contract does not know")
                .isEmpty();
        assertThat(signingKey(
                        json(enrol(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), "Practitioner/amara"), 201)))
                .as("nobody's patient")
                .isEmpty();
    }

    private static String signingKey(JsonNode credential) throws Exception {
        return JSON.readTree(fhir.resources.get(credential.path("device").asText()))
                .at("/extension/0/valueBase64Binary")
                .asText();
    }

    private static PublicKey holderKey(SimulatedCard card) throws Exception {
        byte[] object = card.readPiv(0x5FC105).toByteArray();
        // 53 82 LL LL 70 82 LL LL, then the certificate.
        return CardReading.parse(Bytes.copyOf(Arrays.copyOfRange(object, 8, 8 + length(object, 6))))
                .getPublicKey();
    }

    private static int length(byte[] object, int at) {
        return (object[at] & 0xFF) << 8 | object[at + 1] & 0xFF;
    }

    @Test
    void a_card_is_good_until_the_first_of_its_certificates_ends() throws Exception {
        Instant soon = Instant.now().plus(9, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS);
        certify(
                guid,
                ca.card(guid, certificate(card).getPublicKey())
                        .valid(Instant.now().minusSeconds(60), soon)
                        .build());

        JsonNode credential = json(enrol(card, "Patient/elena"), 201);

        assertThat(Instant.parse(credential.path("validUntil").asText())).isEqualTo(soon);
    }

    @Test
    void what_is_no_answer_of_a_card_is_a_bad_request() throws Exception {
        String whole = answer(card, null);
        for (String name : List.of("challenge", "profile", "slot", "guid", "certificate", "signature")) {
            ObjectNode part = (ObjectNode) JSON.readTree(whole);
            part.remove(name);
            assertProblem(enrol("Patient/elena", null, part.toString()), 400, "bad-request");
            assertProblem(open("/cards/identifications", part.toString()), 400, "bad-request");
        }
        for (String[] wrong : new String[][] {
            {"slot", "other"},
            {"guid", "1"},
            {"challenge", "1"},
            {"certificate", "*"},
            {"signature", "A".repeat(30_000)}
        }) {
            ObjectNode changed = (ObjectNode) JSON.readTree(whole);
            changed.put(wrong[0], wrong[1]);
            assertProblem(open("/cards/identifications", changed.toString()), 400, "bad-request");
        }
        assertProblem(bridge.post("/cards", desk, "{\"answers\":[]}"), 400, "bad-request");
        assertProblem(bridge.post("/cards", desk, "{\"owner\":\"Patient/elena\"}"), 400, "bad-request");
        for (String owner : List.of("Organization/1", "Patient/", "Patient/a/b", "Patient/elena?x", "elena", "")) {
            assertProblem(enrol(owner, null, whole), 400, "card-owner");
        }
    }

    private void certify(UUID number, X509Certificate certificate) {
        card.putPiv(CHUID, TestObjects.chuid(number, "20400101"));
        card.putPiv(CARD_CERTIFICATE, TestObjects.certificate(certificate, false));
    }
}
