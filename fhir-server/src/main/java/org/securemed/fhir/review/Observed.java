package org.securemed.fhir.review;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the rules see of one recorded interaction of a person.
 *
 * @param event id of its AuditEvent
 * @param at when
 * @param user relative reference of the person
 * @param role the person's role, a code
 * @param patient relative reference; null if it was about no patient
 * @param kind what it was
 * @param address network address
 */
record Observed(
        String event,
        Instant at,
        String user,
        @Nullable String role,
        @Nullable String patient,
        Kind kind,
        @Nullable String address) {

    /** What it was, as far as the rules care. */
    enum Kind {
        /** Something of a patient was shown. */
        OPENED,
        /** Something of a patient was asked for, and no consent permitted it. */
        DENIED,
        /** Patients were searched for. */
        SEARCHED,
        /** A card was used. */
        CARD,
        /** A card was used that is blocked: lost, suspended or replaced. */
        BLOCKED_CARD,
        /** A card is used more often than hands can. */
        CARD_TOO_OFTEN,
        OTHER
    }
}
