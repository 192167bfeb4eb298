package org.securemed.card.server;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.securemed.card.problem.Problem;
import org.securemed.card.problem.ProblemWriter;
import org.springframework.util.unit.DataSize;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Bounds what a request makes the application read. A body says its length beforehand: the container then reads no more
 * than that, and nothing needs to be counted.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.12">RFC 9110, 411 (Length Required)</a>
 */
final class BoundedRequestFilter extends OncePerRequestFilter {
    private final long limit;
    private final ProblemWriter problems;

    BoundedRequestFilter(DataSize limit, ProblemWriter problems) {
        this.limit = limit.toBytes();
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getHeader("Transfer-Encoding") != null) {
            problems.write(response, Problem.of(411, "length-required", "Say the length of the body beforehand."));
        } else if (request.getContentLengthLong() > limit) {
            problems.write(response, Problem.of(413, "too-large", "Send less in one request."));
        } else {
            chain.doFilter(request, response);
        }
    }
}
