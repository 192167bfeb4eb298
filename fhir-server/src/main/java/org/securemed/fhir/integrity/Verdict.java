package org.securemed.fhir.integrity;

import java.util.List;

/**
 * What a comparison of a stored version with the ledger came to.
 *
 * @param reference {@code Type/id/_history/version}
 * @param state the outcome
 * @param indexes of the entries that commit to it
 */
record Verdict(String reference, State state, List<Long> indexes) {
    Verdict {
        indexes = List.copyOf(indexes);
    }

    /** Outcomes. The code is part of records and answers. */
    enum State {
        /** The stored bytes are those that were recorded. */
        INTACT("intact"),
        /** As {@link #INTACT}; the entry is on its way into the ledger. */
        PENDING("pending"),
        /** It was recorded otherwise. */
        ALTERED("altered"),
        /** No entry speaks of it as it is: it was put there past this server, or its time was changed. */
        UNRECORDED("unrecorded"),
        /** It was recorded and is not there. */
        MISSING("missing"),
        /** The patient's key is destroyed, and with it what could be compared. */
        ERASED("erased");

        private final String code;

        State(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }

        /** Whether the stored bytes are those that were recorded. */
        boolean isRecorded() {
            return this == INTACT || this == PENDING;
        }

        /** Whether it is an alarm. */
        boolean isFinding() {
            return this == ALTERED || this == UNRECORDED || this == MISSING;
        }
    }
}
