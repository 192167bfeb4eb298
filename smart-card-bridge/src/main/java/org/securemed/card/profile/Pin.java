package org.securemed.card.profile;

import java.util.Arrays;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.StatusWord;

/**
 * A PIN on its way to a card. Never stored, never tried a second time, wiped as soon as it was sent. Not thread-safe.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1, 2.4.3</a>
 */
public final class Pin implements AutoCloseable {
    private static final int SIZE = 8;
    private static final int LEAST = 6;
    private static final int VERIFY = 0x20;

    private final byte[] padded = new byte[SIZE];
    private final boolean onPinpad;
    private boolean wiped;

    private Pin(char[] digits, boolean onPinpad) {
        this.onPinpad = onPinpad;
        Arrays.fill(padded, (byte) 0xFF);
        for (int i = 0; i < digits.length; i++) {
            padded[i] = (byte) digits[i];
        }
    }

    /**
     * Takes the digits and wipes the array.
     *
     * @throws CardRefusedException {@link RefusalReason#PIN_MALFORMED} if these are not six to eight digits
     */
    public static Pin of(char[] digits) throws CardRefusedException {
        try {
            boolean good = digits.length >= LEAST && digits.length <= SIZE;
            for (char digit : digits) {
                good &= digit >= '0' && digit <= '9';
            }
            if (!good) {
                throw new CardRefusedException(RefusalReason.PIN_MALFORMED);
            }
            return new Pin(digits, false);
        } finally {
            Arrays.fill(digits, '\0');
        }
    }

    /** A PIN that is typed on the reader's own keys, when the card wants it. */
    public static Pin onPinpad() {
        return new Pin(new char[0], true);
    }

    /**
     * Shows it to a card, once.
     *
     * @param card attempts at whose PIN are left
     * @param p2 which PIN of the card it is
     * @throws CardRefusedException {@link RefusalReason#PIN_NOT_TYPED} if it was to be typed on the reader and was not
     */
    public StatusWord verify(CardConnection card, int p2) throws CardLostException, CardRefusedException {
        CommandApdu command = new CommandApdu(0x00, VERIFY, 0x00, p2, padded(), 0);
        if (!onPinpad) {
            return card.transmit(command).status();
        }
        StatusWord status = card.verifyOnPinpad(command)
                .orElseThrow(() -> new CardRefusedException(RefusalReason.PIN_NOT_TYPED))
                .status();
        // 6400: nobody typed; 6401: cancelled; 6402, 6403: not six to eight digits (PC/SC part 10, 2.5.2).
        if (status.sw1() == 0x64) {
            throw new CardRefusedException(RefusalReason.PIN_NOT_TYPED);
        }
        return status;
    }

    private Bytes padded() {
        if (wiped) {
            throw new IllegalStateException("a PIN is used once");
        }
        return Bytes.copyOf(padded);
    }

    @Override
    public void close() {
        Arrays.fill(padded, (byte) 0);
        wiped = true;
    }

    /** Nothing of it. */
    @Override
    public String toString() {
        return "Pin";
    }
}
