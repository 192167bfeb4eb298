package org.securemed.card.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.securemed.card.outbound.BoundedExchange;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the FHIR server in a caller's name. Thread-safe. */
public final class FhirRecords {
    private static final Logger log = LoggerFactory.getLogger(FhirRecords.class);
    private static final int LARGEST_ANSWER = 8 << 20;
    private static final int MOST_PAGES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern REFERENCE = Pattern.compile("[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}");

    private final String base;
    private final HttpClient client;

    /**
     * @param base the FHIR server's, without a trailing slash
     * @param client that follows no redirects
     */
    public FhirRecords(URI base, HttpClient client) {
        this.base = base.toString();
        this.client = client;
    }

    /** Whether this is a relative reference to a resource, {@code Type/id}. */
    public static boolean isReference(String text) {
        return REFERENCE.matcher(text).matches();
    }

    /**
     * A resource, if the caller may see it; otherwise it does not exist.
     *
     * @param token the caller's
     * @param reference {@code Type/id}
     * @throws Problem 401 if the FHIR server does not accept the token, 403 if it forbids the request, 503 if it does
     *     not answer
     */
    public Optional<ObjectNode> read(String token, String reference) {
        if (!isReference(reference)) {
            throw new IllegalArgumentException("not a relative reference");
        }
        return get(token, base + "/" + reference);
    }

    /**
     * All matches that the caller may see, from all pages.
     *
     * @param parameters name and value, not yet encoded
     * @throws Problem as {@link #read}; 503 also if there are more pages than are read
     */
    public List<ObjectNode> search(String token, String type, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
                .sorted()
                .collect(Collectors.joining("&"));
        List<ObjectNode> found = new ArrayList<>();
        Optional<String> page = Optional.of(base + "/" + type + "?" + query);
        for (int pages = 0; page.isPresent(); pages++) {
            if (pages == MOST_PAGES) {
                // Never a part of the record in place of the whole.
                throw unavailable();
            }
            ObjectNode bundle = get(token, page.get()).orElseThrow(FhirRecords::unavailable);
            for (JsonNode entry : bundle.path("entry")) {
                if (entry.path("resource") instanceof ObjectNode resource
                        && type.equals(resource.path("resourceType").asText())) {
                    found.add(resource);
                }
            }
            page = next(bundle);
        }
        return found;
    }

    /**
     * The International Patient Summary, a document Bundle.
     *
     * @param patient logical id
     * @throws Problem as {@link #read}
     */
    public Optional<ObjectNode> summary(String token, String patient) {
        String reference = "Patient/" + patient;
        if (!isReference(reference)) {
            throw new IllegalArgumentException("not a logical id");
        }
        return get(token, base + "/" + reference + "/$summary");
    }

    private Optional<String> next(ObjectNode bundle) {
        for (JsonNode link : bundle.path("link")) {
            if ("next".equals(link.path("relation").asText())) {
                String url = link.path("url").asText();
                // The token goes to the FHIR server and nowhere else.
                if (!url.startsWith(base + "/") && !url.startsWith(base + "?")) {
                    throw unavailable();
                }
                return Optional.of(url);
            }
        }
        return Optional.empty();
    }

    private Optional<ObjectNode> get(String token, String url) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/fhir+json")
                .timeout(PATIENCE)
                .build();
        HttpResponse<byte[]> answer;
        try {
            answer = BoundedExchange.send(client, request, LARGEST_ANSWER, PATIENCE);
        } catch (IOException e) {
            log.atWarn().addKeyValue("failure", e.getMessage()).log("the FHIR server did not answer");
            throw unavailable();
        }
        return switch (answer.statusCode()) {
            case 200 -> Optional.of(parsed(answer.body()));
            case 404, 410 -> Optional.empty();
            case 401 -> throw Problem.unauthorized("token-invalid", "Get a new access token.");
            case 403 ->
                throw Problem.forbidden(
                        "record-forbidden", "The FHIR server does not allow this with this access token.");
            default -> {
                log.atWarn().addKeyValue("status", answer.statusCode()).log("the FHIR server did not answer");
                throw unavailable();
            }
        };
    }

    private static ObjectNode parsed(byte[] body) {
        try {
            return StrictJson.object(body);
        } catch (IOException e) {
            log.atWarn().log("the FHIR server answered no JSON");
            throw unavailable();
        }
    }

    private static Problem unavailable() {
        return Problem.unavailable(
                "record-unavailable", "The FHIR server cannot be asked now. Try again.", Duration.ofSeconds(5));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
