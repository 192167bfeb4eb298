package org.securemed.card.healthcard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.card.outbound.StrictJson;

class HealthCardTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private static ObjectNode json(String text) {
        try {
            return StrictJson.object(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lot numbers that do not compress. */
    private static HealthCard card(int immunizations) {
        List<ObjectNode> resources = new ArrayList<>();
        resources.add(
                json("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Weber\"}],\"birthDate\":\"1951-07-30\"}"));
        for (int i = 0; i < immunizations; i++) {
            resources.add(json("""
                    {"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":
                    "http://hl7.org/fhir/sid/cvx","code":"%d"}]},"occurrenceDateTime":"20%02d-03-01","lotNumber":"%s"}""".formatted(100 + i, i, java.util.UUID.nameUUIDFromBytes(new byte[] {(byte) i}))));
        }
        SigningKey key = SigningKey.generate();
        String jws = key.sign(
                "https://bridge.example", NOW, null, "abc", CardBundle.of(CardContent.IMMUNIZATIONS, resources));
        return new HealthCard("abc", key.id(), CardContent.IMMUNIZATIONS, NOW, jws);
    }

    @Test
    void a_card_fits_into_a_code_until_it_is_too_large_and_is_then_a_file_alone() throws Exception {
        for (int immunizations = 0; immunizations < 40; immunizations++) {
            HealthCard card = card(immunizations);
            boolean fits = card.jws().length() <= 1195;
            assertThat(card.code().isPresent())
                    .as("%d characters", card.jws().length())
                    .isEqualTo(fits);
            card.code().ifPresent(code -> assertThat(code.version()).isLessThanOrEqualTo(22));
            assertThat(NumericForm.read(List.of(card.numeric()))).isEqualTo(card.jws());
        }
        assertThat(card(39).code()).isEmpty();
        assertThat(card(3).code()).isPresent();
    }

    @Test
    void neither_names_nor_content_show_in_a_log() {
        assertThat(card(1)).hasToString("HealthCard[abc]");
    }
}
