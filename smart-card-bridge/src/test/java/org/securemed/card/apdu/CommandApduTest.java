package org.securemed.card.apdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandApduTest {
    private static final int[] DATA_LENGTHS = {0, 1, 2, 16, 254, 255, 256, 257, 65_534, 65_535};
    private static final int[] ANSWER_LENGTHS = {0, 1, 2, 255, 256, 257, 65_535, 65_536};

    @ParameterizedTest
    @CsvSource({
        "00 A4 04 00,                         0, 0",
        "00 B0 00 00 10,                      0, 16",
        "00 B0 00 00 00,                      0, 256",
        "00 A4 04 00 03 A0 00 01,             3, 0",
        "00 A4 04 00 03 A0 00 01 00,          3, 256",
        "00 B0 00 00 00 01 01,                0, 257",
        "00 B0 00 00 00 00 00,                0, 65536",
        "00 A4 04 00 00 00 03 A0 00 01,       3, 0",
        "00 A4 04 00 00 00 03 A0 00 01 01 00, 3, 256",
    })
    void every_case_of_the_standard_is_read(String hex, int dataLength, int ne) throws ApduException {
        CommandApdu command = CommandApdu.parse(bytes(hex));
        assertThat(command.data().length()).isEqualTo(dataLength);
        assertThat(command.ne()).isEqualTo(ne);
        assertThat(command.ins()).isEqualTo(bytes(hex)[1] & 0xFF);
    }

    @Test
    void what_was_encoded_is_read_back_equal_for_all_lengths_around_the_borders() throws ApduException {
        for (int length : DATA_LENGTHS) {
            for (int ne : ANSWER_LENGTHS) {
                CommandApdu command = new CommandApdu(0x80, 0xCB, 0x3F, 0xFF, Bytes.copyOf(filled(length)), ne);
                byte[] encoded = command.encode();
                assertThat(CommandApdu.parse(encoded)).isEqualTo(command);
                assertThat(encoded.length > 5 && encoded[4] == 0).isEqualTo(command.isExtended());
            }
        }
    }

    @Test
    void a_command_that_was_cut_or_prolonged_by_a_byte_is_another_command_or_refused_and_never_the_same()
            throws ApduException {
        for (int length : new int[] {0, 1, 3, 255, 256}) {
            for (int ne : new int[] {0, 1, 256, 257}) {
                CommandApdu command = new CommandApdu(0, 0x88, 0, 0, Bytes.copyOf(filled(length)), ne);
                byte[] encoded = command.encode();
                for (int other : new int[] {encoded.length - 1, encoded.length + 1}) {
                    try {
                        assertThat(CommandApdu.parse(Arrays.copyOf(encoded, other)))
                                .isNotEqualTo(command);
                    } catch (ApduException e) {
                        assertThat(e.length()).isEqualTo(other);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00 A4 04",
                "00 A4 04 00 02 A0",
                "00 A4 04 00 01 A0 00 00",
                "00 A4 04 00 00 01",
                "00 A4 04 00 00 00 00 A0",
                "00 A4 04 00 00 00 02 A0",
                "00 A4 04 00 00 00 01 A0 00",
                "FF CA 00 00 00",
                "00 60 00 00",
                "00 9F 00 00"
            })
    void lengths_that_disagree_and_invalid_classes_and_instructions_are_refused(String hex) {
        assertThatExceptionOfType(ApduException.class).isThrownBy(() -> CommandApdu.parse(bytes(hex)));
    }

    @Test
    void a_command_that_cannot_be_sent_cannot_be_made() {
        assertThatIllegalArgumentException().isThrownBy(() -> CommandApdu.of(256, 0xA4, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> CommandApdu.of(0, 0xA4, -1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new CommandApdu(0, 0xA4, 0, 0, Bytes.NONE, 65_537));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CommandApdu(0, 0xA4, 0, 0, Bytes.copyOf(new byte[65_536]), 0));
    }

    @Test
    void a_chain_carries_all_data_in_order_and_asks_for_an_answer_at_its_end_only() {
        byte[] data = filled(600);
        CommandApdu command = new CommandApdu(0, 0x87, 0x07, 0x9E, Bytes.copyOf(data), 256);
        List<CommandApdu> chain = command.chained(255);
        assertThat(chain).hasSize(3);
        assertThat(chain.stream().map(CommandApdu::cla)).containsExactly(0x10, 0x10, 0x00);
        assertThat(chain.stream().map(CommandApdu::ne)).containsExactly(0, 0, 256);
        assertThat(chain.stream().map(c -> c.data().toHex()).reduce("", String::concat))
                .isEqualTo(HexFormat.of().formatHex(data));
    }

    @Test
    void a_command_that_fits_into_one_block_is_its_own_chain() {
        CommandApdu command = new CommandApdu(0, 0x87, 0x11, 0x9E, Bytes.copyOf(filled(255)), 0);
        assertThat(command.chained(255)).containsExactly(command);
        assertThat(CommandApdu.of(0, 0xA4, 4, 0).chained(1)).hasSize(1);
    }

    @Test
    void a_class_without_a_chaining_bit_is_not_chained() {
        assertThatIllegalStateException()
                .isThrownBy(() -> CommandApdu.of(0x80, 0xCA, 0, 0).chained(255));
    }

    @Test
    void data_that_may_be_a_pin_is_not_printed() {
        CommandApdu verify = new CommandApdu(0, 0x20, 0, 0x80, Bytes.ofHex("313233343536ffff"), 0);
        assertThat(verify).hasToString("00 20 00 80, 8 bytes, Ne 0");
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + 7);
        }
        return bytes;
    }
}
