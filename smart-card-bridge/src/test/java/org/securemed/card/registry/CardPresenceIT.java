package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.card.simulated.SimulatedCard;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Log-ins by card, and that they end with the card. */
class CardPresenceIT extends RegistryDesk {
    @Test
    void a_log_in_says_who_and_how_strongly_for_one_nonce_and_page() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        JsonNode credential = active(card, "Practitioner/amara");

        for (String pin : new String[] {"", SimulatedCard.PIN}) {
            JsonNode answer = json(logIn(answer(card, pin.isEmpty() ? null : pin)), 200);
            SignedJWT statement = SignedJWT.parse(answer.path("statement").asText());
            assertThat(statement.verify(new ECDSAVerifier(client.toPublicJWK())))
                    .isTrue();
            assertThat(statement.getJWTClaimsSet().getSubject()).isEqualTo("Practitioner/amara");
            assertThat(statement.getJWTClaimsSet().getAudience())
                    .containsExactly(bridge.issuer().url() + "/login/card");
            assertThat(statement.getJWTClaimsSet().getStringClaim("nonce")).isEqualTo(NONCE);
            assertThat(statement.getJWTClaimsSet().getStringClaim("device"))
                    .isEqualTo(credential.path("device").asText());
            assertThat(statement.getJWTClaimsSet().getStringClaim("acr"))
                    .isEqualTo(pin.isEmpty() ? "urn:securemed:acr:card-without-pin" : "urn:securemed:acr:card");
        }
        json(status(credential, "lost", desk), 200);
        assertProblem(logIn(answer(card, null)), 403, "card-not-active");
    }

    @Test
    void without_the_nonce_of_a_log_in_page_nobody_is_stated_to_have_logged_in() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        active(card, "Practitioner/amara");
        String answer = answer(card, SimulatedCard.PIN);
        for (String nonce :
                List.of("\"short\"", "\"" + "n".repeat(129) + "\"", "\"" + "n".repeat(40) + " <\"", "null")) {
            assertProblem(
                    open("/cards/log-ins", "{\"nonce\":%s,\"answer\":%s}".formatted(nonce, answer)),
                    400,
                    "bad-request");
        }
        assertProblem(open("/cards/log-ins", "{\"nonce\":\"%s\"}".formatted(NONCE)), 400, "bad-request");
        json(logIn(answer), 200);
    }

    @Test
    void the_authorization_server_hears_at_once_that_a_card_was_taken_out_and_again_until_it_has_heard()
            throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();
        assertThat(presence("", presence, null)).isEqualTo(204);
        fhir.down(true);

        assertThat(presence("/removal", presence, 250L)).isEqualTo(204);

        assertThat(removals(device)).isEmpty();
        assertThat(presence("", presence, null)).as("it is over").isEqualTo(404);
        assertThat(presence("/removal", presence, 9_000L)).as("it was told").isEqualTo(404);
        fhir.down(false);
        bridge.context().getBean(Presences.class).tell();
        // Perhaps twice: the bridge does so by itself, too.
        assertThat(removals(device)).isNotEmpty().allSatisfy(removal -> {
            JsonNode told = JSON.readTree(removal);
            assertThat(told.path("device").asText()).isEqualTo(device);
            assertThat(told.path("ago").asLong()).isBetween(0L, 60_000L);
            assertThat(Instant.parse(told.path("at").asText())).isBefore(Instant.now());
        });
        assertThat(presence("/removal", presence, null)).isEqualTo(404);
    }

    @Test
    void a_card_was_not_pulled_before_it_was_there_nor_longer_ago_than_anybody_remembers() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        Instant before = Instant.now();
        for (long ago : new long[] {3_600_000, Long.MAX_VALUE}) {
            String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                    .path("presence")
                    .asText();
            assertThat(presence("/removal", presence, ago)).isEqualTo(204);
        }

        await().untilAsserted(() -> assertThat(removals(device)).hasSizeGreaterThan(1));
        assertThat(removals(device))
                .allSatisfy(removal -> assertThat(
                                Instant.parse(JSON.readTree(removal).path("at").asText()))
                        .isAfterOrEqualTo(before.truncatedTo(ChronoUnit.MILLIS)));
        assertThat(presences(device)).isZero();
    }

    @Test
    void after_a_month_in_which_nobody_could_be_told_it_is_let_be() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();
        fhir.down(true);
        assertThat(presence("/removal", presence, null)).isEqualTo(204);
        assertThat(presences(device)).isOne();
        database()
                .sql("update card.presence set removed_at = removed_at - interval '31 days' where device = :device")
                .param("device", device)
                .update();

        bridge.context().getBean(Presences.class).tell();

        assertThat(presences(device)).isZero();
    }

    private static long presences(String device) {
        return database()
                .sql("select count(*) from card.presence where device = :device")
                .param("device", device)
                .query(Long.class)
                .single();
    }

    private static List<String> removals(String device) {
        return fhir.removals.stream()
                .filter(removal -> removal.contains(device))
                .toList();
    }

    @Test
    void a_card_whose_reader_agent_falls_silent_counts_as_taken_out() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        String device = active(card, "Practitioner/amara").path("device").asText();
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();
        bridge.context().getBean(Presences.class).tell();
        assertThat(removals(device)).isEmpty();

        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.presence set opened_at = opened_at - interval '61 seconds',"
                        + " seen_at = seen_at - interval '61 seconds' where device = :device")
                .param("device", device)
                .update();
        assertThat(presence("", presence, null)).as("too late").isEqualTo(404);
        bridge.context().getBean(Presences.class).tell();

        await().untilAsserted(() -> assertThat(removals(device)).isNotEmpty());
    }

    @Test
    void who_does_not_know_the_log_in_does_not_end_it() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, UUID.randomUUID());
        active(card, "Practitioner/amara");
        String presence = json(logIn(answer(card, SimulatedCard.PIN)), 200)
                .path("presence")
                .asText();

        assertThat(presence("/removal", "A".repeat(43), null)).isEqualTo(404);
        assertThat(presence("/removal", "", null)).isEqualTo(400);
        assertThat(presence("/removal", presence, -1L)).isEqualTo(400);

        assertThat(presence("", presence, 1L)).as("there, and out").isEqualTo(400);
        assertThat(presence("", presence.substring(1), null)).isEqualTo(400);
        assertThat(presence("", presence, null)).isEqualTo(204);
        String plain = HexFormat.of().formatHex(presence.getBytes(StandardCharsets.US_ASCII));
        assertThat(bridge.context()
                        .getBean(JdbcClient.class)
                        .sql("select row_to_json(p)::text from card.presence p")
                        .query(String.class)
                        .list())
                .isNotEmpty()
                .noneMatch(row -> row.contains(presence) || row.contains(plain));
    }

    private int presence(String path, String token, @Nullable Long ago) {
        com.fasterxml.jackson.databind.node.ObjectNode body =
                JSON.createObjectNode().put("presence", token);
        if (ago != null) {
            body.put("ago", ago);
        }
        return open("/cards/presences" + path, body.toString()).statusCode();
    }
}
