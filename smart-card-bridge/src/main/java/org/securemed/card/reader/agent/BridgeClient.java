package org.securemed.card.reader.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.outbound.BoundedBody;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.Challenge;

/** What the agent asks of the bridge. Thread-safe. */
final class BridgeClient {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST = 64 * 1024;
    private static final int LONGEST_DETAIL = 300;

    /** A challenge and its id. */
    record Given(String id, Challenge challenge) {}

    private final String base;
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    BridgeClient(URI base) {
        this.base = base.toString();
    }

    /**
     * A fresh challenge.
     *
     * @throws RefusedException if the bridge gives none
     */
    Given challenge() throws RefusedException {
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
     * The statement that logs the card's owner in.
     *
     * @throws RefusedException saying why there is none
     */
    String logIn(String nonce, ObjectNode answer) throws RefusedException {
        ObjectNode body = StrictJson.newObject().put("nonce", nonce);
        body.set("answer", answer);
        return post("/cards/log-ins", StrictJson.minified(body))
                .path("statement")
                .asText();
    }

    /** A card's answer as the bridge takes it. */
    static ObjectNode answer(String challenge, CardProof proof) {
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
            HttpResponse<byte[]> answer =
                    http.sendAsync(request, BoundedBody.upTo(LARGEST)).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            ObjectNode body = StrictJson.object(answer.body());
            if (answer.statusCode() >= 300) {
                String detail = body.path("detail").asText("The bridge refuses.");
                throw new RefusedException(detail.substring(0, Math.min(LONGEST_DETAIL, detail.length())));
            }
            return body;
        } catch (ExecutionException | TimeoutException | IOException e) {
            throw new RefusedException("The bridge does not answer.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RefusedException("The bridge does not answer.");
        }
    }

    /** The bridge does not give what was asked for. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String detail;

        RefusedException(String detail) {
            super(detail);
            this.detail = detail;
        }

        /** For the person at the workstation. */
        String detail() {
            return detail;
        }
    }
}
