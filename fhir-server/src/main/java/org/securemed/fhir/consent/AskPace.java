package org.securemed.fhir.consent;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How many patients one person may ask in an hour to be let in, on this instance; whether the patients are there does
 * not matter, so that nothing can be learned from it. Thread-safe.
 */
final class AskPace {
    static final Duration WINDOW = Duration.ofHours(1);
    private static final int MOST_PEOPLE = 10_000;

    private record Count(Instant from, int requests) {}

    private final int most;
    // Guarded by this.
    private final Map<String, Count> counts = new HashMap<>();

    /** @param most in an hour */
    AskPace(int most) {
        this.most = most;
    }

    /** Whether this person may ask once more now. */
    synchronized boolean mayAsk(String person, Instant now) {
        if (counts.size() >= MOST_PEOPLE) {
            counts.values().removeIf(count -> isOver(count, now));
        }
        Count count = counts.get(person);
        Count next = count == null || isOver(count, now)
                ? new Count(now, 1)
                : new Count(count.from(), Math.min(count.requests() + 1, most + 1));
        counts.put(person, next);
        return next.requests() <= most;
    }

    private static boolean isOver(Count count, Instant now) {
        return !now.isBefore(count.from().plus(WINDOW));
    }
}
