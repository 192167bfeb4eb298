package org.securemed.card.apdu;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Long commands and answers in short APDUs, which every reader and card can carry: command chaining, GET RESPONSE, and
 * repetition with the exact length.
 *
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 5.3.3 and 5.3.4</a>
 */
public final class ShortExchange implements CardConnection {
    /** More than any object that is read here; a card that goes on and on is cut off. */
    private static final int MOST = 32 * 1024;

    private static final int GET_RESPONSE = 0xC0;
    private static final int MOST_TIMES = 8;
    private static final StatusWord TOO_LONG = new StatusWord(0x6F00);

    private final CardConnection card;

    /** @param card that which carries short APDUs */
    public ShortExchange(CardConnection card) {
        this.card = card;
    }

    /**
     * Sends the command in as many pieces as needed and gathers the answer.
     *
     * @return the whole answer with the last status word; the status word of the piece that failed if one did
     */
    @Override
    public ResponseApdu transmit(CommandApdu command) throws CardLostException {
        List<CommandApdu> pieces =
                command.isExtended() ? command.chained(CommandApdu.MAX_SHORT_DATA) : List.of(command);
        for (CommandApdu piece : pieces.subList(0, pieces.size() - 1)) {
            ResponseApdu answer = card.transmit(piece);
            if (!answer.status().isSuccess()) {
                return answer;
            }
        }
        return gather(pieces.get(pieces.size() - 1));
    }

    @Override
    public Optional<ResponseApdu> verifyOnPinpad(CommandApdu verify) throws CardLostException {
        return card.verifyOnPinpad(verify);
    }

    private ResponseApdu gather(CommandApdu command) throws CardLostException {
        ResponseApdu answer = exact(command);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(answer.data().toByteArray());
        OptionalInt remaining = answer.status().remaining();
        while (remaining.isPresent()) {
            answer = exact(new CommandApdu(command.cla(), GET_RESPONSE, 0, 0, Bytes.NONE, remaining.getAsInt()));
            all.writeBytes(answer.data().toByteArray());
            remaining = answer.status().remaining();
            if (all.size() > MOST || (remaining.isPresent() && answer.data().length() == 0)) {
                return new ResponseApdu(Bytes.NONE, TOO_LONG);
            }
        }
        return new ResponseApdu(Bytes.copyOf(all.toByteArray()), answer.status());
    }

    /** Asks again if the card says how much it has: of a signature that it makes anew, perhaps a byte more or less. */
    private ResponseApdu exact(CommandApdu command) throws CardLostException {
        ResponseApdu answer = card.transmit(command);
        OptionalInt length = answer.status().exactLength();
        for (int times = 0; times < MOST_TIMES && length.isPresent(); times++) {
            answer = card.transmit(new CommandApdu(
                    command.cla(), command.ins(), command.p1(), command.p2(), command.data(), length.getAsInt()));
            length = answer.status().exactLength();
        }
        return answer;
    }
}
