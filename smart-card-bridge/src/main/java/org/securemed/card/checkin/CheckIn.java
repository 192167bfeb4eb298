package org.securemed.card.checkin;

import java.util.function.Function;
import java.util.function.Supplier;

/** What comes of reading a check-in code. */
sealed interface CheckIn {
    /** It was genuine, fresh and not yet used, and now it is used. */
    record Accepted(String patient) implements CheckIn {}

    /** It is none of ours. */
    record Unknown() implements CheckIn {}

    /** It was read before: this is a copy, or that was. */
    record Used(String patient) implements CheckIn {}

    /** It is too old: perhaps a photograph. */
    record Expired(String patient) implements CheckIn {}

    /** It was made for another organization. */
    record OtherAudience(String patient) implements CheckIn {}

    /** One function for each case. */
    default <T> T fold(
            Function<Accepted, T> accepted,
            Supplier<T> unknown,
            Function<Used, T> used,
            Function<Expired, T> expired,
            Function<OtherAudience, T> otherAudience) {
        if (this instanceof Accepted it) {
            return accepted.apply(it);
        }
        if (this instanceof Used it) {
            return used.apply(it);
        }
        if (this instanceof Expired it) {
            return expired.apply(it);
        }
        return this instanceof OtherAudience it ? otherAudience.apply(it) : unknown.get();
    }
}
