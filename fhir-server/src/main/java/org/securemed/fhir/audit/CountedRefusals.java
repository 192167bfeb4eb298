package org.securemed.fhir.audit;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.RefusalCount;

/** Counts what HAPI refuses, which no writer of problems sees. Thread-safe. */
public final class CountedRefusals {
    private static final int FIRST_REFUSAL = 400;

    private final RefusalCount count;

    /** @param count told of each */
    public CountedRefusals(RefusalCount count) {
        this.count = count;
    }

    /** After the refusal is on record; it changes nothing. */
    @Hook(value = Pointcut.SERVER_HANDLE_EXCEPTION, order = -100)
    public void refused(BaseServerResponseException exception) {
        if (exception.getStatusCode() >= FIRST_REFUSAL) {
            count.refused(exception.getStatusCode(), code(exception));
        }
    }

    private static String code(BaseServerResponseException exception) {
        return exception.getOperationOutcome() instanceof OperationOutcome outcome
                ? outcome.getIssue().stream()
                        .flatMap(issue -> issue.getDetails().getCoding().stream())
                        .filter(coding -> Problem.SYSTEM.equals(coding.getSystem()))
                        .map(coding -> String.valueOf(coding.getCode()))
                        .findFirst()
                        .orElse("fhir")
                : "fhir";
    }
}
