package org.securemed.card.apdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlvTest {
    @Test
    void objects_with_tags_of_one_to_three_bytes_are_read_in_order() throws Exception {
        assertThat(Tlv.parse(Bytes.ofHex("5302aabb7f490101" + "5fc10200")))
                .containsExactly(
                        new Tlv(0x53, Bytes.ofHex("aabb")),
                        new Tlv(0x7F49, Bytes.ofHex("01")),
                        new Tlv(0x5FC102, Bytes.NONE));
    }

    @Test
    void values_of_every_length_come_back_as_they_were() throws Exception {
        for (int length : List.of(0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF)) {
            byte[] value = new byte[length];
            Arrays.fill(value, (byte) 7);
            Tlv object = new Tlv(0x5FC101, Bytes.copyOf(value));

            assertThat(Tlv.parse(object.encode())).containsExactly(object);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "53", // no length
                "5301", // no value
                "530100ff", // something behind it
                "00", // padding
                "ff00",
                "5380", // indefinite length
                "5381", // length cut off
                "538201", // length cut off
                "5383000001aa", // length of three bytes
                "5f", // tag cut off
                "5fc1", // tag cut off
                "5fc1818100", // tag of four bytes
                "530053 00" // twice
            })
    void anything_else_is_refused(String hex) {
        assertThatThrownBy(() -> Tlv.parse(Bytes.ofHex(hex.replace(" ", "")))).isInstanceOf(ApduException.class);
    }

    @Test
    void the_only_object_is_the_only_one_and_of_its_tag() throws Exception {
        assertThat(Tlv.parseOnly(0x53, Bytes.ofHex("530101"))).isEqualTo(Bytes.ofHex("01"));
        assertThatThrownBy(() -> Tlv.parseOnly(0x53, Bytes.ofHex("530101540101")))
                .isInstanceOf(ApduException.class);
        assertThatThrownBy(() -> Tlv.parseOnly(0x53, Bytes.ofHex("540101"))).isInstanceOf(ApduException.class);
        assertThatThrownBy(() -> Tlv.parseOnly(0x53, Bytes.NONE)).isInstanceOf(ApduException.class);
    }
}
