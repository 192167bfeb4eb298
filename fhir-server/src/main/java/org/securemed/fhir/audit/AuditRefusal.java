package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.problem.Problem;

/** Refusals of the audit's own interactions and operations, as exceptions that HAPI hands on from a provider. */
final class AuditRefusal {
    private AuditRefusal() {}

    /** 413: more than the ledger keeps in one piece. */
    static BaseServerResponseException tooLarge(String diagnostics) {
        return with(Problem.of(413, "too-large", IssueType.TOOLONG, diagnostics));
    }

    /** 400: the operation lacks something or doesn't understand it. */
    static BaseServerResponseException parameter(String diagnostics) {
        return with(Problem.badRequest("malformed-parameters", diagnostics));
    }

    /** 404: what was asked for by a number of ours is not there. */
    static BaseServerResponseException notFound(String diagnostics) {
        return with(Problem.notFound("not-found", diagnostics));
    }

    /** 503: not now. */
    static BaseServerResponseException busy(String diagnostics) {
        return with(Problem.of(503, "busy", IssueType.THROTTLED, diagnostics));
    }

    /** 500: it was begun and could not be finished. */
    static BaseServerResponseException failed(String diagnostics) {
        return with(Problem.of(500, "failed", IssueType.EXCEPTION, diagnostics));
    }

    /** 403: the role may not do this, whatever the data. */
    static BaseServerResponseException role() {
        return with(Problem.forbidden("role-not-allowed", "Your role does not permit this interaction."));
    }

    /** HAPI's own answer for an id that was never assigned. */
    static BaseServerResponseException notKnown(String reference) {
        return new ResourceNotFoundException("HAPI-2001: Resource " + reference + " is not known");
    }

    private static BaseServerResponseException with(Problem problem) {
        BaseServerResponseException exception =
                BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
