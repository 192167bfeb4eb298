package org.securemed.card.healthcard;

import java.util.Locale;

/** A health card that is not accepted, and why. */
public final class HealthCardException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why a card is not accepted. */
    public enum Reason {
        /** Not a health card, or not one by its specification. */
        MALFORMED,
        /** Longer than is read, packed or unpacked. */
        TOO_LARGE,
        /** Signed with something else than ES256. */
        ALGORITHM,
        /** The issuer is not among those that are trusted. Nothing was asked of it. */
        ISSUER_UNTRUSTED,
        /** The issuer's keys or revocations are not known and cannot be had now. */
        ISSUER_UNAVAILABLE,
        /** The issuer has no such key. */
        KEY_UNKNOWN,
        /** The signature is not that of this content by this key. */
        SIGNATURE,
        /** Valid from later on. */
        NOT_YET_VALID,
        /** Valid until earlier. */
        EXPIRED,
        /** The issuer took it back. */
        REVOKED;

        /** Lower case with hyphens. */
        public String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Reason reason;

    HealthCardException(Reason reason) {
        super(reason.code());
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
