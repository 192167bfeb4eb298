package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;

/**
 * Records requests under {@code /fhir} that were refused before they reached the FHIR server. Called once for each,
 * before the answer leaves.
 */
@FunctionalInterface
public interface RefusedRequests {
    /**
     * Records the refusal durably.
     *
     * @param status HTTP status of the answer
     * @param reasonCode the {@link org.securemed.fhir.problem.Problem#code() problem code}, see {@code docs/errors.md}
     * @throws RuntimeException if it could not be recorded; the answer is then 503
     */
    void refused(HttpServletRequest request, int status, String reasonCode);
}
