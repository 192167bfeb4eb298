package org.securemed.card.applet;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.apdu.StatusWord;
import org.securemed.card.profile.CardApplication;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.PinAttempts;
import org.securemed.card.profile.RefusalReason;

/** The terminal's side of {@code SecureMedApplet}'s commands. */
final class SecureMedApplication implements CardApplication {
    private static final int GET_DATA = 0xCA;
    private static final int INTERNAL_AUTHENTICATE = 0x88;
    private static final int PERFORM_SECURITY_OPERATION = 0x2A;
    private static final int VERIFY = 0x20;

    private static final int GUID = 0x20;
    private static final int CARD_CERTIFICATE = 0x21;
    private static final int HOLDER_CERTIFICATE = 0x22;
    private static final int PIN = 0x80;

    private final CardConnection card;

    /** @param card carries long commands and answers */
    SecureMedApplication(CardConnection card) {
        this.card = card;
    }

    @Override
    public UUID guid() throws CardLostException, CardRefusedException {
        Bytes guid = object(GUID);
        if (guid.length() != 16) {
            throw malformed();
        }
        ByteBuffer halves = ByteBuffer.wrap(guid.toByteArray());
        UUID uuid = new UUID(halves.getLong(), halves.getLong());
        if (uuid.equals(new UUID(0, 0))) {
            throw malformed();
        }
        return uuid;
    }

    @Override
    public Bytes certificate(KeySlot slot) throws CardLostException, CardRefusedException {
        return object(slot == KeySlot.CARD ? CARD_CERTIFICATE : HOLDER_CERTIFICATE);
    }

    @Override
    public void verifyPin(Pin pin) throws CardLostException, CardRefusedException {
        PinAttempts.require(
                card.transmit(CommandApdu.of(0x00, VERIFY, 0x00, PIN)).status());
        StatusWord status = pin.verify(card, PIN);
        if (!status.isSuccess()) {
            throw new CardRefusedException(PinAttempts.reason(status));
        }
    }

    @Override
    public Bytes sign(KeySlot slot, CardKey key, byte[] message) throws CardLostException, CardRefusedException {
        if (key != CardKey.P256) {
            throw new CardRefusedException(RefusalReason.KEY_UNSUPPORTED);
        }
        // The key that needs no PIN hashes on the card: it cannot be made to sign somebody's document.
        CommandApdu command = slot == KeySlot.CARD
                ? new CommandApdu(
                        0x00, INTERNAL_AUTHENTICATE, 0x00, 0x01, Bytes.copyOf(message), CommandApdu.MAX_SHORT_NE)
                : new CommandApdu(
                        0x00,
                        PERFORM_SECURITY_OPERATION,
                        0x9E,
                        0x9A,
                        Bytes.copyOf(key.digest(message)),
                        CommandApdu.MAX_SHORT_NE);
        return successful(card.transmit(command));
    }

    private Bytes object(int tag) throws CardLostException, CardRefusedException {
        return successful(
                card.transmit(new CommandApdu(0x00, GET_DATA, 0x5F, tag, Bytes.NONE, CommandApdu.MAX_SHORT_NE)));
    }

    private static Bytes successful(ResponseApdu answer) throws CardRefusedException {
        if (!answer.status().isSuccess()) {
            throw malformed();
        }
        return answer.data();
    }

    private static CardRefusedException malformed() {
        return new CardRefusedException(RefusalReason.CARD_MALFORMED);
    }
}
