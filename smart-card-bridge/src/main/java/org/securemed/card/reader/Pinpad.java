package org.securemed.card.reader;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.OptionalInt;
import javax.smartcardio.Card;
import javax.smartcardio.CardException;
import org.securemed.card.apdu.CommandApdu;

/**
 * The keys of a reader that has some: the PIN goes from there to the card and never through this machine.
 *
 * @see <a href="https://pcscworkgroup.com/specifications/">PC/SC part 10, 2.2 and 2.5.2: GET_FEATURE_REQUEST,
 *     FEATURE_VERIFY_PIN_DIRECT</a>
 */
final class Pinpad {
    private static final int GET_FEATURE_REQUEST = controlCode(3400);
    private static final int FEATURE_VERIFY_PIN_DIRECT = 0x06;
    private static final int LEAST = 6;
    private static final int MOST = 8;

    private Pinpad() {}

    /** {@code SCARD_CTL_CODE}, which differs between Windows and everything else. */
    private static int controlCode(int code) {
        boolean windows =
                System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
        return windows ? 0x31 << 16 | code << 2 : 0x42000000 + code;
    }

    /**
     * The control code by which the reader is told to ask for a PIN and verify it.
     *
     * @param card any connection to the reader, also one without a card
     * @return empty if the reader has no keys, or does not say
     */
    static OptionalInt of(Card card) {
        byte[] features;
        try {
            features = card.transmitControlCommand(GET_FEATURE_REQUEST, new byte[0]);
        } catch (CardException | RuntimeException e) {
            // Drivers of readers without features answer with an error.
            return OptionalInt.empty();
        }
        ByteBuffer left = ByteBuffer.wrap(features);
        while (left.remaining() >= 2) {
            int tag = left.get() & 0xFF;
            int length = left.get() & 0xFF;
            if (length > left.remaining()) {
                return OptionalInt.empty();
            }
            if (tag == FEATURE_VERIFY_PIN_DIRECT && length == Integer.BYTES) {
                return OptionalInt.of(left.getInt());
            }
            left.position(left.position() + length);
        }
        return OptionalInt.empty();
    }

    /**
     * {@code PIN_VERIFY_STRUCTURE}: six to eight digits in ASCII, left in a block of eight bytes that the command fills
     * with FF, ended by the key for that.
     *
     * @param verify with the block that the digits are written into
     */
    static byte[] verification(CommandApdu verify) {
        byte[] apdu = verify.encode();
        ByteArrayOutputStream structure = new ByteArrayOutputStream();
        structure.write(0); // bTimeOut: the reader's own
        structure.write(0); // bTimeOut2
        structure.write(0x82); // bmFormatString: bytes, from the first one on, left-justified, ASCII
        structure.write(MOST); // bmPINBlockString: the block's size; no length is inserted
        structure.write(0); // bmPINLengthFormat
        structure.write(MOST); // wPINMaxExtraDigit, least significant byte first
        structure.write(LEAST);
        structure.write(0x02); // bEntryValidationCondition: the validation key
        structure.write(0x01); // bNumberMessage
        structure.write(0x09); // wLangId: English (US)
        structure.write(0x04);
        structure.write(0); // bMsgIndex
        structure.write(0); // bTeoPrologue
        structure.write(0);
        structure.write(0);
        structure.write(apdu.length); // ulDataLength
        structure.write(0);
        structure.write(0);
        structure.write(0);
        structure.writeBytes(apdu);
        return structure.toByteArray();
    }
}
