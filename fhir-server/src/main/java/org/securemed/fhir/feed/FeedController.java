package org.securemed.fhir.feed;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * How the feed is doing, for administrators and compliance staff.
 *
 * <table>
 *   <caption>Addresses</caption>
 *   <tr><td>{@code GET /admin/feed}</td><td>how far it is, and what the repository refuses</td></tr>
 *   <tr><td>{@code POST /admin/feed/again}</td><td>sends what was laid aside once more</td></tr>
 * </table>
 */
@RestController
final class FeedController {
    private static final String PATH = "/admin/feed";

    private final Optional<AuditFeed> feed;
    private final EventStream events;
    private final SecurityEvents security;
    private final ProblemWriter problems;

    FeedController(Optional<AuditFeed> feed, EventStream events, SecurityEvents security, ProblemWriter problems) {
        this.feed = feed;
        this.events = events;
        this.security = security;
        this.problems = problems;
    }

    /**
     * How it stands.
     *
     * @param next index of the next ledger entry that is sent
     * @param entries number of ledger entries
     * @param laidAside number of events that were given up
     * @param refused events that the repository refuses, laid aside or not
     */
    record Status(long next, long entries, long laidAside, List<AuditFeed.Refused> refused) {}

    @GetMapping(PATH)
    Status status(HttpServletRequest request, @Nullable Authentication caller) {
        AuditFeed there = allowed(request, caller, "status of the feed");
        return new Status(there.place(), events.size(), there.laidAside(), there.refused());
    }

    @PostMapping(PATH + "/again")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Status again(HttpServletRequest request, @Nullable Authentication caller) {
        AuditFeed there = allowed(request, caller, "sending again what the repository refused");
        there.sendAgain();
        return new Status(there.place(), events.size(), there.laidAside(), there.refused());
    }

    private AuditFeed allowed(HttpServletRequest request, @Nullable Authentication caller, String act) {
        Requester requester = Requester.from(caller);
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request)
                .requester(requester)
                .note(act);
        if (!requester.administers() && !requester.isOfficer() && !requester.isCustodiansSystem()) {
            security.record(event.failed("role-not-allowed").build());
            throw Problem.forbidden("role-not-allowed", "This is for administrators and compliance staff.");
        }
        if (!requester.mayAll("AuditEvent", Interaction.READ)) {
            security.record(event.failed("scope-not-allowed").build());
            throw Problem.forbidden("scope-not-allowed", "The token needs a scope to read every AuditEvent.");
        }
        security.record(event.build());
        return feed.orElseThrow(() -> Problem.notFound("not-found", "No repository is configured."));
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (problem.status() == 401) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
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
