package org.securemed.card.registry;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where a card is in its life. Only an active one is good for anything. */
public enum Status {
    /** Enrolled, not yet in its owner's hand. */
    ISSUED,
    /** In use. */
    ACTIVE,
    /** Stopped for now. */
    SUSPENDED,
    /** Stopped for good: nobody knows in whose hand it is. */
    LOST,
    /** Another card took its place. */
    REPLACED,
    /** Its time is over. */
    EXPIRED;

    private static final Map<Status, Set<Status>> NEXT = Map.of(
            ISSUED, EnumSet.of(ACTIVE, LOST, REPLACED, EXPIRED),
            ACTIVE, EnumSet.of(SUSPENDED, LOST, REPLACED, EXPIRED),
            SUSPENDED, EnumSet.of(ACTIVE, LOST, REPLACED, EXPIRED));

    /** Whether a card of this status may take the other. */
    public boolean mayBecome(Status next) {
        return NEXT.getOrDefault(this, Set.of()).contains(next);
    }

    /** Lower case, as stored and said. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The status of this code, if there is one. */
    public static Optional<Status> of(String code) {
        return Arrays.stream(values())
                .filter(status -> status.code().equals(code))
                .findFirst();
    }
}
