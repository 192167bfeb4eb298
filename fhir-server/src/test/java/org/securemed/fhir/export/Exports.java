package org.securemed.fhir.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Bulk exports as a client makes them. */
public final class Exports {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BASE = "http://localhost:8080/fhir/";

    private Exports() {}

    /** Asks for an export; what comes back. */
    public static Answer begin(TestServer server, String token, String path) {
        return server.send(request(server, token, path)
                .header("Prefer", "respond-async")
                .header("Accept", "application/fhir+json")
                .GET());
    }

    /** Asks for an export; the path of its status. */
    public static String status(TestServer server, String token, String path) {
        Answer answer = begin(server, token, path);
        if (answer.status() != 202) {
            throw new IllegalStateException("the export was refused: " + answer);
        }
        return path(answer);
    }

    /** The path of the status of an export that was begun. */
    public static String path(Answer begun) {
        return below(begun.response().headers().firstValue("Content-Location").orElseThrow());
    }

    /** Asks until the export can be fetched; the manifest. */
    public static JsonNode manifest(TestServer server, String token, String status) {
        for (int asked = 0; asked < 600; asked++) {
            Answer answer = server.send(request(server, token, status).GET());
            if (answer.status() == 200) {
                return json(answer.text());
            }
            if (answer.status() != 202) {
                throw new IllegalStateException("the export failed: " + answer);
            }
        }
        throw new IllegalStateException("the export does not end");
    }

    /** The paths of a manifest's files, by type. */
    public static Map<String, List<String>> files(JsonNode manifest) {
        Map<String, List<String>> files = new LinkedHashMap<>();
        for (JsonNode file : manifest.path("output")) {
            files.computeIfAbsent(file.path("type").asText(), type -> new ArrayList<>())
                    .add(below(file.path("url").asText()));
        }
        return files;
    }

    /** The path of the first file of a type. */
    public static String first(JsonNode manifest, String type) {
        List<String> files = files(manifest).get(type);
        if (files == null) {
            throw new IllegalStateException("there is no file of " + type + ": " + manifest);
        }
        return files.get(0);
    }

    /** Fetches a file; {@code Type/id} of what is in it. */
    public static List<String> references(TestServer server, String token, String file) {
        Answer answer = server.send(request(server, token, file).GET());
        if (answer.status() != 200) {
            throw new IllegalStateException("the file was refused: " + answer);
        }
        return references(answer.text());
    }

    /** {@code Type/id} of each line. */
    public static List<String> references(String ndjson) {
        return ndjson.lines()
                .map(Exports::json)
                .map(resource -> resource.path("resourceType").asText() + "/"
                        + resource.path("id").asText())
                .toList();
    }

    /** A whole export: {@code Type/id} of all that comes, in order. */
    public static TreeSet<String> all(TestServer server, String token, String path) {
        TreeSet<String> all = new TreeSet<>();
        files(manifest(server, token, status(server, token, path)))
                .values()
                .forEach(files -> files.forEach(file -> all.addAll(references(server, token, file))));
        return all;
    }

    /** A request with this token. */
    public static HttpRequest.Builder request(TestServer server, String token, String path) {
        return server.anonymous(path).header("Authorization", "Bearer " + token);
    }

    private static String below(String url) {
        if (!url.startsWith(BASE)) {
            throw new IllegalStateException("not an address of this server: " + url);
        }
        return url.substring(BASE.length());
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
