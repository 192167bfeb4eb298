package org.securemed.fhir.metrics;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code GET /actuator/prometheus}: all meters in Prometheus's text format, for administrators and the custodian's
 * machines. How many requests were refused, and how long they took, is nothing for those whose requests they are.
 */
@RestController
final class MetricsController {
    static final String PATH = "/actuator/prometheus";

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry meters;
    private final ProblemWriter problems;

    MetricsController(PrometheusMeterRegistry meters, ProblemWriter problems) {
        this.meters = meters;
        this.problems = problems;
    }

    @GetMapping(PATH)
    ResponseEntity<byte[]> scrape(@Nullable Authentication caller) {
        Requester requester = Requester.from(caller);
        if (!requester.is(Role.ADMINISTRATOR) && !requester.is(Role.SYSTEM)) {
            throw Problem.forbidden("role-not-allowed", "This is for administrators and the hospital's machines.");
        }
        return ResponseEntity.ok()
                .header(HttpHeaders.CONTENT_TYPE, TEXT)
                .cacheControl(CacheControl.noStore())
                .body(meters.scrape().getBytes(StandardCharsets.UTF_8));
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        problems.write(request, response, problem);
    }
}
