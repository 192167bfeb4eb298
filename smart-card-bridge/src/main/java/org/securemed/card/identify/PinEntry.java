package org.securemed.card.identify;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.RefusalReason;

/**
 * A PIN that was typed, or none. Never from the command line, where every user of the machine could read it.
 *
 * @param pin null: none was asked for
 */
record PinEntry(@Nullable Pin pin) implements AutoCloseable {
    private static final int LONGEST = 64;

    /** The key that needs no PIN is used. */
    static PinEntry none() {
        return new PinEntry(null);
    }

    /** The reader asks. */
    static PinEntry onPinpad() {
        return new PinEntry(Pin.onPinpad());
    }

    /** Asks at the terminal; without one, reads a line of standard input. */
    static PinEntry ask() throws CardRefusedException {
        Console console = System.console();
        char[] digits = console == null ? line(System.in) : console.readPassword("PIN: ");
        return new PinEntry(Pin.of(digits == null ? new char[0] : digits));
    }

    private static char[] line(InputStream in) throws CardRefusedException {
        char[] typed = new char[LONGEST];
        int length = 0;
        try {
            for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
                if (length == LONGEST) {
                    throw new CardRefusedException(RefusalReason.PIN_MALFORMED);
                }
                if (next != '\r') {
                    typed[length++] = (char) next;
                }
            }
            return Arrays.copyOf(typed, length);
        } catch (IOException e) {
            throw new CardRefusedException(RefusalReason.PIN_MALFORMED);
        } finally {
            Arrays.fill(typed, '\0');
        }
    }

    @Override
    public void close() {
        if (pin != null) {
            pin.close();
        }
    }
}
