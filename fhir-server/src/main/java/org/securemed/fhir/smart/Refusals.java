package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.RequestRejectedHandler;

/**
 * Refuses requests before they reach the FHIR server: first the record, then the answer; 503 if there is no record.
 * Outside {@code /fhir} only refused tokens are recorded. Thread-safe.
 */
final class Refusals implements AuthenticationEntryPoint, AccessDeniedHandler, RequestRejectedHandler {
    private static final Logger log = LoggerFactory.getLogger(Refusals.class);

    private static final String TOKEN_INVALID = "token-invalid";

    private final RefusedRequests records;
    private final ProblemWriter writer;

    Refusals(RefusedRequests records, ProblemWriter writer) {
        this.records = records;
        this.writer = writer;
    }

    /** Records and answers. */
    void refuse(HttpServletRequest request, HttpServletResponse response, Problem problem) throws IOException {
        if (ProblemWriter.isFhir(request) || problem.code().equals(TOKEN_INVALID)) {
            try {
                records.refused(request, problem.status(), problem.code());
            } catch (RuntimeException e) {
                log.atError()
                        .addKeyValue("reason", problem.code())
                        .setCause(e)
                        .log("a refused request could not be recorded");
                writer.write(
                        request,
                        response,
                        Problem.unavailable(
                                "record-unavailable",
                                "The access record cannot be written now, so nothing is answered. Try again.",
                                Duration.ofSeconds(5)));
                return;
            }
        }
        if (problem.status() == 401) {
            // RFC 6750 section 3.1: no error code when nothing was sent.
            response.setHeader(
                    "WWW-Authenticate",
                    problem.code().equals("token-missing") ? "Bearer" : "Bearer error=\"invalid_token\"");
        }
        writer.write(request, response, problem);
    }

    /** A token that is not one to trust. */
    void refuseToken(HttpServletRequest request, HttpServletResponse response) throws IOException {
        refuse(
                request,
                response,
                Problem.unauthorized(TOKEN_INVALID, "The access token is not valid here, or not any more."));
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
            throws IOException {
        if (reason instanceof OAuth2AuthenticationException) {
            refuseToken(request, response);
        } else {
            refuse(
                    request,
                    response,
                    Problem.unauthorized("token-missing", "Send an access token: Authorization: Bearer …"));
        }
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException reason)
            throws IOException {
        refuse(request, response, Problem.forbidden("forbidden", "This is not allowed for you."));
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, RequestRejectedException reason)
            throws IOException {
        refuse(
                request,
                response,
                Problem.badRequest(
                        "malformed-request", "The address or a header holds characters that are not allowed."));
    }
}
