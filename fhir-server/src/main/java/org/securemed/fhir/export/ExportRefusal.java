package org.securemed.fhir.export;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.time.Duration;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.problem.Problem;

/** Refusals of exports, as exceptions that HAPI hands on from a provider. None depends on stored data. */
final class ExportRefusal {
    private ExportRefusal() {}

    /** 400: the request lacks something or asks for something in a way that isn't understood. */
    static BaseServerResponseException parameter(String diagnostics) {
        return with(Problem.badRequest("malformed-parameters", diagnostics));
    }

    /** 400: a parameter of Bulk Data that this server does not know. */
    static BaseServerResponseException unsupported(String diagnostics) {
        return with(Problem.of(400, "export-parameter", IssueType.NOTSUPPORTED, diagnostics));
    }

    /** 403: no type at all may be exported with this token. */
    static BaseServerResponseException scope() {
        return with(Problem.forbidden("scope-not-allowed", "The token's scopes do not cover this interaction."));
    }

    /** 404: there is no such export of this requester, or not any more. */
    static BaseServerResponseException notFound() {
        return with(Problem.notFound("not-found", "There is no such export, or not any more. Begin another one."));
    }

    /** 425 is for HTTP's early data; an export that isn't ready has no files yet, so 404 would say it never will. */
    static BaseServerResponseException notReady() {
        return with(
                Problem.of(409, "export-not-ready", IssueType.CONFLICT, "The export is not ready. Ask its status."));
    }

    /** 429: the client has as many exports as it may have. */
    static BaseServerResponseException tooMany() {
        Duration wait = Duration.ofMinutes(1);
        BaseServerResponseException exception = with(Problem.tooMany(
                "too-many-exports", "Too many exports of this client are there. DELETE one that is not needed.", wait));
        exception.addResponseHeader("Retry-After", String.valueOf(wait.toSeconds()));
        return exception;
    }

    /** 500: it was begun and could not be finished. */
    static BaseServerResponseException failed() {
        return with(Problem.of(500, "failed", IssueType.EXCEPTION, "The export could not be prepared. Begin another."));
    }

    /** 503: a consent changes again and again while a file is made. */
    static BaseServerResponseException changing() {
        return with(Problem.unavailable(
                "consent-changed", "A consent changed while this was being answered. Ask again.", Duration.ZERO));
    }

    private static BaseServerResponseException with(Problem problem) {
        BaseServerResponseException exception =
                BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
