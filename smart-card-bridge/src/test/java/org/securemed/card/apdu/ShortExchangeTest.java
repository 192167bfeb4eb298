package org.securemed.card.apdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShortExchangeTest {
    private static final CommandApdu READ = new CommandApdu(0, 0xCB, 0x3F, 0xFF, Bytes.ofHex("5c035fc102"), 256);

    private final List<CommandApdu> sent = new ArrayList<>();

    @Test
    void an_answer_in_pieces_is_put_together() throws Exception {
        ResponseApdu answer = exchange("aa6101", "bb6102", "ccdd9000").transmit(READ);

        assertThat(answer).isEqualTo(new ResponseApdu(Bytes.ofHex("aabbccdd"), StatusWord.SUCCESS));
        assertThat(sent.subList(1, 3))
                .extracting(CommandApdu::ins, CommandApdu::ne)
                .containsExactly(tuple(0xC0, 1), tuple(0xC0, 2));
    }

    @Test
    void a_card_that_says_how_much_it_has_is_asked_again_for_so_much_and_not_for_ever() throws Exception {
        assertThat(exchange("6c02", "aabb9000").transmit(READ).data()).isEqualTo(Bytes.ofHex("aabb"));
        assertThat(sent.get(1).ne()).isEqualTo(2);
        assertThat(exchange("6102", "6c01", "aa9000").transmit(READ).data()).isEqualTo(Bytes.ofHex("aa"));
        assertThat(exchange("6c03", "6c02", "aabb9000").transmit(READ).data()).isEqualTo(Bytes.ofHex("aabb"));
        sent.clear();
        String[] undecided = new String[20];
        Arrays.fill(undecided, "6c02");
        assertThat(exchange(undecided).transmit(READ).status()).isEqualTo(new StatusWord(0x6C02));
        assertThat(sent).hasSize(9);
    }

    @Test
    void a_card_that_always_has_more_and_one_that_never_gives_it_are_given_up() throws Exception {
        String block = "00".repeat(256) + "6100";
        String[] endless = new String[200];
        Arrays.fill(endless, block);

        assertThat(exchange(endless).transmit(READ).status().isSuccess()).isFalse();
        assertThat(sent).hasSizeLessThan(140);
        sent.clear();
        assertThat(exchange("6100", "6100", "6100", "6100")
                        .transmit(READ)
                        .status()
                        .isSuccess())
                .isFalse();
        assertThat(sent).hasSize(2);
    }

    @Test
    void a_long_command_goes_in_a_chain_that_ends_with_the_piece_that_is_refused() throws Exception {
        CommandApdu sign = new CommandApdu(0, 0x87, 7, 0x9E, Bytes.copyOf(new byte[266]), 256);

        assertThat(exchange("9000", "aa9000").transmit(sign).data()).isEqualTo(Bytes.ofHex("aa"));
        assertThat(sent)
                .extracting(CommandApdu::cla, piece -> piece.data().length(), CommandApdu::ne)
                .containsExactly(tuple(0x10, 255, 0), tuple(0, 11, 256));
        sent.clear();
        assertThat(exchange("6884", "aa9000").transmit(sign).status()).isEqualTo(new StatusWord(0x6884));
        assertThat(sent).hasSize(1);
    }

    /** A card that gives these answers, in hexadecimal, one after the other. */
    private ShortExchange exchange(String... answers) {
        Deque<String> left = new ArrayDeque<>(List.of(answers));
        return new ShortExchange(command -> {
            sent.add(command);
            try {
                return ResponseApdu.parse(Bytes.ofHex(left.remove()).toByteArray());
            } catch (ApduException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
