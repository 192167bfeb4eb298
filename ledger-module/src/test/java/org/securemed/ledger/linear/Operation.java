package org.securemed.ledger.linear;

import java.util.Optional;
import java.util.function.Function;

/**
 * One call of a recorded history.
 *
 * @param name for messages
 * @param start when it was called, in nanoseconds of one clock
 * @param end when it answered; {@code Long.MAX_VALUE} when it never did: then it may have happened or not
 * @param effect the state after it, or empty if what it answered cannot be answered in that state
 */
public record Operation<S>(String name, long start, long end, Function<S, Optional<S>> effect) {
    @Override
    public String toString() {
        return name + "[" + start + ", " + end + "]";
    }
}
