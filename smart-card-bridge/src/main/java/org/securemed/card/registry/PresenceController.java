package org.securemed.card.registry;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Where reader agents tell whether the cards with which people have logged in are still there. */
@RestController
class PresenceController {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Duration LONGEST_AGO = Duration.ofHours(1);

    /**
     * A card that is there, or not any more.
     *
     * @param presence what the log-in gave
     * @param ago for how many milliseconds it has not been there; only if it is gone
     */
    record PresenceBody(@Nullable String presence, @Nullable Long ago) {
        @Override
        public String toString() {
            return "PresenceBody";
        }
    }

    private final Presences presences;

    PresenceController(Presences presences) {
        this.presences = presences;
    }

    /** The card is there. Open to all: only its agent knows the name. */
    @PostMapping("/cards/presences")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void seen(@RequestBody PresenceBody body) {
        if (body.ago() != null) {
            throw malformed();
        }
        require(presences.seen(token(body)));
    }

    /** The card is gone. */
    @PostMapping("/cards/presences/removal")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void removed(@RequestBody PresenceBody body) {
        long ago = body.ago() == null ? 0 : body.ago();
        if (ago < 0) {
            throw malformed();
        }
        require(presences.removed(token(body), Duration.ofMillis(Math.min(ago, LONGEST_AGO.toMillis()))));
    }

    private static String token(PresenceBody body) {
        String token = body.presence();
        if (token == null || !TOKEN.matcher(token).matches()) {
            throw malformed();
        }
        return token;
    }

    private static void require(boolean known) {
        if (!known) {
            throw Problem.notFound("presence-unknown", "What was opened with this card has ended.");
        }
    }

    private static Problem malformed() {
        return Problem.badRequest("bad-request", "The request cannot be understood.");
    }
}
