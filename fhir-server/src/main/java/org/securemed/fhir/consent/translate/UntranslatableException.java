package org.securemed.fhir.consent.translate;

import org.securemed.fhir.consent.translate.Translation.Reason;

/** Carries a refusal out of the depths of a Consent. */
final class UntranslatableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String expression;
    private final Reason reason;

    private UntranslatableException(String expression, Reason reason, String text) {
        super(text, null, false, false);
        this.expression = expression;
        this.reason = reason;
    }

    static UntranslatableException required(String expression, String text) {
        return new UntranslatableException(expression, Reason.REQUIRED, text);
    }

    static UntranslatableException invalid(String expression, String text) {
        return new UntranslatableException(expression, Reason.INVALID, text);
    }

    static UntranslatableException notEnforceable(String expression, String text) {
        return new UntranslatableException(expression, Reason.NOT_ENFORCEABLE, text);
    }

    static UntranslatableException tooLong(String expression, String text) {
        return new UntranslatableException(expression, Reason.TOO_LONG, text);
    }

    static UntranslatableException wrongPatient(String expression, String text) {
        return new UntranslatableException(expression, Reason.WRONG_PATIENT, text);
    }

    static UntranslatableException wrongPerformer(String expression, String text) {
        return new UntranslatableException(expression, Reason.WRONG_PERFORMER, text);
    }

    Translation.Refused refused() {
        return new Translation.Refused(expression, reason, String.valueOf(getMessage()));
    }
}
