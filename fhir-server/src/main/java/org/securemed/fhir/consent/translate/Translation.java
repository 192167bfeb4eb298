package org.securemed.fhir.consent.translate;

import java.util.function.Function;
import org.securemed.ledger.consent.Transition;

/** What a FHIR Consent means to the contract. */
public sealed interface Translation {
    /** Handles all three. */
    <T> T fold(Function<Change, T> change, Function<NoChange, T> noChange, Function<Refused, T> refused);

    /**
     * The patient's consents are to change; the contract may still refuse it.
     *
     * @param transition the change
     */
    record Change(Transition transition) implements Translation {
        @Override
        public <T> T fold(Function<Change, T> change, Function<NoChange, T> noChange, Function<Refused, T> refused) {
            return change.apply(this);
        }
    }

    /** The Consent authorises nothing and never did: a draft, or a directive that is not about access to data. */
    record NoChange() implements Translation {
        @Override
        public <T> T fold(Function<Change, T> change, Function<NoChange, T> noChange, Function<Refused, T> refused) {
            return noChange.apply(this);
        }
    }

    /**
     * The Consent says something that this server can't enforce, or doesn't say enough.
     *
     * @param expression where, as a FHIRPath expression
     * @param reason why
     * @param text what is wrong and what would be right; names no data of the patient
     */
    record Refused(String expression, Reason reason, String text) implements Translation {
        @Override
        public <T> T fold(Function<Change, T> change, Function<NoChange, T> noChange, Function<Refused, T> refused) {
            return refused.apply(this);
        }
    }

    /** Why a Consent is refused. */
    enum Reason {
        /** An element that is needed is missing. */
        REQUIRED("consent-incomplete"),
        /** An element has a value that can't be. */
        INVALID("consent-invalid"),
        /** The element is legal in FHIR, but this server can't enforce it. */
        NOT_ENFORCEABLE("consent-not-enforceable"),
        /** The Consent says more than one entry of the ledger can hold. */
        TOO_LONG("consent-too-long"),
        /** The Consent is about another patient than the one it is stored for. */
        WRONG_PATIENT("consent-wrong-patient"),
        /** Who consents ({@code performer}) is not who makes the Consent. */
        WRONG_PERFORMER("consent-wrong-performer");

        private final String code;

        Reason(String code) {
            this.code = code;
        }

        /** A stable code for error bodies. */
        public String code() {
            return code;
        }
    }
}
