package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Tells who comes to the token, introspection or revocation endpoint by another method that it takes POST; Spring's
 * endpoints do not see such a request at all.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-3.2">RFC 6749, section 3.2</a>
 */
final class PostOnly extends OncePerRequestFilter {
    private final ProblemWriter problems;

    PostOnly(ProblemWriter problems) {
        this.problems = problems;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !Endpoints.CALLED_BY_CLIENTS.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        response.setHeader("Allow", "POST");
        problems.write(
                request,
                response,
                Problem.of(405, "method-not-allowed", IssueType.NOTSUPPORTED, "This address takes POST."));
    }
}
