package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.profile.CardKey;
import org.securemed.card.simulated.SimulatedCard;

/** What happens to a card and its challenges in time, and what the FHIR server is told of it. */
class CardLifeCycleIT extends RegistryDesk {
    private final SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);

    @Test
    void a_card_whose_time_is_over_counts_no_more_and_expires_and_one_that_is_lost_stays_lost() throws Exception {
        JsonNode lost = active(SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256), "Practitioner/amara");
        json(status(lost, "lost", desk), 200);
        JsonNode credential = active(card, "Patient/elena");
        json(identify(card), 200);
        database()
                .sql("update card.credential set valid_until = now() - interval '1 second' where owner in"
                        + " ('Patient/elena', 'Practitioner/amara')")
                .update();

        assertProblem(identify(card), 403, "card-not-active");
        assertProblem(logIn(answer(card, SimulatedCard.PIN)), 403, "card-not-active");
        registry().sweep();

        assertThat(state(credential)).isEqualTo("expired");
        assertThat(state(lost)).isEqualTo("lost");
        JsonNode device = device(credential);
        assertThat(device.path("status").asText()).isEqualTo("inactive");
        assertThat(device.at("/statusReason/0/coding/0/code").asText()).isEqualTo("expired");
        assertThat(event("status-change", credential.path("device").asText(), "\"expired\"")
                        .at("/agent/0/requestor")
                        .asBoolean())
                .as("by itself")
                .isTrue();
        assertProblem(status(credential, "active", desk), 409, "card-status");
    }

    @Test
    void the_owner_keeps_their_other_identifiers_and_has_one_of_the_card_with_its_period() throws Exception {
        fhir.resources.put(
                "Practitioner/amara",
                "{\"resourceType\":\"Practitioner\",\"id\":\"amara\",\"meta\":{\"versionId\":\"4\"},\"identifier\":"
                        + "[{\"system\":\"urn:other\",\"value\":\"1\"}]}");
        JsonNode credential = active(card, "Practitioner/amara");
        json(status(credential, "suspended", desk), 200);
        json(status(credential, "active", desk), 200);

        JsonNode identifiers =
                JSON.readTree(fhir.resources.get("Practitioner/amara")).path("identifier");
        assertThat(identifiers).hasSize(2);
        assertThat(identifiers.get(0).path("value").asText()).isEqualTo("1");
        assertThat(identifiers.get(1).at("/type/coding/0/code").asText()).isEqualTo("SNO");
        assertThat(identifiers.get(1).path("use").asText()).isEqualTo("secondary");
        assertThat(identifiers.get(1).at("/period/end").isMissingNode()).isTrue();
        assertThat(device(credential).has("patient")).as("nobody's patient").isFalse();
    }

    /** The Device is told of the activation, its owner is not, and so the card is not activated. */
    @Test
    void a_change_that_the_fhir_server_took_in_part_is_taken_back_there() throws Exception {
        JsonNode credential = json(enrol(card, "Patient/elena"), 201);
        // As if the identifier had still to be written.
        fhir.resources.put("Patient/elena", "{\"resourceType\":\"Patient\",\"id\":\"elena\"}");
        fhir.untaken("Patient/elena");

        assertProblem(status(credential, "active", desk), 503, "record-unavailable");
        assertThat(device(credential).path("status").asText()).isEqualTo("active");
        assertProblem(identify(card), 403, "card-not-active");
        fhir.untaken("none");
        registry().sweep();

        assertThat(device(credential).path("status").asText()).isEqualTo("inactive");
    }

    @Test
    void a_change_that_the_database_does_not_keep_is_taken_back_at_the_fhir_server() throws Exception {
        JsonNode credential = json(enrol(card, "Patient/elena"), 201);
        database()
                .sql("create function card.fail() returns trigger language plpgsql as"
                        + " $$ begin raise exception 'disk full'; end $$;"
                        + " create constraint trigger fail after update of status on card.credential"
                        + " deferrable initially deferred for each row execute function card.fail()")
                .update();
        try {
            assertThat(status(credential, "active", desk).statusCode()).isEqualTo(500);
        } finally {
            database()
                    .sql("drop trigger fail on card.credential; drop function card.fail()")
                    .update();
        }
        assertThat(device(credential).path("status").asText()).isEqualTo("active");
        assertProblem(identify(card), 403, "card-not-active");

        registry().sweep();

        assertThat(device(credential).path("status").asText()).isEqualTo("inactive");
    }

    @Test
    void no_more_challenges_are_open_at_once_than_can_be_held_and_old_ones_make_room() throws Exception {
        database()
                .sql("insert into card.challenge (id, random, expires_at)"
                        + " select gen_random_uuid(), decode(repeat('00', 32), 'hex'), now() + interval '1 minute'"
                        + " from generate_series(1, 10000)")
                .update();

        assertProblem(open("/cards/challenges", ""), 429, "too-many-challenges");
        database()
                .sql("update card.challenge set expires_at = now() - interval '1 second'")
                .update();

        json(open("/cards/challenges", ""), 201);
        assertThat(database()
                        .sql("select count(*) from card.challenge where expires_at < now()")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void a_challenge_is_never_the_same_is_not_kept_by_anything_between_and_good_for_a_minute() throws Exception {
        var first = open("/cards/challenges", "");
        JsonNode one = json(first, 201);
        JsonNode other = json(open("/cards/challenges", ""), 201);

        assertThat(one.path("challenge").asText())
                .isNotEqualTo(other.path("challenge").asText());
        assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(Instant.parse(one.path("expiresAt").asText()))
                .isBetween(Instant.now(), Instant.now().plusSeconds(60));
    }

    private static CardRegistry registry() {
        return bridge.context().getBean(CardRegistry.class);
    }

    private static String state(JsonNode credential) {
        return registry()
                .find(UUID.fromString(credential.path("id").asText()))
                .status()
                .code();
    }

    private static JsonNode device(JsonNode credential) throws Exception {
        return JSON.readTree(fhir.resources.get(credential.path("device").asText()));
    }
}
