package org.securemed.card.reader;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.outbound.BoundedExchange;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.RefusalReason;

/** What whoever has a reader asks of the bridge. Thread-safe. */
public final class BridgeClient {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST = 64 * 1024;
    private static final int LONGEST_DETAIL = 300;
    private static final long LONGEST_INTERVAL = Duration.ofHours(1).toMillis();
    private static final String PROBLEM = "urn:securemed:problem:";
    private static final String SILENT = "The bridge does not answer.";
    private static final Pattern REFERENCE = Pattern.compile("[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

    /** A challenge and its id. */
    public record Given(String id, Challenge challenge) {}

    private final String base;
    private final HttpClient http;

    /** @param base the bridge's address, without a trailing slash */
    public BridgeClient(URI base) {
        this(base, TlsFiles.NONE);
    }

    /**
     * One that proves itself to the bridge by TLS.
     *
     * @param base the bridge's address, without a trailing slash
     * @throws IllegalStateException if the files cannot be read
     */
    public BridgeClient(URI base, TlsFiles tls) {
        this.base = base.toString();
        this.http = tls.client();
    }

    /**
     * A fresh challenge.
     *
     * @throws RefusedException if the bridge gives none
     */
    public Given challenge() throws RefusedException {
        ObjectNode body = post("/cards/challenges", new byte[0]);
        try {
            return new Given(
                    body.path("id").asText(),
                    new Challenge(Bytes.copyOf(
                            Base64.getUrlDecoder().decode(body.path("challenge").asText()))));
        } catch (IllegalArgumentException e) {
            throw new RefusedException("The bridge gives no challenge.");
        }
    }

    /**
     * What logs the card's owner in.
     *
     * @param statement for the authorization server
     * @param presence by what the bridge is told whether the card is still there; empty: it does not want to know
     * @param interval how often it wants to know
     * @param grace how long the card may be out of the reader
     */
    public record LoggedIn(String statement, String presence, Duration interval, Duration grace) {
        @Override
        public String toString() {
            return "LoggedIn";
        }
    }

    /**
     * The statement that logs the card's owner in.
     *
     * @throws RefusedException saying why there is none
     */
    public LoggedIn logIn(String nonce, ObjectNode answer) throws RefusedException {
        ObjectNode body = StrictJson.newObject().put("nonce", nonce);
        body.set("answer", answer);
        ObjectNode given = post("/cards/log-ins", StrictJson.minified(body));
        long interval = given.path("presenceInterval").asLong(0);
        return new LoggedIn(
                given.path("statement").asText(),
                interval > 0 ? given.path("presence").asText("") : "",
                Duration.ofMillis(Math.min(Math.max(interval, 100), LONGEST_INTERVAL)),
                Duration.ofMillis(Math.min(Math.max(given.path("removalGrace").asLong(0), 0), LONGEST_INTERVAL)));
    }

    /**
     * A card with which somebody has logged in is still there.
     *
     * @return false if that is of no interest any more
     * @throws RefusedException if the bridge does not answer
     */
    public boolean present(String presence) throws RefusedException {
        return told("/cards/presences", StrictJson.newObject().put("presence", presence));
    }

    /**
     * A card with which somebody has logged in is gone.
     *
     * @param ago for how long already
     * @throws RefusedException if the bridge does not answer
     */
    public void removed(String presence, Duration ago) throws RefusedException {
        told(
                "/cards/presences/removal",
                StrictJson.newObject().put("presence", presence).put("ago", ago.toMillis()));
    }

    private boolean told(String path, ObjectNode body) throws RefusedException {
        try {
            post(path, StrictJson.minified(body));
            return true;
        } catch (RefusedException e) {
            if (e.isForGood()) {
                return false;
            }
            throw e;
        }
    }

    /**
     * The statement that a card has signed a grant or a revocation.
     *
     * @param transition what was signed
     * @throws RefusedException saying why there is none
     */
    public String signed(byte[] transition, ObjectNode answer) throws RefusedException {
        ObjectNode body = StrictJson.newObject().put("transition", encoded(Bytes.copyOf(transition)));
        body.set("answer", answer);
        return post("/cards/signatures", StrictJson.minified(body))
                .path("statement")
                .asText();
    }

    /**
     * Whose card answered.
     *
     * @return relative reference
     * @throws RefusedException saying why there is none
     */
    public String identify(ObjectNode answer) throws RefusedException {
        String reference = post("/cards/identifications", StrictJson.minified(answer))
                .path("reference")
                .asText();
        if (!REFERENCE.matcher(reference).matches()) {
            throw new RefusedException(SILENT);
        }
        return reference;
    }

    /**
     * Tells that the card that was to answer a challenge was refused before it could.
     *
     * @throws RefusedException if the bridge does not take note
     */
    public void refused(String challenge, RefusalReason reason) throws RefusedException {
        if (ID.matcher(challenge).matches()) {
            post(
                    "/cards/challenges/" + challenge + "/refusal",
                    StrictJson.minified(StrictJson.newObject().put("reason", reason.code())));
        }
    }

    /** A card's answer as the bridge takes it. */
    public static ObjectNode answer(String challenge, CardProof proof) {
        return StrictJson.newObject()
                .put("challenge", challenge)
                .put("profile", proof.profile())
                .put("slot", proof.slot().name().toLowerCase(Locale.ROOT))
                .put("guid", proof.guid().toString())
                .put("certificate", encoded(proof.certificate()))
                .put("signature", encoded(proof.signature()));
    }

    private static String encoded(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    private ObjectNode post(String path, byte[] json) throws RefusedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofByteArray(json))
                .build();
        try {
            HttpResponse<byte[]> answer = BoundedExchange.send(http, request, LARGEST, PATIENCE);
            if (answer.statusCode() == 204) {
                return StrictJson.newObject();
            }
            ObjectNode body = StrictJson.object(answer.body());
            if (answer.statusCode() >= 300) {
                throw refused(body, answer.statusCode());
            }
            return body;
        } catch (IOException e) {
            throw new RefusedException(SILENT);
        }
    }

    /** What a problem document says. */
    private static RefusedException refused(ObjectNode problem, int status) {
        String type = problem.path("type").asText();
        Optional<RefusalReason> reason =
                type.startsWith(PROBLEM) ? RefusalReason.ofProblem(type.substring(PROBLEM.length())) : Optional.empty();
        String detail = problem.path("detail").asText("The bridge refuses.");
        return new RefusedException(
                detail.substring(0, Math.min(LONGEST_DETAIL, detail.length())), reason.orElse(null), status == 404);
    }

    /** The bridge does not give what was asked for. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String detail;

        private final @Nullable RefusalReason reason;
        private final boolean forGood;

        RefusedException(String detail) {
            this(detail, null, false);
        }

        RefusedException(String detail, @Nullable RefusalReason reason, boolean forGood) {
            super(detail);
            this.detail = detail;
            this.reason = reason;
            this.forGood = forGood;
        }

        /** Whether what was spoken of does not exist, any more. */
        boolean isForGood() {
            return forGood;
        }

        /** Why the card was refused; empty if it is not for the card. */
        public Optional<RefusalReason> reason() {
            return Optional.ofNullable(reason);
        }

        /** For the person at the workstation. */
        public String detail() {
            return detail;
        }
    }
}
