package org.securemed.fhir.subscription;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.problem.Problem;

/** Refusals of Subscriptions, as exceptions that HAPI hands on from a provider. None depends on patients' data. */
final class SubscriptionRefusal {
    private SubscriptionRefusal() {}

    /** 422: this server does not send so. */
    static BaseServerResponseException unsupported(String diagnostics) {
        return with(Problem.of(422, "subscription-unsupported", IssueType.BUSINESSRULE, diagnostics));
    }

    /** 422: nothing of the token would be there once the token has ended. */
    static BaseServerResponseException grant() {
        return with(Problem.of(
                422,
                "subscription-grant",
                IssueType.BUSINESSRULE,
                "Subscribe as a machine client, or with an app that was granted offline_access."));
    }

    /** 422: the subscriber has as many as they may have. */
    static BaseServerResponseException tooMany() {
        return with(
                Problem.of(422, "subscription-unsupported", IssueType.BUSINESSRULE, "Delete a Subscription first."));
    }

    /** HAPI's own answer for an id that was never assigned. */
    static BaseServerResponseException notKnown(String id) {
        return new ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException(
                "HAPI-2001: Resource Subscription/" + id + " is not known");
    }

    private static BaseServerResponseException with(Problem problem) {
        BaseServerResponseException exception =
                BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
