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
    record Used() implements CheckIn {}

    /** It is too old: perhaps a photograph. */
    record Expired() implements CheckIn {}

    /** It was made for another organization. */
    record OtherAudience() implements CheckIn {}

    /** One function for each case. */
    default <T> T fold(
            Function<Accepted, T> accepted,
            Supplier<T> unknown,
            Supplier<T> used,
            Supplier<T> expired,
            Supplier<T> otherAudience) {
        if (this instanceof Accepted it) {
            return accepted.apply(it);
        }
        if (this instanceof Unknown) {
            return unknown.get();
        }
        if (this instanceof Used) {
            return used.get();
        }
        return this instanceof Expired ? expired.get() : otherAudience.get();
    }
}
