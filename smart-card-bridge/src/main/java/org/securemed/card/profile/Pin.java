package org.securemed.card.profile;

import java.util.Arrays;
import org.securemed.card.apdu.Bytes;

/**
 * A PIN on its way to a card. Never stored, never tried a second time, wiped as soon as it was sent. Not thread-safe.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1, 2.4.3</a>
 */
public final class Pin implements AutoCloseable {
    private static final int SIZE = 8;
    private static final int LEAST = 6;

    private final byte[] padded = new byte[SIZE];
    private boolean wiped;

    private Pin(char[] digits) {
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
            return new Pin(digits);
        } finally {
            Arrays.fill(digits, '\0');
        }
    }

    /**
     * The eight bytes that are sent, padded with FF.
     *
     * @throws IllegalStateException if it was wiped
     */
    public Bytes padded() {
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
