package org.securemed.fhir.audit;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import org.securemed.fhir.exchange.CutShort;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The backstop of the second promise: under the FHIR endpoint no byte leaves for a request whose record is not durable,
 * whatever code path wrote it. It should never have anything to do.
 */
public final class RecordedResponseFilter extends OncePerRequestFilter {
    private static final Logger log = LoggerFactory.getLogger(RecordedResponseFilter.class);

    private static final Problem UNRECORDED = Problem.unavailable(
            "ledger-unavailable",
            "The access could not be recorded, so nothing is disclosed. Try again later.",
            Duration.ofSeconds(5));

    private final ProblemWriter problems;
    private final String open;
    private final Clock clock;

    /**
     * @param open path of the one document that is not recorded, because it is the same for everybody
     * @param clock by which it is decided and recorded when a request began
     */
    public RecordedResponseFilter(ProblemWriter problems, String open, Clock clock) {
        this.clock = clock;
        this.problems = problems;
        this.open = open;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        // What a browser asks before it asks: the security chain answers by the address alone, and lets none through.
        return CorsUtils.isPreFlightRequest(request) || request.getRequestURI().equals(request.getContextPath() + open);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Exchange.by(clock, request);
        Guarded guarded = new Guarded(request, response);
        try {
            chain.doFilter(request, guarded);
        } catch (UnrecordedException e) {
            refuse(request, response);
            return;
        } catch (ServletException | RuntimeException e) {
            if (response.isCommitted() || Recorded.is(request)) {
                throw e;
            }
            // The container's error page is no way around the record.
            log.atError().setCause(e).log("a request failed before it was recorded");
            refuse(request, response);
            return;
        }
        if (!response.isCommitted() && !Recorded.is(request)) {
            refuse(request, response);
        }
        if (CutShort.is(request)) {
            // The container ends the connection; an orderly end would say that this was all.
            throw new IOException("the answer could not be finished");
        }
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
        log.atError().addKeyValue("method", request.getMethod()).log("a response without a record was held back");
        response.reset();
        problems.write(request, response, UNRECORDED);
    }

    /** Thrown where a response would begin that has no record. */
    private static final class UnrecordedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnrecordedException() {
            super("no record", null, false, false);
        }
    }

    private static final class Guarded extends HttpServletResponseWrapper {
        private final HttpServletRequest request;

        Guarded(HttpServletRequest request, HttpServletResponse response) {
            super(response);
            this.request = request;
        }

        private void require() {
            if (!Recorded.is(request)) {
                throw new UnrecordedException();
            }
        }

        @Override
        public ServletOutputStream getOutputStream() throws IOException {
            require();
            return super.getOutputStream();
        }

        @Override
        public PrintWriter getWriter() throws IOException {
            require();
            return super.getWriter();
        }

        @Override
        public void flushBuffer() throws IOException {
            require();
            super.flushBuffer();
        }

        @Override
        public void sendError(int status) throws IOException {
            require();
            super.sendError(status);
        }

        @Override
        public void sendError(int status, String message) throws IOException {
            require();
            super.sendError(status);
        }

        @Override
        public void sendRedirect(String location) throws IOException {
            require();
            super.sendRedirect(location);
        }
    }
}
