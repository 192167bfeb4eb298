package org.securemed.card.share;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to what a patient handed out.
 *
 * @param patient logical id of the patient whose data it is; null if nobody knows
 * @param recipient who says they received it, as they named themselves; null if nobody did
 * @param reader who received it, as an access token says: a relative reference, or a client; null if nobody showed one
 * @param object what it is about: {@code urn:uuid:} of a link, or another name that says nothing about anybody
 * @param failure why it was refused, a code; null if it was not
 */
public record ShareEvent(
        Kind kind,
        @Nullable String patient,
        @Nullable String recipient,
        @Nullable String reader,
        String object,
        @Nullable String failure,
        Instant at) {
    /** Something that a patient did, or that somebody received who named themselves. */
    public ShareEvent(Kind kind, String patient, @Nullable String recipient, String object, Instant at) {
        this(kind, patient, recipient, null, object, null, at);
    }

    /** What happened. */
    public enum Kind {
        /** A health card was made. */
        CARD_ISSUED,
        /** A health card was taken back. */
        CARD_REVOKED,
        /** A link was made. */
        LINK_CREATED,
        /** Somebody received what a link leads to. */
        LINK_OPENED,
        /** A link was ended by the patient. */
        LINK_REVOKED,
        /** A check-in code was shown to a reader, who learned whose it is or was refused. */
        CHECK_IN;

        /** Lower case with hyphens. */
        public String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether data leave by it. */
        boolean discloses() {
            return this == CARD_ISSUED || this == LINK_OPENED;
        }
    }

    /** Without names. */
    @Override
    public String toString() {
        return "ShareEvent[" + kind + "]";
    }
}
