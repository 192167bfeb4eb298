package org.securemed.card.qr;

import java.util.function.Function;
import java.util.function.Supplier;

/** What was seen in a picture. */
public sealed interface Scan {
    /** One code. */
    record Found(ScannedCode code) implements Scan {}

    /** Codes that say different things: none is chosen, since the wrong one may be another patient's. */
    record Ambiguous() implements Scan {}

    /** No code that could be read, within the time that a picture gets. */
    record Nothing() implements Scan {}

    /** One function for each case. */
    default <T> T fold(Function<ScannedCode, T> found, Supplier<T> ambiguous, Supplier<T> nothing) {
        if (this instanceof Found one) {
            return found.apply(one.code());
        }
        return this instanceof Ambiguous ? ambiguous.get() : nothing.get();
    }
}
