package org.securemed.card.problem;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.servlet.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RequestMapping;

/**
 * Every error leaves as a {@link Problem}: those that handlers throw, those of Spring MVC by their status, and what
 * falls through to the container's error page. Texts of other exceptions may repeat what was sent and never leave.
 */
@Controller
@ControllerAdvice
final class Problems implements ErrorController {
    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    private final ProblemWriter writer;

    Problems(ProblemWriter writer) {
        this.writer = writer;
    }

    @ExceptionHandler
    void handle(Exception failure, HttpServletResponse response) throws IOException {
        writer.write(response, problem(failure));
    }

    /** Answers for the status in the error dispatch; asked for directly it is a page that does not exist. */
    @RequestMapping("${server.error.path:/error}")
    void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object failure = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
        int status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer set ? set : 404;
        writer.write(response, failure instanceof Throwable thrown ? problem(thrown) : Problem.forStatus(status));
    }

    private static Problem problem(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Problem problem) {
                return problem;
            }
        }
        if (failure instanceof ErrorResponse known) {
            return Problem.forStatus(known.getStatusCode().value());
        }
        if (failure instanceof org.springframework.http.converter.HttpMessageNotReadableException) {
            return Problem.forStatus(400);
        }
        if (failure instanceof org.springframework.beans.TypeMismatchException) {
            return Problem.forStatus(400);
        }
        log.atError().setCause(failure).log("a request failed");
        return Problem.internal();
    }
}
