package org.securemed.fhir.problem;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.springframework.boot.web.servlet.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/**
 * The container's error page: whatever fell through every other handler leaves as a {@link Problem}, with the status
 * that was set and nothing of the exception.
 */
@Controller
public final class ProblemErrorController implements ErrorController {
    private final ProblemWriter writer;

    public ProblemErrorController(ProblemWriter writer) {
        this.writer = writer;
    }

    /** Answers for the status in the error dispatch; asked for directly it is a page that does not exist. */
    @RequestMapping("${server.error.path:/error}")
    void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer set ? set : 404;
        Throwable cause = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Throwable t ? t : null;
        while (cause != null) {
            if (cause instanceof Problem problem) {
                writer.write(request, response, problem);
                return;
            }
            cause = cause.getCause();
        }
        writer.write(request, response, forStatus(status));
    }

    /** What is said of a status that was set without a reason. */
    public static Problem forStatus(int status) {
        if (status == 401) {
            return Problem.unauthorized("token-missing", "Log in, or send an access token.");
        }
        if (status == 403) {
            return Problem.forbidden("forbidden", "This is not allowed for you.");
        }
        if (status == 404) {
            return Problem.notFound("not-found", "There is nothing at this address.");
        }
        if (status == 405) {
            return Problem.of(405, "method-not-allowed", IssueType.NOTSUPPORTED, "This address takes other methods.");
        }
        if (status == 406) {
            return Problem.of(406, "not-acceptable", IssueType.NOTSUPPORTED, "Ask for JSON or XML.");
        }
        if (status == 413) {
            return Problem.of(413, "too-large", IssueType.TOOLONG, "Send less in one request.");
        }
        if (status == 415) {
            return Problem.of(415, "media-type", IssueType.NOTSUPPORTED, "Send JSON or XML.");
        }
        if (status >= 400 && status < 500) {
            return Problem.of(status, "bad-request", IssueType.INVALID, "The request cannot be understood.");
        }
        if (status == 503) {
            return Problem.unavailable(
                    "unavailable", "The server cannot answer now. Try again.", java.time.Duration.ofSeconds(5));
        }
        return Problem.internal();
    }
}
