package org.securemed.card.reader;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardException;
import javax.smartcardio.CommandAPDU;
import jnasmartcardio.Smartcardio;
import org.securemed.card.apdu.ApduException;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;

/**
 * A card behind {@code javax.smartcardio}.
 *
 * @param channel the card's basic channel
 */
public record PcscConnection(CardChannel channel) implements CardConnection {
    /** The longest answer that there is, with its status word. */
    private static final int LARGEST = CommandApdu.MAX_NE + 2;

    /**
     * One command, one answer. The provider's own transmit asks a card for what waits (61xx) seven times and then gives
     * what it has without a status word: a signed CHUID is longer.
     */
    private static final Method ONCE = once();

    // Providers answer a pulled card with CardException or with some RuntimeException.
    @Override
    public ResponseApdu transmit(CommandApdu command) throws CardLostException {
        try {
            return ResponseApdu.parse(
                    channel instanceof Smartcardio.JnaCardChannel
                            ? once(command.encode())
                            : channel.transmit(new CommandAPDU(command.encode()))
                                    .getBytes());
        } catch (CardException | RuntimeException | ApduException e) {
            throw new CardLostException(e);
        }
    }

    private byte[] once(byte[] command) throws CardException {
        ByteBuffer answer = ByteBuffer.allocate(LARGEST);
        try {
            ONCE.invoke(channel, ByteBuffer.wrap(command), answer);
        } catch (InvocationTargetException e) {
            throw new CardException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        return Arrays.copyOf(answer.array(), answer.position());
    }

    private static Method once() {
        try {
            Method once = Smartcardio.JnaCardChannel.class.getDeclaredMethod(
                    "transmitRaw", ByteBuffer.class, ByteBuffer.class);
            once.setAccessible(true);
            return once;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("another version of jnasmartcardio", e);
        }
    }

    @Override
    public Optional<ResponseApdu> verifyOnPinpad(CommandApdu verify) throws CardLostException {
        OptionalInt pinpad = Pinpad.of(channel.getCard());
        if (pinpad.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ResponseApdu.parse(
                    channel.getCard().transmitControlCommand(pinpad.getAsInt(), Pinpad.verification(verify))));
        } catch (CardException | RuntimeException | ApduException e) {
            throw new CardLostException(e);
        }
    }
}
