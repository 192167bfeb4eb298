package org.securemed.fhir.erasure;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.StepUp;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What administrators do about patients' keys. Each attempt is recorded before it is made, refused ones included.
 *
 * <table>
 *   <caption>Addresses</caption>
 *   <tr><td>{@code POST /admin/patients/<id>/erasure}</td><td>erases a patient from the ledger</td></tr>
 *   <tr><td>{@code POST /admin/patient-keys/epoch}</td><td>wraps all keys under the newest epoch's</td></tr>
 * </table>
 */
@RestController
final class ErasureController {
    static final String PREFIX = "/admin";

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");

    private final PatientErasure erasure;
    private final SecurityEvents events;
    private final ProblemWriter problems;
    private final StepUp stepUp;

    ErasureController(PatientErasure erasure, SecurityEvents events, ProblemWriter problems, StepUp stepUp) {
        this.stepUp = stepUp;
        this.erasure = erasure;
        this.events = events;
        this.problems = problems;
    }

    @PostMapping(PREFIX + "/patients/{id}/erasure")
    PatientErasure.Receipt erase(HttpServletRequest request, @PathVariable String id, @Nullable Authentication caller) {
        Requester requester = administrator(request, caller, "erasure of a patient's keys");
        if (!ID.matcher(id).matches()) {
            throw nobody();
        }
        return erasure.erase(id, requester.clientId()).orElseThrow(ErasureController::nobody);
    }

    @PostMapping(PREFIX + "/patient-keys/epoch")
    PatientErasure.Epoch beginEpoch(HttpServletRequest request, @Nullable Authentication caller) {
        administrator(request, caller, "newest epoch of the key-encryption key");
        return erasure.beginNewestEpoch();
    }

    private Requester administrator(HttpServletRequest request, @Nullable Authentication caller, String act) {
        Requester requester = Requester.from(caller);
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request)
                .requester(requester)
                .note(act);
        if (!requester.administers() && !requester.isCustodiansSystem()) {
            events.record(event.failed("role-not-allowed").build());
            throw Problem.forbidden("role-not-allowed", "This is for administrators.");
        }
        if (!requester.mayAll("Patient", Interaction.DELETE)) {
            events.record(event.failed("scope-not-allowed").build());
            throw Problem.forbidden("scope-not-allowed", "The token needs a scope to delete every Patient.");
        }
        if (!requester.isCustodiansSystem() && !stepUp.isMet(requester)) {
            events.record(event.failed("step-up-required").build());
            throw StepUp.problem();
        }
        events.record(event.build());
        return requester;
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (problem.status() == 401) {
            response.setHeader(
                    HttpHeaders.WWW_AUTHENTICATE,
                    problem.code().equals("step-up-required") ? stepUp.challenge() : "Bearer");
        }
        problems.write(request, response, problem);
    }

    /** The attempt could not be recorded, and so was not made. */
    @ExceptionHandler
    void answer(BaseServerResponseException failure, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        problems.write(
                request,
                response,
                Problem.unavailable(
                        "ledger-unavailable",
                        "The ledger cannot be written now, and nothing was done. Try again.",
                        Duration.ofSeconds(1)));
    }

    private static Problem nobody() {
        return Problem.notFound("not-found", "The ledger knows no such patient, or the patient is erased already.");
    }
}
