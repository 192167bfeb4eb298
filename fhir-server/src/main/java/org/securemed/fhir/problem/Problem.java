package org.securemed.fhir.problem;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;

/**
 * Why a request is not answered: a stable code (see {@code docs/errors.md}), the HTTP status, FHIR's issue type and a
 * sentence for the person who has to act.
 *
 * <p>The sentence is fixed text written by us. It never repeats what the requester sent, holds nothing about a patient,
 * and does not tell whether a hidden resource exists.
 *
 * @see <a href="https://hl7.org/fhir/R4/operationoutcome.html">OperationOutcome</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>
 */
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    /** Code system of {@link #code()} in an OperationOutcome. */
    public static final String SYSTEM = "https://securemed.org/fhir/CodeSystem/problem";

    private final String code;
    private final int status;
    private final IssueType issueType;
    private final String diagnostics;
    private final @Nullable Duration retryAfter;

    private Problem(String code, int status, IssueType issueType, String diagnostics, @Nullable Duration retryAfter) {
        // No stack trace: a problem is an expected outcome, made in bulk by hostile input.
        super(code + ": " + diagnostics, null, false, false);
        if (!CODE.matcher(code).matches()) {
            throw new IllegalArgumentException("not a problem code: " + code);
        }
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("not an error status: " + status);
        }
        this.code = code;
        this.status = status;
        this.issueType = issueType;
        this.diagnostics = diagnostics;
        this.retryAfter = retryAfter;
    }

    /** A problem with an explicit status and issue type. */
    public static Problem of(int status, String code, IssueType issueType, String diagnostics) {
        return new Problem(code, status, issueType, diagnostics, null);
    }

    /** 400, {@code invalid}: the request cannot be understood. */
    public static Problem badRequest(String code, String diagnostics) {
        return of(400, code, IssueType.INVALID, diagnostics);
    }

    /** 401, {@code login}: who is asking is not known. */
    public static Problem unauthorized(String code, String diagnostics) {
        return of(401, code, IssueType.LOGIN, diagnostics);
    }

    /** 403, {@code forbidden}: who is asking is known and may not. */
    public static Problem forbidden(String code, String diagnostics) {
        return of(403, code, IssueType.FORBIDDEN, diagnostics);
    }

    /** 404, {@code not-found}. */
    public static Problem notFound(String code, String diagnostics) {
        return of(404, code, IssueType.NOTFOUND, diagnostics);
    }

    /** 429, {@code throttled}: ask again after {@code retryAfter}. */
    public static Problem tooMany(String code, String diagnostics, Duration retryAfter) {
        return new Problem(code, 429, IssueType.THROTTLED, diagnostics, retryAfter);
    }

    /** 500, {@code exception}: our fault; what happened is in the log and not in the answer. */
    public static Problem internal() {
        return of(500, "internal", IssueType.EXCEPTION, "The server failed to answer. Nothing was disclosed.");
    }

    /** 503, {@code transient}: the request can be repeated after {@code retryAfter}. */
    public static Problem unavailable(String code, String diagnostics, Duration retryAfter) {
        return new Problem(code, 503, IssueType.TRANSIENT, diagnostics, retryAfter);
    }

    /** Stable, lower case with hyphens; listed in {@code docs/errors.md}. */
    public String code() {
        return code;
    }

    /** HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** FHIR R4 issue type. */
    public IssueType issueType() {
        return issueType;
    }

    /** What to do next, in one or two sentences. */
    public String diagnostics() {
        return diagnostics;
    }

    /** When to try again, if trying again can help. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** The same as an R4 OperationOutcome with one issue, for callers that answer through HAPI. */
    public OperationOutcome operationOutcome() {
        OperationOutcome outcome = new OperationOutcome();
        outcome.addIssue()
                .setSeverity(IssueSeverity.ERROR)
                .setCode(issueType)
                .setDetails(new CodeableConcept(new Coding(SYSTEM, code, null)))
                .setDiagnostics(diagnostics);
        return outcome;
    }
}
