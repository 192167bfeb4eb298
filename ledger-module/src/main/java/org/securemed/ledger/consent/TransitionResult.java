package org.securemed.ledger.consent;

import java.util.List;
import java.util.function.Function;

/** What became of a transition. */
public sealed interface TransitionResult {
    /** Handles both outcomes. */
    <T> T fold(Function<Applied, T> applied, Function<Refused, T> refused);

    /**
     * The patient's consents have changed.
     *
     * @param state the new state
     * @param superseded ids of Consents that a new one for the same grantee and scope has replaced; they are inactive
     *     now
     */
    record Applied(ConsentState state, List<String> superseded) implements TransitionResult {
        public Applied {
            superseded = List.copyOf(superseded);
        }

        @Override
        public <T> T fold(Function<Applied, T> applied, Function<Refused, T> refused) {
            return applied.apply(this);
        }
    }

    /**
     * Nothing has changed.
     *
     * @param refusal why
     * @param text why, for the author; holds nothing about the patient
     */
    record Refused(Refusal refusal, String text) implements TransitionResult {
        @Override
        public <T> T fold(Function<Applied, T> applied, Function<Refused, T> refused) {
            return refused.apply(this);
        }
    }

    /** Why a transition is refused. */
    enum Refusal {
        /** The transition is about another patient. */
        WRONG_SUBJECT,
        /** The author may not make this transition in the capacity named. */
        NOT_ALLOWED,
        /** The evidence is missing, of the wrong kind, or its signature does not verify. */
        EVIDENCE,
        /** The version is not the next one: the transition is replayed, or came late. */
        STALE,
        /** The Consent, representative or key is not known. */
        UNKNOWN,
        /** The Consent is active already, or is not active any more. */
        WRONG_STATUS,
        /** A time in the transition is impossible. */
        TIME,
        /** A limit on the size of one patient's state is reached. */
        LIMIT
    }
}
