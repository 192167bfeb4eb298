package org.securemed.fhir.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemErrorController;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.RefusedRequests;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what the container itself refuses, before any filter has seen it, as everything else is answered: recorded,
 * and with a {@link Problem}. Tomcat's own page would show its stack trace.
 */
final class ProblemReportValve extends ErrorReportValve {
    private static final Logger log = LoggerFactory.getLogger(ProblemReportValve.class);

    private final ProblemWriter writer;
    private final RefusedRequests records;

    ProblemReportValve(ProblemWriter writer, RefusedRequests records) {
        this.writer = writer;
        this.records = records;
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable thrown) {
        int status = response.getStatus();
        if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        try {
            writer.write(request.getRequest(), response.getResponse(), recorded(request, status));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Problem recorded(Request request, int status) {
        Problem problem = ProblemErrorController.forStatus(status);
        if (ProblemWriter.isFhir(request.getRequest()) && !Recorded.is(request.getRequest())) {
            try {
                records.refused(request.getRequest(), status, problem.code());
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("a request that the container refused could not be recorded");
                return ProblemErrorController.forStatus(503);
            }
        }
        return problem;
    }
}
