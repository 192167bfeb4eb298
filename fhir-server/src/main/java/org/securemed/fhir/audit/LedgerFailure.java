package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.io.Serial;
import java.time.Duration;
import org.securemed.fhir.problem.Problem;

/** The answer can't be recorded, or was overtaken by a change of consent, and so does not leave. */
final class LedgerFailure extends BaseServerResponseException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    private LedgerFailure(Problem problem, Throwable cause) {
        super(problem.status(), problem.diagnostics(), cause);
        this.problem = problem;
    }

    private static final String OVERTAKEN = "consent-changed";

    /** Nothing can be recorded now. */
    static LedgerFailure unavailable(Throwable cause) {
        return new LedgerFailure(
                Problem.unavailable(
                        "ledger-unavailable",
                        "The access could not be recorded, so nothing is disclosed. Try again later.",
                        Duration.ofSeconds(5)),
                cause);
    }

    /** Too much is waiting to be recorded. */
    static LedgerFailure busy(Duration retryAfter) {
        return new LedgerFailure(
                Problem.unavailable("ledger-busy", "Too many requests are being recorded. Try again.", retryAfter),
                new IllegalStateException("pushback"));
    }

    /** A consent changed between the decision and its record. */
    static LedgerFailure overtaken() {
        return new LedgerFailure(
                Problem.unavailable(
                        OVERTAKEN, "A consent changed while this was being answered. Ask again.", Duration.ZERO),
                new IllegalStateException("stale"));
    }

    /** Whether a consent has changed, so that asking again can be answered at once. */
    boolean isOvertaken() {
        return problem.code().equals(OVERTAKEN);
    }

    Problem problem() {
        return problem;
    }
}
