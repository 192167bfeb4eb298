package org.securemed.card.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.smartcardio.ATR;
import javax.smartcardio.Card;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardException;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.ResponseAPDU;
import org.junit.jupiter.api.Test;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;

class PinpadTest {
    private static final TestCa CA = new TestCa("Hospital CA");
    private static final CardReading READING = new CardReading(CardProfiles.all(Clock.systemUTC()));

    @Test
    void a_pin_that_is_typed_on_the_reader_is_never_in_this_machine() throws Exception {
        for (SimulatedCard card : List.of(
                SimulatedCard.piv(CA, UUID.randomUUID(), CardKey.P256),
                SimulatedCard.secureMed(CA, UUID.randomUUID()))) {
            ReaderWithKeys reader = new ReaderWithKeys(card, SimulatedCard.PIN);

            CardProof proof =
                    READING.read(new PcscConnection(reader.getBasicChannel()), Challenge.fresh(), Pin.onPinpad());

            assertThat(proof.slot()).isEqualTo(KeySlot.HOLDER);
            assertThat(reader.sent).noneMatch(apdu -> apdu.contains(SimulatedCard.PIN));
        }
    }

    @Test
    void a_wrong_pin_a_cancelled_one_and_a_reader_without_keys_are_told_apart() {
        assertThat(refusal("000000", true)).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(refusal("", true)).isEqualTo(RefusalReason.PIN_NOT_TYPED);
        assertThat(refusal(SimulatedCard.PIN, false)).isEqualTo(RefusalReason.PIN_NOT_TYPED);
    }

    @Test
    void the_last_attempt_is_left_alone_on_the_reader_as_well() throws Exception {
        SimulatedCard card = SimulatedCard.piv(CA, UUID.randomUUID(), CardKey.P256);
        assertThat(refusal(card, "000000", true)).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(refusal(card, "000000", true)).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(refusal(card, SimulatedCard.PIN, true)).isEqualTo(RefusalReason.PIN_LAST_ATTEMPT);
    }

    @Test
    void what_a_driver_says_of_its_features_is_not_believed_beyond_its_end() {
        for (byte[] features : List.of(
                new byte[0], new byte[] {6}, new byte[] {6, 4, 1, 2}, new byte[] {6, 2, 1, 2}, new byte[] {9, -1, 0})) {
            ReaderWithKeys reader = new ReaderWithKeys(SimulatedCard.foreign(), "");
            reader.features = features;
            assertThat(Pinpad.of(reader)).isEmpty();
        }
    }

    private static RefusalReason refusal(String typed, boolean keys) {
        return refusal(SimulatedCard.piv(CA, UUID.randomUUID(), CardKey.P256), typed, keys);
    }

    private static RefusalReason refusal(SimulatedCard card, String typed, boolean keys) {
        ReaderWithKeys reader = new ReaderWithKeys(card, typed);
        if (!keys) {
            reader.features = new byte[0];
        }
        RefusalReason[] reason = new RefusalReason[1];
        assertThatThrownBy(() ->
                        READING.read(new PcscConnection(reader.getBasicChannel()), Challenge.fresh(), Pin.onPinpad()))
                .isInstanceOfSatisfying(CardRefusedException.class, e -> reason[0] = e.reason());
        return reason[0];
    }

    /** A CCID reader with keys, as PC/SC part 10 has it, on which somebody types. */
    private static final class ReaderWithKeys extends Card {
        private static final int VERIFY = 0x42330006;

        private final SimulatedCard card;
        private final String typed;
        private final List<String> sent = new ArrayList<>();
        private byte[] features = {0x0A, 4, 0x42, 0x33, 0, 0x0A, 6, 4, 0x42, 0x33, 0, 6};

        ReaderWithKeys(SimulatedCard card, String typed) {
            this.card = card;
            this.typed = typed;
        }

        @Override
        public byte[] transmitControlCommand(int code, byte[] command) throws CardException {
            if (code == 0x42000000 + 3400) {
                if (features.length == 0) {
                    throw new CardException("SCARD_E_UNSUPPORTED_FEATURE");
                }
                return features.clone();
            }
            assertThat(code).isEqualTo(VERIFY);
            ByteBuffer structure = ByteBuffer.wrap(command).order(ByteOrder.LITTLE_ENDIAN);
            structure.position(2);
            assertThat(structure.get()).as("bytes, left-justified, ASCII").isEqualTo((byte) 0x82);
            assertThat(structure.get()).as("size of the block").isEqualTo((byte) 8);
            assertThat(structure.get()).isZero();
            int digits = structure.getShort();
            assertThat(digits).as("six to eight digits").isEqualTo(0x0608);
            structure.position(15);
            byte[] apdu = new byte[structure.getInt()];
            structure.get(apdu);
            assertThat(structure.hasRemaining()).isFalse();
            assertThat(Arrays.copyOfRange(apdu, 5, 13)).containsOnly((byte) -1);
            if (typed.isEmpty()) {
                return new byte[] {0x64, 0x01};
            }
            byte[] pin = typed.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(pin, 0, apdu, 5, pin.length);
            return card.transmit(apdu);
        }

        @Override
        public CardChannel getBasicChannel() {
            return new CardChannel() {
                @Override
                public ResponseAPDU transmit(CommandAPDU command) {
                    sent.add(new String(command.getBytes(), StandardCharsets.ISO_8859_1));
                    return new ResponseAPDU(card.transmit(command.getBytes()));
                }

                @Override
                public Card getCard() {
                    return ReaderWithKeys.this;
                }

                @Override
                public int getChannelNumber() {
                    return 0;
                }

                @Override
                public int transmit(ByteBuffer command, ByteBuffer response) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void close() {
                    // The basic channel stays open.
                }
            };
        }

        @Override
        public ATR getATR() {
            return new ATR(card.atr());
        }

        @Override
        public String getProtocol() {
            return "T=1";
        }

        @Override
        public CardChannel openLogicalChannel() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void beginExclusive() {
            // Nobody else is here.
        }

        @Override
        public void endExclusive() {
            // Likewise.
        }

        @Override
        public void disconnect(boolean reset) {
            card.reset();
        }
    }
}
