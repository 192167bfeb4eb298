package org.securemed.card.profile;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a card may take for an answer that it has ready. A card that is far away, with somebody's relay between it
 * and this reader, takes longer: by what the relay's network needs. The bound is as good as it is tight, so it has to
 * be measured for the readers and cards that are in use; the shortest of several answers counts, since a card or a
 * driver may be slow once.
 *
 * @param most more is too far; null: as long as it likes
 * @param nanos a clock that only goes forward, in nanoseconds
 */
public record RoundTrip(@Nullable Duration most, LongSupplier nanos) {
    private static final int MOST_MILLIS = 10_000;

    /** No bound. */
    public static final RoundTrip ANY = new RoundTrip(null, System::nanoTime);

    /** A bound, by the machine's clock. */
    public static RoundTrip within(Duration most) {
        return new RoundTrip(most, System::nanoTime);
    }

    /** A bound from an option: whole milliseconds, 1 to 10000. */
    public static Optional<Duration> parse(String text) {
        try {
            int millis = Integer.parseInt(text);
            return millis >= 1 && millis <= MOST_MILLIS ? Optional.of(Duration.ofMillis(millis)) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the shortest of some answers took too long; in nanoseconds. */
    boolean isTooLong(long shortest) {
        return most != null && shortest > most.toNanos();
    }
}
