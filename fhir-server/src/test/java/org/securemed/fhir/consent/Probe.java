package org.securemed.fhir.consent;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * One request that might tell of hidden data.
 *
 * @param headers names and values in turn
 * @param body empty for none
 */
record Probe(String method, String path, List<String> headers, String contentType, String body) {
    Probe {
        headers = List.copyOf(headers);
    }

    static Probe get(String path, String... headers) {
        return new Probe("GET", path, List.of(headers), "", "");
    }

    static Probe of(String method, String path, String body, String... headers) {
        return new Probe(method, path, List.of(headers), "application/fhir+json", body);
    }

    static Probe form(String path, String body) {
        return new Probe("POST", path, List.of(), "application/x-www-form-urlencoded", body);
    }

    static Probe jsonPatch(String path, String body) {
        return new Probe("PATCH", path, List.of(), "application/json-patch+json", body);
    }

    /** The same request about something else. */
    Probe map(UnaryOperator<String> change) {
        return new Probe(
                method, change.apply(path), headers.stream().map(change).toList(), contentType, change.apply(body));
    }

    Answer send(TestServer server, String token) {
        HttpRequest.Builder request = server.anonymous(escaped(path)).header("Authorization", "Bearer " + token);
        List<String> all = new ArrayList<>(headers);
        if (!contentType.isEmpty()) {
            all.add("Content-Type");
            all.add(contentType);
        }
        if (!all.isEmpty()) {
            request.headers(all.toArray(String[]::new));
        }
        HttpRequest.BodyPublisher publisher =
                body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return server.send(request.method(method, publisher));
    }

    private static String escaped(String path) {
        return path.replace("|", "%7C")
                .replace("\\", "%5C")
                .replace("\"", "%22")
                .replace(" ", "%20")
                .replace("{", "%7B")
                .replace("}", "%7D");
    }

    @Override
    public String toString() {
        String shortBody = body.length() > 600 ? body.substring(0, 600) + "…" : body;
        return method + " " + path + (headers.isEmpty() ? "" : " " + headers) + (body.isEmpty() ? "" : " " + shortBody);
    }
}
