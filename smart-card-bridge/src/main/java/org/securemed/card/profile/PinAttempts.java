package org.securemed.card.profile;

import java.util.OptionalInt;
import org.securemed.card.apdu.StatusWord;

/**
 * How many attempts at a PIN are left, and what follows from it. The last one is left to the card desk: whoever wants
 * to block cards by wrong PINs must not be able to.
 */
public final class PinAttempts {
    private PinAttempts() {}

    /**
     * Whether the PIN may be sent, by the answer to VERIFY without data.
     *
     * @throws CardRefusedException if it is blocked, has one attempt left, or the card does not say
     */
    public static void require(StatusWord asked) throws CardRefusedException {
        // 9000: the PIN was shown before in this session; there is no counter to look at and none that can fall.
        OptionalInt left = asked.attemptsLeft();
        if (asked.isSuccess()) {
            return;
        }
        if (left.isEmpty()) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
        if (left.getAsInt() == 0) {
            throw new CardRefusedException(RefusalReason.PIN_BLOCKED);
        }
        if (left.getAsInt() == 1) {
            throw new CardRefusedException(RefusalReason.PIN_LAST_ATTEMPT);
        }
    }

    /** What a failed VERIFY means. */
    public static RefusalReason reason(StatusWord failed) {
        OptionalInt left = failed.attemptsLeft();
        if (left.isEmpty() && failed.sw1() != 0x63) {
            return RefusalReason.CARD_MALFORMED;
        }
        return left.isPresent() && left.getAsInt() == 0 ? RefusalReason.PIN_BLOCKED : RefusalReason.PIN_WRONG;
    }
}
