package org.securemed.fhir.smart;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** How long an app may go on. */
enum GrantDuration {
    /** As long as the one access token; the app cannot come back. */
    ONCE("Only now: for about an hour, and it cannot come back without you", Duration.ofDays(1)),
    DAY("For a day", Duration.ofDays(1)),
    WEEK("For a week", Duration.ofDays(7)),
    MONTH("For a month", Duration.ofDays(30)),
    YEAR("For a year", Duration.ofDays(365));

    private final String label;
    private final Duration length;

    GrantDuration(String label, Duration length) {
        this.label = label;
        this.length = length;
    }

    String label() {
        return label;
    }

    Duration length() {
        return length;
    }

    static Optional<GrantDuration> of(String name) {
        return Arrays.stream(values()).filter(one -> one.name().equals(name)).findFirst();
    }
}
