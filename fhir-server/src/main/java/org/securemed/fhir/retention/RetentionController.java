package org.securemed.fhir.retention;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.StepUp;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * What administrators and compliance staff do about the retention of entries. Each attempt is recorded before it is
 * made, refused ones included; only people may, after a strong and recent log-in, and one proposes what another
 * approves.
 *
 * <table>
 *   <caption>Addresses below {@code /admin/retention}</caption>
 *   <tr><td>{@code GET}</td><td>how it stands</td></tr>
 *   <tr><td>{@code POST proposals?before=}</td><td>proposes to let go of what is older</td></tr>
 *   <tr><td>{@code POST proposals/<id>/approval}</td><td>approves it</td></tr>
 *   <tr><td>{@code POST holds?patient=&reason=}</td><td>places a legal hold; without a patient on everything</td></tr>
 *   <tr><td>{@code POST holds/<id>/release?reason=}</td><td>releases it</td></tr>
 * </table>
 */
@RestController
final class RetentionController {
    private static final String PREFIX = "/admin/retention";
    private static final int LONGEST_REASON = 500;

    private final Retention retention;
    private final SubjectKeys keys;
    private final SecurityEvents events;
    private final ProblemWriter problems;
    private final StepUp stepUp;

    RetentionController(
            Retention retention, SubjectKeys keys, SecurityEvents events, ProblemWriter problems, StepUp stepUp) {
        this.retention = retention;
        this.keys = keys;
        this.events = events;
        this.problems = problems;
        this.stepUp = stepUp;
    }

    @GetMapping(PREFIX)
    Retention.Status status(HttpServletRequest request, @Nullable Authentication caller) {
        allowed(request, caller, "status of retention", false);
        return retention.status();
    }

    @PostMapping(PREFIX + "/proposals")
    @ResponseStatus(HttpStatus.CREATED)
    Retention.Proposal propose(
            HttpServletRequest request,
            @Nullable Authentication caller,
            @RequestParam(required = false) @Nullable String before) {
        Requester requester = allowed(request, caller, "proposal to let go of old entries", true);
        return retention.propose(instant(before), requester, event(request, requester, "retention"));
    }

    @PostMapping(PREFIX + "/proposals/{id}/approval")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Retention.Proposal approve(HttpServletRequest request, @Nullable Authentication caller, @PathVariable String id) {
        Requester requester = allowed(request, caller, "approval to let go of old entries", true);
        return retention.approve(id, requester, event(request, requester, "retention"));
    }

    @PostMapping(PREFIX + "/holds")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, UUID> hold(
            HttpServletRequest request,
            @Nullable Authentication caller,
            @RequestParam(required = false) @Nullable String patient,
            @RequestParam(required = false) @Nullable String reason) {
        Requester requester = allowed(request, caller, "legal hold", true);
        if (patient != null && keys.known(patient).isEmpty()) {
            throw Problem.notFound("not-found", "The ledger knows no such patient, or the patient is erased.");
        }
        return Map.of("id", retention.hold(patient, event(request, requester, reason(reason))));
    }

    @PostMapping(PREFIX + "/holds/{id}/release")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void release(
            HttpServletRequest request,
            @Nullable Authentication caller,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String reason) {
        Requester requester = allowed(request, caller, "release of a legal hold", true);
        retention.release(id, event(request, requester, reason(reason)));
    }

    private Requester allowed(
            HttpServletRequest request, @Nullable Authentication caller, String act, boolean changes) {
        Requester requester = Requester.from(caller);
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request)
                .requester(requester)
                .note(act);
        boolean may = (requester.administers() || requester.isOfficer()) && !requester.isMachine();
        if (!may) {
            events.record(event.failed("role-not-allowed").build());
            throw Problem.forbidden("role-not-allowed", "This is for administrators and compliance staff.");
        }
        if (!requester.mayAll("AuditEvent", changes ? Interaction.DELETE : Interaction.READ)) {
            events.record(event.failed("scope-not-allowed").build());
            throw Problem.forbidden(
                    "scope-not-allowed", "The token needs a scope to read, or to delete, every AuditEvent.");
        }
        if (changes && !stepUp.isMet(requester)) {
            events.record(event.failed("step-up-required").build());
            throw StepUp.problem();
        }
        events.record(event.build());
        return requester;
    }

    private static SecurityEvent event(HttpServletRequest request, Requester requester, String note) {
        return SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request)
                .requester(requester)
                .note(note)
                .build();
    }

    private static String reason(@Nullable String reason) {
        String words =
                reason == null ? "" : reason.replaceAll("\\p{Cntrl}+", " ").strip();
        if (words.isEmpty() || words.length() > LONGEST_REASON) {
            throw Problem.badRequest("malformed-parameters", "Say why, in 1 to 500 characters.");
        }
        return words;
    }

    private static @Nullable Instant instant(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw Problem.badRequest("malformed-parameters", "Send before as 2020-01-01T00:00:00Z.");
        }
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
}
