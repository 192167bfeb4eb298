package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.identify.IdentifyCommand;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.reader.Readers;
import org.securemed.card.simulated.SimulatedCard;

/** The command that asks the registry. */
class IdentifyByRegistryIT extends RegistryDesk {
    @Test
    void the_command_asks_whose_the_card_is_and_says_why_not() throws Exception {
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        String refused = "{\"decision\":\"REFUSE\",\"guid\":null,\"reason\":\"%s\",\"reference\":null}%n 1";
        assertThat(command(card)).isEqualTo(refused.formatted("not-enrolled"));
        JsonNode credential = active(card, "Patient/elena");

        assertThat(command(card))
                .isEqualTo(
                        "{\"decision\":\"ACCEPT\",\"guid\":\"%s\",\"reason\":null,\"reference\":\"Patient/elena\"}%n 0"
                                .formatted(guid));

        json(status(credential, "suspended", desk), 200);
        assertThat(command(card)).isEqualTo(refused.formatted("not-active"));
        assertThat(command(SimulatedCard.foreign())).isEqualTo(refused.formatted("card-unknown"));
        assertThat(event("identification", "\"card-unknown\"").path("outcome").asText())
                .isEqualTo("4");
    }

    @Test
    void the_command_without_an_answering_registry_refuses() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        for (String registry : List.of(
                "http://127.0.0.1:1", bridge.issuer().url(), bridge.uri("/fhir").toString())) {
            assertThat(command(card, registry))
                    .contains("\"registry-unavailable\"")
                    .endsWith(" 1");
        }
    }

    private String command(SimulatedCard card) {
        return command(card, bridge.uri("").toString());
    }

    /** What it prints and, behind a space, its exit code. */
    private static String command(SimulatedCard card, String registry) {
        Readers readers = new Readers() {
            @Override
            public List<String> names() {
                return List.of("simulated");
            }

            @Override
            public boolean awaitRemoval(String reader, Duration patience) {
                return false;
            }

            @Override
            public boolean hasPinpad(String reader) {
                return false;
            }

            @Override
            public <T> T withCard(String reader, Duration patience, Work<T> work)
                    throws CardLostException, CardRefusedException {
                return work.with(card);
            }
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new IdentifyCommand(readers, Clock.systemUTC())
                .run(
                        List.of(
                                "--reader",
                                "simulated",
                                "--ca",
                                directory.resolve("ca.der").toString(),
                                "--crl",
                                directory.resolve("crl.der").toString(),
                                "--registry",
                                registry),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8) + " " + code;
    }
}
