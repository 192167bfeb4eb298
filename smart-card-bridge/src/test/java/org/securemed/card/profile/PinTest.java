package org.securemed.card.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.apdu.StatusWord;

class PinTest {
    private final List<Bytes> shown = new ArrayList<>();
    private final CardConnection card = command -> {
        shown.add(command.data());
        return new ResponseApdu(Bytes.NONE, StatusWord.SUCCESS);
    };

    @Test
    void six_to_eight_digits_are_shown_filled_up_to_eight_bytes() throws Exception {
        for (String digits : List.of("123456", "1234567", "12345678")) {
            try (Pin pin = Pin.of(digits.toCharArray())) {
                pin.verify(card, 0x80);
            }
        }

        assertThat(shown)
                .containsExactly(
                        Bytes.ofHex("313233343536ffff"),
                        Bytes.ofHex("31323334353637ff"),
                        Bytes.ofHex("3132333435363738"));
    }

    @Test
    void anything_else_is_no_pin() {
        for (String text : List.of("", "12345", "123456789", "12345a", "12345\u0667", "      ", "12345\n")) {
            assertThat(catchThrowableOfType(CardRefusedException.class, () -> Pin.of(text.toCharArray()))
                            .reason())
                    .as(text)
                    .isEqualTo(RefusalReason.PIN_MALFORMED);
        }
    }

    @Test
    void what_was_typed_is_forgotten_whether_it_was_a_pin_or_not() throws Exception {
        char[] right = "123456".toCharArray();
        char[] wrong = "secret".toCharArray();

        Pin.of(right).close();
        assertThatThrownBy(() -> Pin.of(wrong)).isInstanceOf(CardRefusedException.class);

        assertThat(right).containsOnly('\0');
        assertThat(wrong).containsOnly('\0');
    }

    @Test
    void a_pin_that_was_closed_is_shown_to_no_card() throws Exception {
        Pin pin = Pin.of("123456".toCharArray());
        pin.close();

        assertThatThrownBy(() -> pin.verify(card, 0x80)).isInstanceOf(IllegalStateException.class);
        assertThat(shown).isEmpty();
        assertThat(pin).hasToString("Pin");
    }

    @Test
    void a_counter_decides_before_a_pin_is_shown() throws Exception {
        PinAttempts.require(new StatusWord(0x63C3));
        PinAttempts.require(new StatusWord(0x63C2));
        PinAttempts.require(StatusWord.SUCCESS);

        assertThat(refusal(0x63C1)).isEqualTo(RefusalReason.PIN_LAST_ATTEMPT);
        assertThat(refusal(0x63C0)).isEqualTo(RefusalReason.PIN_BLOCKED);
        assertThat(refusal(0x6983)).isEqualTo(RefusalReason.PIN_BLOCKED);
        // A card that does not say how many attempts are left may have one left.
        assertThat(refusal(0x6300)).isEqualTo(RefusalReason.CARD_MALFORMED);
        assertThat(refusal(0x6A88)).isEqualTo(RefusalReason.CARD_MALFORMED);
    }

    @Test
    void a_pin_that_was_not_taken_is_wrong_or_blocked_and_a_card_that_says_neither_is_odd() {
        assertThat(PinAttempts.reason(new StatusWord(0x63C2))).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(PinAttempts.reason(new StatusWord(0x6300))).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(PinAttempts.reason(new StatusWord(0x63C0))).isEqualTo(RefusalReason.PIN_BLOCKED);
        assertThat(PinAttempts.reason(new StatusWord(0x6983))).isEqualTo(RefusalReason.PIN_BLOCKED);
        assertThat(PinAttempts.reason(new StatusWord(0x6A80))).isEqualTo(RefusalReason.CARD_MALFORMED);
    }

    private static RefusalReason refusal(int status) {
        return catchThrowableOfType(CardRefusedException.class, () -> PinAttempts.require(new StatusWord(status)))
                .reason();
    }
}
