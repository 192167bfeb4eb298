package org.securemed.ledger.consent;

import java.time.Instant;

/**
 * A span of time. A FHIR {@code Period} of dates is turned into instants by whoever knows the time zone; its inclusive
 * end becomes the exclusive {@code until}.
 *
 * @param start first instant, inclusive; {@link Instant#MIN} for a period without start
 * @param until first instant after the period, exclusive; {@link Instant#MAX} for a period without end
 */
public record Period(Instant start, Instant until) {
    /** The period that holds every instant. */
    public static final Period ALWAYS = new Period(Instant.MIN, Instant.MAX);

    public Period {
        start = Texts.instant(start);
        until = Texts.instant(until);
        if (start.isAfter(until)) {
            throw new IllegalArgumentException("a period ends before it starts");
        }
    }

    /** From {@code start} (inclusive) without end. */
    public static Period from(Instant start) {
        return new Period(start, Instant.MAX);
    }

    /** Without start, up to {@code until} (exclusive). */
    public static Period until(Instant until) {
        return new Period(Instant.MIN, until);
    }

    /** One instant, to the millisecond. */
    public static Period at(Instant instant) {
        Instant start = Texts.instant(instant);
        return new Period(start, start.plusMillis(1));
    }

    /** Whether this period holds every instant. */
    boolean isAlways() {
        return start.equals(Instant.MIN) && until.equals(Instant.MAX);
    }

    /** Whether {@code instant} lies in this period. */
    public boolean contains(Instant instant) {
        return !instant.isBefore(start) && instant.isBefore(until);
    }

    /** Whether all of {@code other} lies in this period. */
    public boolean encloses(Period other) {
        return !other.start.isBefore(start) && !other.until.isAfter(until);
    }

    /** Whether some instant lies in both periods. */
    public boolean overlaps(Period other) {
        return start.isBefore(other.until) && other.start.isBefore(until);
    }
}
