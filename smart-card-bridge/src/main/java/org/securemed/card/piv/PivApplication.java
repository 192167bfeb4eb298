package org.securemed.card.piv;

import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.securemed.card.apdu.ApduException;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.apdu.StatusWord;
import org.securemed.card.apdu.Tlv;
import org.securemed.card.profile.CardApplication;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.PinAttempts;
import org.securemed.card.profile.RefusalReason;

/**
 * The PIV application of a card.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt2/5/final">NIST SP 800-73-5, part 2, section 3</a>
 */
final class PivApplication implements CardApplication {
    private static final int CHUID = 0x5FC102;
    private static final int CARD_AUTHENTICATION_CERTIFICATE = 0x5FC101;
    private static final int PIV_AUTHENTICATION_CERTIFICATE = 0x5FC105;

    private static final int GET_DATA = 0xCB;
    private static final int VERIFY = 0x20;
    private static final int GENERAL_AUTHENTICATE = 0x87;
    private static final int APPLICATION_PIN = 0x80;

    private static final int TAG_LIST = 0x5C;
    private static final int DATA = 0x53;
    private static final int DYNAMIC_AUTHENTICATION = 0x7C;
    private static final int CHALLENGE = 0x81;
    private static final int RESPONSE = 0x82;

    private final CardConnection card;
    private final Clock clock;

    /** @param card carries long commands and answers */
    PivApplication(CardConnection card, Clock clock) {
        this.card = card;
        this.clock = clock;
    }

    @Override
    public UUID guid() throws CardLostException, CardRefusedException {
        return Chuid.parse(object(CHUID), clock).guid();
    }

    @Override
    public Bytes certificate(KeySlot slot) throws CardLostException, CardRefusedException {
        int tag = slot == KeySlot.CARD ? CARD_AUTHENTICATION_CERTIFICATE : PIV_AUTHENTICATION_CERTIFICATE;
        return CertificateObject.parse(object(tag));
    }

    @Override
    public void verifyPin(Pin pin) throws CardLostException, CardRefusedException {
        PinAttempts.require(card.transmit(CommandApdu.of(0x00, VERIFY, 0x00, APPLICATION_PIN))
                .status());
        StatusWord status = pin.verify(card, APPLICATION_PIN);
        if (!status.isSuccess()) {
            throw new CardRefusedException(PinAttempts.reason(status));
        }
    }

    @Override
    public Bytes sign(KeySlot slot, CardKey key, byte[] message) throws CardLostException, CardRefusedException {
        byte[] digest = key.digest(message);
        Bytes input = Bytes.copyOf(key == CardKey.RSA2048 ? EncodedMessage.of(digest) : digest);
        Bytes template = concatenate(new Tlv(RESPONSE, Bytes.NONE).encode(), new Tlv(CHALLENGE, input).encode());
        ResponseApdu answer = card.transmit(new CommandApdu(
                0x00,
                GENERAL_AUTHENTICATE,
                key.pivAlgorithm(),
                slot == KeySlot.CARD ? 0x9E : 0x9A,
                new Tlv(DYNAMIC_AUTHENTICATION, template).encode(),
                CommandApdu.MAX_SHORT_NE));
        if (!answer.status().isSuccess()) {
            throw malformed();
        }
        try {
            return Tlv.parseOnly(RESPONSE, Tlv.parseOnly(DYNAMIC_AUTHENTICATION, answer.data()));
        } catch (ApduException e) {
            throw malformed();
        }
    }

    /** The content of a data object, without its outermost tag. */
    private List<Tlv> object(int tag) throws CardLostException, CardRefusedException {
        Bytes name = Bytes.copyOf((byte) (tag >> 16), (byte) (tag >> 8), (byte) tag);
        ResponseApdu answer = card.transmit(new CommandApdu(
                0x00, GET_DATA, 0x3F, 0xFF, new Tlv(TAG_LIST, name).encode(), CommandApdu.MAX_SHORT_NE));
        if (!answer.status().isSuccess()) {
            throw malformed();
        }
        try {
            return Tlv.parse(Tlv.parseOnly(DATA, answer.data()));
        } catch (ApduException e) {
            throw malformed();
        }
    }

    private static Bytes concatenate(Bytes first, Bytes second) {
        byte[] all = new byte[first.length() + second.length()];
        System.arraycopy(first.toByteArray(), 0, all, 0, first.length());
        System.arraycopy(second.toByteArray(), 0, all, first.length(), second.length());
        return Bytes.copyOf(all);
    }

    private static CardRefusedException malformed() {
        return new CardRefusedException(RefusalReason.CARD_MALFORMED);
    }
}
