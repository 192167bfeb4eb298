package org.securemed.card.reader;

import java.util.Optional;
import java.util.OptionalInt;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardException;
import javax.smartcardio.CommandAPDU;
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

    // Providers answer a pulled card with CardException or with some RuntimeException.
    @Override
    public ResponseApdu transmit(CommandApdu command) throws CardLostException {
        try {
            return ResponseApdu.parse(
                    channel.transmit(new CommandAPDU(command.encode())).getBytes());
        } catch (CardException | RuntimeException | ApduException e) {
            throw new CardLostException(e);
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
