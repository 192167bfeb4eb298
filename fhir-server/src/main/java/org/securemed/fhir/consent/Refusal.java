package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.server.exceptions.AuthenticationException;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.UnclassifiedServerFailureException;
import ca.uhn.fhir.rest.server.exceptions.UnprocessableEntityException;
import java.time.Duration;
import java.util.List;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.securemed.fhir.consent.translate.PcfProfile;
import org.securemed.fhir.problem.Outcomes;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.StepUp;

/**
 * The gate's refusals as HAPI exceptions. Those about data that a requester may not see are, to the letter, what HAPI
 * answers when the data is not there.
 */
final class Refusal {
    private Refusal() {}

    /** HAPI's own answer for an id that was never assigned (HAPI-2001). */
    static BaseServerResponseException notKnown(String type, String id) {
        return new ResourceNotFoundException("HAPI-2001: Resource " + type + "/" + id + " is not known");
    }

    /** A reference to what isn't there, or might as well not be (as HAPI-1094, without the path). */
    static BaseServerResponseException unknownReference(String reference) {
        return new InvalidRequestException("HAPI-1094: Resource " + reference + " not found");
    }

    /** The requester's role may not do this, whatever the data. */
    static BaseServerResponseException role() {
        return with(
                new ForbiddenOperationException("role"),
                Problem.forbidden("role-not-allowed", "Your role does not permit this interaction."));
    }

    /** The person must log in again, more strongly; RFC 9470, section 3. */
    static BaseServerResponseException stepUp(StepUp stepUp) {
        BaseServerResponseException exception = new AuthenticationException("step-up");
        exception.addResponseHeader("WWW-Authenticate", stepUp.challenge());
        return with(exception, StepUp.problem());
    }

    /** The token's scopes do not cover this, whatever the data. */
    static BaseServerResponseException scope() {
        return with(
                new ForbiddenOperationException("scope"),
                Problem.forbidden("scope-not-allowed", "The token's scopes do not cover this interaction."));
    }

    /** A search or operation that can't be answered without telling of data that the requester may not see. */
    static BaseServerResponseException notOffered(String whatToDoInstead) {
        return with(new ForbiddenOperationException("not-offered"), Problem.forbidden("not-offered", whatToDoInstead));
    }

    /** A token of another server that speaks of one patient does not reach so far, whatever the data. */
    static BaseServerResponseException ofOnePatient() {
        return notOffered("This token speaks of one patient; ask with one that does not.");
    }

    /** What the token does not allow, whatever the data. */
    static BaseServerResponseException forbidden(String code, String whatToDoInstead) {
        return with(new ForbiddenOperationException(code), Problem.forbidden(code, whatToDoInstead));
    }

    /** A reference by search, which would be resolved among data that the requester may not see. */
    static BaseServerResponseException matchUrl() {
        return notOffered("Search for the resource first, then refer to it by its id.");
    }

    /** A resource that the rules of this server do not admit. */
    static BaseServerResponseException unprocessable(String code, String diagnostics) {
        return with(
                new UnprocessableEntityException(code),
                Problem.of(422, code, OperationOutcome.IssueType.BUSINESSRULE, diagnostics));
    }

    /** A Consent that is not what it claims to be, with an issue for each element. */
    static BaseServerResponseException deviating(List<PcfProfile.Deviation> deviations) {
        BaseServerResponseException exception = new UnprocessableEntityException("consent-profile");
        exception.setOperationOutcome(Outcomes.of(deviations.stream()
                .map(deviation -> new Outcomes.Located(
                        deviation.expression(),
                        Problem.of(422, "consent-profile", OperationOutcome.IssueType.INVALID, deviation.text())))
                .toList()));
        return exception;
    }

    /** Too many of these from one person. */
    static BaseServerResponseException tooMany(String code, String diagnostics, Duration retryAfter) {
        BaseServerResponseException exception = new UnclassifiedServerFailureException(429, code);
        exception.addResponseHeader("Retry-After", Long.toString(retryAfter.toSeconds()));
        return with(exception, Problem.tooMany(code, diagnostics, retryAfter));
    }

    private static BaseServerResponseException with(BaseServerResponseException exception, Problem problem) {
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
