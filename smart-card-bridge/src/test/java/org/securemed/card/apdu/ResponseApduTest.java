package org.securemed.card.apdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ResponseApduTest {
    @Test
    void data_and_status_word_are_read_and_written_back() throws ApduException {
        ResponseApdu response = ResponseApdu.parse(Bytes.ofHex("0102039000").toByteArray());
        assertThat(response).isEqualTo(new ResponseApdu(Bytes.ofHex("010203"), StatusWord.SUCCESS));
        assertThat(Bytes.copyOf(response.encode())).isEqualTo(Bytes.ofHex("0102039000"));
    }

    @Test
    void an_answer_without_a_status_word_is_refused_as_when_the_card_was_pulled() {
        assertThatExceptionOfType(ApduException.class).isThrownBy(() -> ResponseApdu.parse(new byte[0]));
        assertThatExceptionOfType(ApduException.class).isThrownBy(() -> ResponseApdu.parse(new byte[] {(byte) 0x90}));
    }

    @Test
    void an_answer_that_is_longer_than_any_command_can_ask_for_is_refused() {
        byte[] tooLong = new byte[65_539];
        tooLong[65_537] = (byte) 0x90;
        assertThatExceptionOfType(ApduException.class).isThrownBy(() -> ResponseApdu.parse(tooLong));
    }

    @Test
    void exactly_the_values_of_the_standard_are_status_words() {
        for (int value = 0; value <= 0xFFFF; value++) {
            boolean valid = value >= 0x6100 && value <= 0x6FFF || value >= 0x9000 && value <= 0x9FFF;
            int candidate = value;
            if (valid) {
                assertThat(new StatusWord(candidate).sw1() << 8 | new StatusWord(candidate).sw2())
                        .isEqualTo(candidate);
            } else {
                assertThatIllegalArgumentException().isThrownBy(() -> new StatusWord(candidate));
            }
        }
    }

    @Test
    void what_a_status_word_counts_is_read_from_it() {
        assertThat(new StatusWord(0x6110).remaining()).hasValue(16);
        assertThat(new StatusWord(0x6100).remaining()).hasValue(256);
        assertThat(new StatusWord(0x6C20).exactLength()).hasValue(32);
        assertThat(new StatusWord(0x63C2).attemptsLeft()).hasValue(2);
        assertThat(new StatusWord(0x6983).attemptsLeft()).hasValue(0);
        assertThat(new StatusWord(0x6300).attemptsLeft()).isEmpty();
        assertThat(StatusWord.SUCCESS.remaining()).isEmpty();
        assertThat(StatusWord.SUCCESS.exactLength()).isEmpty();
    }

    @Test
    void only_9000_is_success() {
        assertThat(StatusWord.SUCCESS.isSuccess()).isTrue();
        assertThat(new StatusWord(0x6110).isSuccess()).isFalse();
        assertThat(new StatusWord(0x9001).isSuccess()).isFalse();
    }

    @Test
    void a_status_word_says_what_it_means() {
        assertThat(StatusWord.NOT_FOUND).hasToString("6A82 file or application not found");
        assertThat(new StatusWord(0x63C1)).hasToString("63C1 verification failed, 1 attempts left");
        assertThat(new StatusWord(0x6C00)).hasToString("6C00 wrong length, 256 would be right");
    }
}
