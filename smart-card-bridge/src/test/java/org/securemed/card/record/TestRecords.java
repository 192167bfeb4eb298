package org.securemed.card.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A FHIR server that holds what it is given and shows each patient their own: the twin of the real one behind
 * {@link FhirRecords}. Searches answer in pages of two.
 */
public final class TestRecords implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, ObjectNode> resources = new LinkedHashMap<>();
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final Set<String> permits = ConcurrentHashMap.newKeySet();
    private volatile boolean recording = true;
    private final HttpServer server;

    public TestRecords() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        server.createContext("/fhir/", this::answer);
        server.start();
    }

    /** Its base. */
    public String base() {
        return "http://localhost:" + server.getAddress().getPort() + "/fhir";
    }

    /** Adds a resource with type and id. */
    public void add(String json) {
        try {
            ObjectNode resource = (ObjectNode) JSON.readTree(json);
            resources.put(
                    resource.path("resourceType").asText() + "/"
                            + resource.path("id").asText(),
                    resource);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets somebody see a patient's record. */
    public void permit(String user, String patient) {
        permits.add(user + " " + patient);
    }

    /** The AuditEvents that were recorded. */
    public List<JsonNode> events() {
        return List.copyOf(events);
    }

    /** Whether AuditEvents can be recorded now. */
    public void recording(boolean possible) {
        recording = possible;
    }

    /** A file with a key of the bridge. */
    public static Path clientKey() {
        try {
            Path file = Files.createTempFile(Path.of("target"), "client", ".jwk");
            Files.writeString(
                    file,
                    new ECKeyGenerator(Curve.P_384).keyID("bridge").generate().toJSONString());
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException | JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private void record(HttpExchange exchange) throws IOException {
        if (recording) {
            events.add(JSON.readTree(exchange.getRequestBody().readAllBytes()));
        }
        exchange.sendResponseHeaders(recording ? 201 : 503, -1);
        exchange.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Access-Control-Allow-Origin", "*");
        exchange.getResponseHeaders().set("Access-Control-Allow-Headers", "authorization");
        if (exchange.getRequestMethod().equals("OPTIONS")) {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
            return;
        }
        if (exchange.getRequestMethod().equals("POST")
                && exchange.getRequestURI().getPath().equals("/fhir/AuditEvent")) {
            record(exchange);
            return;
        }
        String path = exchange.getRequestURI().getPath().substring("/fhir/".length());
        String patient = patient(exchange.getRequestHeaders().getFirst("Authorization"));
        Optional<JsonNode> body = path.contains("/")
                ? read(path, patient)
                : Optional.of(search(path, exchange.getRequestURI().getQuery(), patient));
        byte[] bytes = body.map(node -> node.toString().getBytes(StandardCharsets.UTF_8))
                .orElse(new byte[0]);
        exchange.getResponseHeaders().add("Content-Type", "application/fhir+json");
        exchange.sendResponseHeaders(body.isPresent() ? 200 : 404, bytes.length == 0 ? -1 : bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    /** The patient of the access token, {@code Patient/id}; signatures are the bridge's and not this test's matter. */
    private static String patient(String authorization) {
        try {
            String user = SignedJWT.parse(authorization.substring("Bearer ".length()))
                    .getJWTClaimsSet()
                    .getStringClaim("fhirUser");
            return user.substring(user.indexOf("/fhir/") + "/fhir/".length());
        } catch (ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private Optional<JsonNode> read(String path, String patient) {
        if (path.endsWith("/$summary")) {
            return read(path.substring(0, path.indexOf("/$")), patient).map(it -> summary(patient));
        }
        return Optional.<JsonNode>ofNullable(resources.get(path)).filter(it -> isOf(it, patient));
    }

    private boolean isOf(JsonNode resource, String who) {
        String subject = resource.path("subject")
                .path("reference")
                .asText(resource.path("patient").path("reference").asText());
        boolean patient = resource.path("resourceType").asText().equals("Patient");
        String owner = patient ? "Patient/" + resource.path("id").asText() : subject;
        boolean shared = resource.path("resourceType").asText().equals("Medication");
        return shared || owner.equals(who) || permits.contains(who + " " + owner);
    }

    private JsonNode search(String type, String query, String patient) {
        int from = query.contains("page=") ? Integer.parseInt(query.substring(query.indexOf("page=") + 5)) : 0;
        ObjectNode bundle =
                JSON.createObjectNode().put("resourceType", "Bundle").put("type", "searchset");
        ArrayNode entries = bundle.putArray("entry");
        resources.values().stream()
                .filter(it -> it.path("resourceType").asText().equals(type))
                .filter(it -> isOf(it, patient))
                .filter(it -> matchesCode(it, query))
                .filter(it -> matchesIdentifier(it, query))
                .skip(from)
                .limit(3)
                .forEach(it -> entries.addObject().set("resource", it));
        if (entries.size() == 3) {
            entries.remove(2);
            bundle.putArray("link")
                    .addObject()
                    .put("relation", "next")
                    .put(
                            "url",
                            base() + "/" + type + "?"
                                    + query.replaceAll("&page=.*", "")
                                            .replace(" ", "%20")
                                            .replace("|", "%7C") + "&page=" + (from + 2));
        }
        return bundle;
    }

    private static boolean matchesCode(JsonNode resource, String query) {
        if (!query.contains("code=")) {
            return true;
        }
        return query.contains(
                "|" + resource.path("code").path("coding").path(0).path("code").asText("-"));
    }

    private static boolean matchesIdentifier(JsonNode resource, String query) {
        JsonNode identifier = resource.path("identifier").path(0);
        String token = identifier.path("system").asText() + "|"
                + identifier.path("value").asText();
        return !query.contains("identifier=") || query.contains("identifier=" + token);
    }

    private JsonNode summary(String patient) {
        ObjectNode bundle =
                JSON.createObjectNode().put("resourceType", "Bundle").put("type", "document");
        ArrayNode entries = bundle.putArray("entry");
        entries.addObject()
                .putObject("resource")
                .put("resourceType", "Composition")
                .put("status", "final")
                .put("title", "International Patient Summary");
        resources.values().stream()
                .filter(it -> isOf(it, patient))
                .forEach(it -> entries.addObject().set("resource", it));
        return bundle;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
