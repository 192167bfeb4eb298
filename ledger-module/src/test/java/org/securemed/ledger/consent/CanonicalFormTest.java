package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.consent.Consents.DOCTOR;
import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.PATIENT;
import static org.securemed.ledger.consent.Consents.THE_PATIENT;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.none;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CanonicalFormTest {
    private static final Transition GRANT = new Transition.Grant(
            "t1",
            PATIENT,
            THE_PATIENT,
            NOW,
            "c1",
            1,
            "http://example.org/policy",
            Provision.permit()
                    .actor(DOCTOR)
                    .purpose(Purposes.TREAT)
                    .during(Period.until(NOW.plusSeconds(60)))
                    .nested(Provision.deny().label(SecurityLabels.RESTRICTED).build())
                    .build());

    private static final String GRANT_JSON = """
            {"at":"2026-03-01T12:00:00Z",\
            "author":{"capacity":"patient","evidence":"session","evidenceReference":"session-1","reference":"Patient/anna"},\
            "consent":"c1","id":"t1","kind":"grant","policy":"http://example.org/policy",\
            "provision":{"actors":[{"reference":"Practitioner/ben"}],"period":{"until":"2026-03-01T12:01:00Z"},\
            "provisions":[{"securityLabels":[{"code":"R","system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality"}],\
            "type":"deny"}],\
            "purposes":[{"code":"TREAT","system":"http://terminology.hl7.org/CodeSystem/v3-ActReason"}],"type":"permit"},\
            "subject":"Patient/anna","v":1,"version":1}""";

    @Test
    void a_grant_has_these_bytes_on_every_machine() throws Exception {
        assertThat(new String(GRANT.canonicalBytes(), StandardCharsets.UTF_8)).isEqualTo(GRANT_JSON);
        assertThat(Transition.parse(GRANT_JSON.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(GRANT);
    }

    @Test
    void a_state_has_this_hash_on_every_machine() {
        ConsentState state = after(none(), GRANT, Consents.revoke("c1", 2));
        assertThat(new String(state.canonicalBytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"consents\":[{\"id\":\"c1\",\"policy\":\"http://example.org/policy\",\"revokedAt\":2,"
                        + "\"status\":\"revoked\",\"version\":2}],\"subject\":\"Patient/anna\",\"v\":1,\"version\":2}");
        assertThat(HexFormat.of().formatHex(state.stateHash()))
                .isEqualTo("cb7a647eaef06b5a01d65b127bafb1bc559978533379e728286741dd0694c31e");
    }

    @Test
    void bytes_that_are_not_canonical_are_refused() {
        for (String wrong : List.of(
                "",
                "{}",
                "[]",
                "null",
                GRANT_JSON + " ",
                GRANT_JSON.replace("\"v\":1", "\"v\":2"),
                GRANT_JSON.replace("\"v\":1,", ""),
                GRANT_JSON.replace("\"v\":1", "\"v\":1.0"),
                GRANT_JSON.replace("\"version\":1", "\"version\":-1"),
                GRANT_JSON.replace("\"version\":1", "\"version\":99999999999999999"),
                GRANT_JSON.replace("\"kind\":\"grant\"", "\"kind\":\"Grant\""),
                GRANT_JSON.replace("\"type\":\"permit\"", "\"type\":\"allow\""),
                GRANT_JSON.replace("\"type\":\"permit\"", "\"type\":\"permit\",\"unknown\":\"x\""),
                GRANT_JSON.replace("12:00:00Z", "12:00:00.000Z"),
                GRANT_JSON.replace("12:00:00Z", "12:00:00.000000001Z"),
                GRANT_JSON.replace("12:00:00Z", "12:00:00+00:00"),
                GRANT_JSON.replace("2026-03-01", "2026-02-30"),
                GRANT_JSON.replace("\"Practitioner/ben\"}]", "\"Practitioner/ben\"},{\"reference\":\"Device/a\"}]"),
                GRANT_JSON.replace(
                        "\"Practitioner/ben\"}]", "\"Practitioner/ben\"},{\"reference\":\"Practitioner/ben\"}]"),
                GRANT_JSON.replace("\"Practitioner/ben\"", "\"Practitioner/\\u0062en\""),
                GRANT_JSON.replace("\"Practitioner/ben\"", "\"https://evil.example/Practitioner/ben\""),
                GRANT_JSON.replace("\"subject\":\"Patient/anna\"", "\"subject\":\"Group/all\""),
                GRANT_JSON.replace("{\"at\"", "{\"at\":\"2026-03-01T12:00:00Z\",\"at\""),
                GRANT_JSON.replace("\"consent\":\"c1\"", "\"consent\":null"),
                "{\"a\":".repeat(40) + "1" + "}".repeat(40))) {
            assertThatThrownBy(() -> Transition.parse(wrong.getBytes(StandardCharsets.UTF_8)))
                    .as(wrong)
                    .isInstanceOf(TransitionException.class);
        }
        assertThatThrownBy(() -> Transition.parse(new byte[Transition.MAX_BYTES + 1]))
                .isInstanceOf(TransitionException.class);
    }

    @Test
    void no_change_of_a_byte_gives_the_same_transition() {
        byte[] bytes = GRANT.canonicalBytes();
        for (int i = 0; i < bytes.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = bytes.clone();
                changed[i] ^= (byte) (1 << bit);
                try {
                    Transition other = Transition.parse(changed);
                    assertThat(other).isNotEqualTo(GRANT);
                    assertThat(other.canonicalBytes()).isEqualTo(changed);
                } catch (TransitionException e) {
                    assertThat(e).hasMessageNotContaining("anna");
                }
            }
        }
    }

    @Test
    void random_bytes_and_mutilated_transitions_are_refused_and_do_nothing_worse() {
        Random random = new Random(1);
        byte[] bytes = GRANT.canonicalBytes();
        for (int i = 0; i < 20_000; i++) {
            byte[] wrong = new byte[random.nextInt(200)];
            random.nextBytes(wrong);
            if (i % 2 == 0) {
                int from = random.nextInt(bytes.length);
                wrong = bytes.clone();
                for (int j = from; j < Math.min(bytes.length, from + 1 + random.nextInt(8)); j++) {
                    wrong[j] = bytes[random.nextInt(bytes.length)];
                }
            }
            requireCanonicalOrRefused(wrong);
        }
    }

    private static void requireCanonicalOrRefused(byte[] bytes) {
        try {
            assertThat(Transition.parse(bytes).canonicalBytes()).isEqualTo(bytes);
        } catch (TransitionException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Test
    void a_transition_at_its_limits_fits_an_entry_or_is_refused() {
        Provision.Builder provision = Provision.permit();
        for (int i = 0; i < 256; i++) {
            provision.code(new Coding("http://example.org/a-rather-long-code-system/" + i, "code-" + "x".repeat(100)));
        }
        Transition tooLong = new Transition.Grant("t", PATIENT, THE_PATIENT, NOW, "c", 1, "", provision.build());
        assertThatThrownBy(tooLong::canonicalBytes).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> provision.code(new Coding("s", "one-more")).build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
