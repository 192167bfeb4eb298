package org.securemed.ledger.witness;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;

/**
 * A witness as the log sees it. Nothing that it answers is trusted: it is limited, read strictly, and cosignatures are
 * for the caller to verify. Thread safe.
 */
final class WitnessClient {
    private static final int MAX_ANSWER = 64 * 1024;

    private final URI prefix;
    private final HttpClient http;
    private final Duration patience;

    /** @param prefix submission prefix; {@code /} at its end is ignored */
    WitnessClient(URI prefix, HttpClient http, Duration patience) {
        this.prefix = prefix;
        this.http = http;
        this.patience = patience;
    }

    /** @throws IOException if the witness cannot be reached, or its answer is none */
    WitnessAnswer add(WitnessRequest request) throws IOException {
        HttpRequest post = request("/add-checkpoint")
                .header("Content-Type", "text/plain; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(request.toString()))
                .build();
        HttpResponse<InputStream> response = send(post);
        String body = body(response);
        return switch (response.statusCode()) {
            case 200 -> new WitnessAnswer.Cosigned(lines(body));
            case 409 -> otherSize(body);
            default -> new WitnessAnswer.Refused(response.statusCode(), shortened(body));
        };
    }

    /**
     * The last checkpoint of this log that the witness cosigned.
     *
     * @throws IOException likewise
     */
    Optional<SignedNote> latest(String origin) throws IOException {
        HttpResponse<InputStream> response = send(request("/" + CosigningWitness.originHash(origin) + "/checkpoint")
                .build());
        String body = body(response);
        if (response.statusCode() != 200) {
            return Optional.empty();
        }
        try {
            return Optional.of(SignedNote.parse(body));
        } catch (NoteException e) {
            throw new IOException("the witness shows something that is no note", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        String base = prefix.toString();
        return HttpRequest.newBuilder(
                        URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path))
                .timeout(patience);
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String body(HttpResponse<InputStream> response) throws IOException {
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(MAX_ANSWER + 1);
            if (bytes.length > MAX_ANSWER) {
                throw new IOException("the witness's answer is too long");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static List<NoteSignature> lines(String body) throws IOException {
        List<NoteSignature> lines = new ArrayList<>();
        try {
            for (String line : body.split("\n")) {
                lines.add(NoteSignature.parse(line));
            }
        } catch (NoteException e) {
            throw new IOException("the witness's answer is no cosignature", e);
        }
        return lines;
    }

    private static WitnessAnswer otherSize(String body) throws IOException {
        if (!body.matches("(0|[1-9][0-9]{0,17})\n")) {
            throw new IOException("the witness's answer is no size");
        }
        return new WitnessAnswer.OtherSize(Long.parseLong(body.strip()));
    }

    private static String shortened(String body) {
        return body.substring(0, Math.min(200, body.length()))
                .replaceAll("[^\\x20-\\x7e]", " ")
                .strip();
    }
}
