package org.securemed.card.healthlink;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** What comes of asking for a link. */
sealed interface Opening {
    /** It is open, and this use of it is counted. */
    record Opened(UUID link, String patient, Instant created, List<SharedFile> files) implements Opening {}

    /**
     * The passcode is missing or wrong.
     *
     * @param attemptsLeft for the whole life of the link
     */
    record WrongPasscode(int attemptsLeft) implements Opening {}

    /** It is asked for too often. */
    record TooOften() implements Opening {}

    /** There is no such link, or it ended: which of these is not told. */
    record Gone() implements Opening {}

    /** One function for each case. */
    default <T> T fold(
            Function<Opened, T> opened, IntFunction<T> wrongPasscode, Supplier<T> tooOften, Supplier<T> gone) {
        if (this instanceof Opened it) {
            return opened.apply(it);
        }
        if (this instanceof WrongPasscode it) {
            return wrongPasscode.apply(it.attemptsLeft());
        }
        return this instanceof TooOften ? tooOften.get() : gone.get();
    }
}
