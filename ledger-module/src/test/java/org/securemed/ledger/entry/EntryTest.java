package org.securemed.ledger.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryTest {
    private static final UUID ID = UUID.fromString("0193d0a0-1234-7abc-8def-0123456789ab");
    private static final Instant TIME = Instant.ofEpochMilli(1_794_000_000_123L);

    @Test
    void an_entry_with_every_member_has_this_canonical_form() {
        assertThat(new String(full().toJson(), StandardCharsets.UTF_8))
                .isEqualTo("{\"actor\":\"Dr. Ünal \\\"x\\\"\",\"c\":\"AQI=\","
                        + "\"d\":{\"basis\":[12,9007199254740991],\"outcome\":\"permit\",\"policy\":\"p/1\",\"reason\":\"r\"},"
                        + "\"h\":\"Aw==\",\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"server-1\",\"op\":\"read\","
                        + "\"out\":0,\"p\":\"00000000000000010000000000000002\",\"pou\":\"TREAT\",\"prev\":7,\"q\":\"BA==\","
                        + "\"req\":\"req-1\",\"res\":\"Patient\",\"role\":\"physician\",\"st\":200,\"t\":1794000000123,\"v\":1,"
                        + "\"x\":\"line\\nline\"}");
    }

    @Test
    void an_entry_reads_back_equal() throws Exception {
        assertThat(Entry.parse(full().toJson())).isEqualTo(full());
        Entry least = Entry.builder(ID, TIME, "server-1", Op.KEY).build();
        assertThat(Entry.parse(least.toJson())).isEqualTo(least);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{}",
                "{\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":2}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1,\"y\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1.5,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":-1,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"READ\",\"t\":1,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-4abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1}",
                "{\"id\":\"0193D0A0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":null,\"op\":\"read\",\"t\":1,\"v\":1}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1,\"c\":\"?\"}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1,\"st\":4294967496}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1,\"d\":[[[[]]]]}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1}{}",
                "{\"id\":\"0193d0a0-1234-7abc-8def-0123456789ab\",\"inst\":\"s\",\"op\":\"read\",\"t\":1,\"v\":1"
            })
    void what_is_not_an_entry_is_refused(String json) {
        assertThatThrownBy(() -> Entry.parse(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(EntryException.class);
    }

    @Test
    void every_byte_of_an_entry_replaced_by_every_other_byte_is_an_entry_or_refused() {
        byte[] json = full().toJson();
        for (int at = 0; at < json.length; at++) {
            byte kept = json[at];
            for (int value = 0; value < 256; value++) {
                json[at] = (byte) value;
                try {
                    assertThat(Entry.parse(json)).isNotNull();
                } catch (EntryException e) {
                    assertThat(e).hasMessageNotContaining("Ünal");
                }
            }
            json[at] = kept;
        }
    }

    @Test
    void a_value_outside_its_limits_is_refused_with_the_name_of_its_member() {
        Entry.Builder builder = Entry.builder(ID, TIME, "s", Op.READ);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.actor("x".repeat(257)).build())
                .withMessageContaining("actor");
        builder.actor("a\u0000b");
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("control");
        builder.actor("a\ud800b");
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("Unicode");
        builder.actor("").status(99);
        assertThatIllegalArgumentException().isThrownBy(builder::build);
        assertThatIllegalArgumentException().isThrownBy(() -> new Op("Read"));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Entry.builder(UUID.randomUUID(), TIME, "s", Op.READ).build());
        Entry large = Entry.builder(ID, TIME, "s", Op.READ)
                .sealed(Bytes.of(new byte[20 * 1024]))
                .statement("é".repeat(16 * 1024))
                .build();
        assertThatIllegalArgumentException().isThrownBy(large::toJson).withMessageContaining("32768");
    }

    @Test
    void fresh_ids_are_of_version_7_and_carry_their_time() {
        UUID id = EntryIds.next(TIME);
        assertThat(id.version()).isEqualTo(7);
        assertThat(EntryIds.timeOf(id)).isEqualTo(TIME);
        assertThat(EntryIds.next(TIME)).isNotEqualTo(id);
    }

    private static Entry full() {
        return Entry.builder(ID, TIME, "server-1", Op.READ)
                .actor("Dr. Ünal \"x\"")
                .role("physician")
                .purpose("TREAT")
                .resourceType("Patient")
                .patient(new Pseudonym(1, 2))
                .resourceCommitment(Bytes.of(new byte[] {3}))
                .searchCommitment(Bytes.of(new byte[] {4}))
                .decision(new Decision("permit", "r", "p/1", List.of(12L, (1L << 53) - 1)))
                .outcome(0)
                .status(200)
                .request("req-1")
                .previous(7L)
                .sealed(Bytes.of(new byte[] {1, 2}))
                .statement("line\nline")
                .build();
    }
}
