package org.securemed.card.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.nimbusds.jwt.JWTClaimsSet;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.problem.Problem;
import org.securemed.card.profile.KeySlot;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Log-in by card: turns a card's proof into a short-lived statement for the authorization server, good for the one
 * log-in page that asked for it.
 */
@RestController
class LogInController {
    /** Where the authorization server takes the statement. */
    static final String PATH = "/login/card";

    /** {@code acr}: the card was there. */
    static final String CARD = "urn:securemed:acr:card-without-pin";

    /** {@code acr}: the card was there, and its PIN was right. */
    static final String CARD_AND_PIN = "urn:securemed:acr:card";

    private static final Duration LIFETIME = Duration.ofMinutes(1);
    private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{32,128}");

    /** A log-in page's nonce and a card's answer. */
    record LogInBody(@Nullable String nonce, CardController.@Nullable AnswerBody answer) {}

    private final CardRegistry registry;
    private final BackendClient client;
    private final Presences presences;
    private final boolean watched;
    private final Duration grace;

    /**
     * What the reader agent gets.
     *
     * @param statement for the authorization server
     * @param presence by what the agent tells that the card is there, or is not any more; absent: nobody wants to know
     * @param presenceInterval how often, in milliseconds
     * @param removalGrace for how many milliseconds the card may be out of the reader
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record LoggedInBody(
            String statement,
            @Nullable String presence,
            @Nullable Long presenceInterval,
            @Nullable Long removalGrace) {
        @Override
        public String toString() {
            return "LoggedInBody";
        }
    }

    LogInController(CardRegistry registry, BackendClient client, Presences presences, CardsProperties properties) {
        this.registry = registry;
        this.client = client;
        this.presences = presences;
        this.watched = properties.logOutOnRemoval();
        this.grace = properties.removalGrace();
    }

    /** Open to all: what it gives is of no use without the session that the nonce belongs to. */
    @PostMapping("/cards/log-ins")
    LoggedInBody logIn(@RequestBody LogInBody body, HttpServletRequest request) {
        if (body.nonce() == null || !NONCE.matcher(body.nonce()).matches() || body.answer() == null) {
            throw Problem.badRequest("bad-request", "The request cannot be understood.");
        }
        CardRegistry.Answer answer = CardController.answer(body.answer());
        CardRegistry.Identified found =
                CardController.accepted(() -> registry.identify(CardJournal.Kind.LOG_IN, answer, Asker.of(request)));
        JWTClaimsSet statement = client.claims(PATH, LIFETIME)
                .subject(found.credential().owner())
                .claim("nonce", body.nonce())
                .claim("acr", found.card().slot() == KeySlot.HOLDER ? CARD_AND_PIN : CARD)
                .claim("device", found.credential().device())
                .build();
        return new LoggedInBody(
                client.sign(statement),
                watched ? presences.open(found.credential()) : null,
                watched ? presences.interval().toMillis() : null,
                watched ? grace.toMillis() : null);
    }
}
