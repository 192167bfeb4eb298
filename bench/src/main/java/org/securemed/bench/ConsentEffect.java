package org.securemed.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.securemed.fhir.FhirServerApplication;

/**
 * From the acknowledgement of a changed Consent to the first answer that goes by it, and how long the change itself
 * takes: over HTTP, on our server with its own ledger and PostgreSQL. One Consent is ended and given again; after each
 * acknowledgement the clinician's next read has to see it. Answers are not held back to even times
 * ({@code securemed.consent.answer-interval}), which would be what is measured. One JSON line per figure.
 *
 * <pre>java -cp … org.securemed.bench.ConsentEffect [times given and ended]</pre>
 */
public final class ConsentEffect {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WARM_UP = 200;
    private static final int PATIENTS = 5;

    private ConsentEffect() {}

    /** Ends with status 1 if any read after an acknowledgement was answered by what held before. */
    public static void main(String[] arguments) throws Exception {
        System.setProperty("logback.configurationFile", "bench-logback.xml");
        int changes = arguments.length > 0 ? 2 * Integer.parseInt(arguments[0]) : 2000;
        Path directory = Path.of("target", "bench-effect").toAbsolutePath();
        removeEarlierRun(directory);
        int late;
        try (Database database = Database.start(directory.resolve("postgres"), List.of("ours"));
                ServerProcess server = ServerProcess.start(
                        "ours",
                        FhirServerApplication.class,
                        database.jdbcUrl("ours"),
                        directory,
                        List.of("-Xmx1g"),
                        List.of(
                                "spring.profiles.active=demo",
                                "securemed.demo.patients=0",
                                "securemed.consent.answer-interval=0"))) {
            server.awaitReady();
            Target system = server.target().withToken(server.awaitFile("data/demo/backend.token"));
            Target clinician = server.target().withToken(server.awaitFile("data/demo/physician.token"));
            String patient = Loader.load(system, PATIENTS).members().get(0).id();
            late = measure(system, clinician, patient, changes);
        }
        System.exit(late == 0 ? 0 : 1);
    }

    private static int measure(Target system, Target clinician, String patient, int changes) throws IOException {
        double[] change = new double[changes];
        double[][] effect = new double[2][changes / 2];
        int late = 0;
        try (Connection writer = Connection.open(system);
                Connection reader = Connection.open(clinician)) {
            JsonNode found = JSON.readTree(writer.ask(Request.get("/Consent?patient=Patient/" + patient))
                    .body());
            ObjectNode consent = (ObjectNode) found.path("entry").path(0).path("resource");
            String path = "/Consent/" + consent.path("id").asText();
            for (int i = -WARM_UP; i < changes; i++) {
                boolean open = i % 2 == 0;
                consent.put("status", open ? "active" : "inactive");
                String body = JSON.writeValueAsString(consent);
                long begin = System.nanoTime();
                Connection.Answer stored = writer.ask(Request.put(path, body));
                long acknowledged = System.nanoTime();
                int status = reader.exchange(Request.get("/Patient/" + patient));
                long answered = System.nanoTime();
                if (stored.status() != 200) {
                    throw new IOException("the Consent was refused: " + stored.status() + " " + stored.body());
                }
                late += status == (open ? 200 : 404) ? 0 : 1;
                if (i >= 0) {
                    change[i] = (acknowledged - begin) / 1e6;
                    effect[i % 2][i / 2] = (answered - acknowledged) / 1e6;
                }
            }
        }
        print("consent.change", change);
        print("consent.effect.given", effect[0]);
        print("consent.effect.ended", effect[1]);
        System.out.printf("{\"name\":\"consent.late-answers\",\"unit\":\"answers\",\"value\":%d}%n", late);
        return late;
    }

    private static void print(String name, double[] millis) {
        Arrays.sort(millis);
        System.out.printf(
                Locale.ROOT,
                "{\"name\":\"%s\",\"unit\":\"ms\",\"median\":%.2f,\"p95\":%.2f,\"p99\":%.2f,\"runs\":%d}%n",
                name,
                millis[millis.length / 2],
                millis[millis.length * 95 / 100],
                millis[millis.length * 99 / 100],
                millis.length);
    }

    private static void removeEarlierRun(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
