package org.securemed.card.qr;

import java.time.Year;
import java.util.function.Function;
import org.securemed.card.gs1.ElementString;
import org.securemed.card.gs1.ElementStringException;

/** What a scanned code is, by its form alone: nothing is believed yet. */
public sealed interface ScannedContent {
    /** How a check-in code begins. */
    String CHECK_IN = "securemed:checkin:";

    /** A GS1 element string: a product, or the number on a wristband. */
    record Gs1(ElementString elements) implements ScannedContent {}

    /** A SMART Health Card, or one part of one ({@code shc:/}). */
    record HealthCard(String text) implements ScannedContent {}

    /** A SMART Health Link, with or without a viewer before it. */
    record HealthLink(String text) implements ScannedContent {}

    /** A check-in code of ours. */
    record CheckIn(String text) implements ScannedContent {}

    /** Anything else, for instance a printed identifier. */
    record Other(String text) implements ScannedContent {}

    /** One function for each case. */
    default <T> T fold(
            Function<Gs1, T> gs1,
            Function<HealthCard, T> card,
            Function<HealthLink, T> link,
            Function<CheckIn, T> checkIn,
            Function<Other, T> other) {
        if (this instanceof Gs1 it) {
            return gs1.apply(it);
        }
        if (this instanceof HealthCard it) {
            return card.apply(it);
        }
        if (this instanceof HealthLink it) {
            return link.apply(it);
        }
        return this instanceof CheckIn it ? checkIn.apply(it) : other.apply((Other) this);
    }

    /**
     * Tells by the form.
     *
     * @param now the current year, which decides the century of GS1 dates
     */
    static ScannedContent of(ScannedCode code, Year now) {
        String text = code.text();
        if (text.startsWith("shc:/")) {
            return new HealthCard(text);
        }
        if (text.startsWith("shlink:/") || text.contains("#shlink:/")) {
            return new HealthLink(text);
        }
        if (text.startsWith(CHECK_IN)) {
            return new CheckIn(text);
        }
        try {
            // No word of the decoder is taken for it: ZXing names GS1 DataMatrix codes both ways.
            return new Gs1(ElementString.parse(text, now));
        } catch (ElementStringException e) {
            return new Other(text);
        }
    }
}
