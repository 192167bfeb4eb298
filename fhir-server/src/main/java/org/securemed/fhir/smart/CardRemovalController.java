package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.http.HttpStatus;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * Where the smart card bridge tells that a card with which somebody has logged in is not in the reader any more: what
 * was opened with it before ends. May be told more than once, and late.
 */
@RestController
final class CardRemovalController {
    static final String PATH = "/login/card/removals";

    private static final Pattern DEVICE = Pattern.compile("Device/[A-Za-z0-9.-]{1,64}");
    /** Nothing that a card opened lives longer. */
    private static final long LONGEST_AGO = Duration.ofDays(366).toMillis();

    private final CardStatements bridge;
    private final CardLogIns cards;
    private final SecurityTrail trail;
    private final ProblemWriter problems;

    CardRemovalController(CardStatements bridge, CardLogIns cards, SecurityTrail trail, ProblemWriter problems) {
        this.bridge = bridge;
        this.cards = cards;
        this.trail = trail;
        this.problems = problems;
    }

    /**
     * A removal.
     *
     * @param device which card, {@code Device/…}
     * @param ago how long ago, in milliseconds: clocks may differ
     * @param at when, by the bridge's clock, by which its statements are dated as well
     */
    record Removal(
            @JsonProperty("device") @Nullable String device,
            @JsonProperty("ago") @Nullable Long ago,
            @JsonProperty("at") @Nullable String at) {}

    @PostMapping(PATH)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void removed(@RequestBody Removal removal, Authentication caller, HttpServletRequest request) {
        Requester requester = Requester.from(caller);
        SecurityEvent.Builder event =
                SecurityEvent.of(SecurityEvent.Kind.LOGOUT, request).requester(requester);
        if (!bridge.isBridge(requester)) {
            trail.record(event.failed("not-the-bridge").build());
            throw Problem.forbidden("forbidden", "Only the smart card bridge tells of cards.");
        }
        String device = removal.device();
        Long ago = removal.ago();
        if (device == null
                || !DEVICE.matcher(device).matches()
                || ago == null
                || ago < 0
                || ago > LONGEST_AGO
                || removal.at() == null) {
            throw malformed();
        }
        // What takes power away does not wait for its record; told again, it is recorded then.
        cards.removed(device, Duration.ofMillis(ago), instant(removal.at()));
        trail.record(event.device(device).note("card removed").build());
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw malformed();
        }
    }

    private static Problem malformed() {
        return Problem.badRequest("card-removal-malformed", "Send device, ago in milliseconds, and at.");
    }

    @ExceptionHandler
    void unreadable(HttpMessageNotReadableException e, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        problems.write(request, response, malformed());
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        problems.write(request, response, problem);
    }
}
