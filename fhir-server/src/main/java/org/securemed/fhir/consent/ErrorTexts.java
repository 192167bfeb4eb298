package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.InternalErrorException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.instance.model.api.IBaseOperationOutcome;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last word on error texts: an internal error says nothing of its cause, and a resource that was found but may not
 * be shown is not known.
 */
@Interceptor
public final class ErrorTexts {
    private static final Logger log = LoggerFactory.getLogger(ErrorTexts.class);

    /** Names of Java classes, with which HAPI ends some of its messages. */
    private static final Pattern INSIDE =
            Pattern.compile("[\\s:`'\"\\[(]*(\\b([a-z]\\w*\\.){2,}[A-Z]\\w*|\\b\\w+Exception\\b)");

    /** How HAPI says that what it found was taken from it, or that there is no such version. */
    private static final Set<String> HIDDEN = Set.of("HAPI-1995", "HAPI-0436", "HAPI-0979");

    private static final String CONFLICT = "Somebody else has written this meanwhile. Read it and try again.";

    /** The entries of a batch fail by themselves, without passing {@link #rewrite}. */
    @Hook(Pointcut.SERVER_OUTGOING_RESPONSE)
    public void rewriteEntries(IBaseResource answer) {
        if (answer instanceof Bundle bundle && bundle.getType() == Bundle.BundleType.BATCHRESPONSE) {
            for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
                if (entry.getResponse().getOutcome() instanceof OperationOutcome outcome) {
                    rewrite(outcome, String.valueOf(entry.getResponse().getStatus()));
                }
            }
        }
    }

    private static void rewrite(OperationOutcome outcome, String status) {
        for (OperationOutcome.OperationOutcomeIssueComponent issue : outcome.getIssue()) {
            if (status.startsWith("5")) {
                issue.setDiagnostics("The server failed to answer.");
            } else if (isSql(issue.getDiagnostics())) {
                issue.setDiagnostics(CONFLICT);
            }
        }
    }

    /** Whether HAPI (HAPI-0550) has put a statement of the database into the text. */
    private static boolean isSql(@Nullable String text) {
        return text != null && (text.contains("could not execute") || text.contains("HAPI-0550"));
    }

    /** Null leaves the exception as it is. */
    @Hook(Pointcut.SERVER_PRE_PROCESS_OUTGOING_EXCEPTION)
    public @Nullable BaseServerResponseException rewrite(RequestDetails request, Throwable thrown) {
        if (thrown instanceof DataFormatException malformed) {
            return new InvalidRequestException(withoutInside(malformed.getMessage()));
        }
        if (thrown instanceof Problem problem) {
            BaseServerResponseException exception =
                    BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
            exception.setOperationOutcome(problem.operationOutcome());
            return exception;
        }
        if (thrown instanceof ResourceNotFoundException notFound
                && HIDDEN.stream().anyMatch(String.valueOf(notFound.getMessage())::startsWith)
                && request != null
                && request.getId() != null) {
            return Refusal.notKnown(request.getResourceName(), request.getId().getIdPart());
        }
        if (thrown instanceof BaseServerResponseException known && isSql(known.getMessage())) {
            return new ResourceVersionConflictException(CONFLICT);
        }
        if (thrown instanceof BaseServerResponseException known && known.getStatusCode() < 500) {
            String message = String.valueOf(known.getMessage());
            return known.getOperationOutcome() != null
                            || !INSIDE.matcher(message).find()
                    ? null
                    : BaseServerResponseException.newInstance(known.getStatusCode(), withoutInside(message));
        }
        if (thrown instanceof BaseServerResponseException known
                && (known.getStatusCode() != 500 || isOurs(known.getOperationOutcome()))) {
            return null;
        }
        String reference = UUID.randomUUID().toString();
        log.atError()
                .addKeyValue("reference", reference)
                .addKeyValue("cause", trace(thrown))
                .log("a request failed");
        InternalErrorException internal = new InternalErrorException("The server failed to answer.");
        internal.setOperationOutcome(Problem.internal().operationOutcome());
        return internal;
    }

    /** Whether an outcome is a {@link Problem}, whose text was written by us. */
    static boolean isOurs(@Nullable IBaseOperationOutcome outcome) {
        return outcome instanceof OperationOutcome own
                && own.getIssueFirstRep().getDetails().getCoding().stream()
                        .anyMatch(code -> Problem.SYSTEM.equals(code.getSystem()));
    }

    private static String withoutInside(@Nullable String message) {
        String text = String.valueOf(message);
        Matcher inside = INSIDE.matcher(text);
        return inside.find() ? text.substring(0, inside.start()) : text;
    }

    /** Where it failed, by classes and lines only: messages of the database and of HAPI repeat what was asked. */
    private static String trace(Throwable thrown) {
        StringBuilder trace = new StringBuilder();
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < 8; depth++) {
            trace.append(depth == 0 ? "" : " caused by ")
                    .append(cause.getClass().getName());
            for (int i = 0; i < Math.min(6, cause.getStackTrace().length); i++) {
                trace.append(" at ").append(cause.getStackTrace()[i]);
            }
            cause = cause.getCause();
        }
        return trace.toString();
    }
}
