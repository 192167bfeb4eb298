package org.securemed.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.securemed.fhir.FhirServerApplication;

/**
 * The first page of an AuditEvent search by patient and date, over HTTP with everything on, while the entries' table
 * grows. The patient's entries are made by requests; all others are put into the same table past the server, in the
 * partition where the patient's are, with as many patients, accounts and codes as a hospital has: in the indexes they
 * count, and no answer shows them. The figure compares the large table with the small one.
 */
public final class AuditSearchBench {
    private static final String USAGE =
            "usage: ./dev bench audit [--entries <n>] [--small <n>] [--requests <n>] [--directory <path>]";
    private static final int FIRST_FILLER = 20_000;
    private static final int CHUNK = 250_000;
    private static final int WARM_UP = 100;
    private static final int OWN_ENTRIES = 200;
    private static final long MOST = 9_900_000;

    private final Report report = new Report(System.out);
    private final HttpClient http = HttpClient.newHttpClient();
    private final int requests;

    private AuditSearchBench(int requests) {
        this.requests = requests;
    }

    /** Arguments in pairs; see the usage it prints otherwise. */
    public static void main(String[] args) throws Exception {
        System.setProperty("logback.configurationFile", "bench-logback.xml");
        long entries = MOST;
        long small = 100_000;
        int requests = 300;
        Path directory = Files.createTempDirectory("audit-bench");
        for (int i = 0; i + 1 < args.length; i += 2) {
            switch (args[i]) {
                case "--entries" -> entries = Long.parseLong(args[i + 1]);
                case "--small" -> small = Long.parseLong(args[i + 1]);
                case "--requests" -> requests = Integer.parseInt(args[i + 1]);
                case "--directory" -> directory = Path.of(args[i + 1]);
                default -> throw new IllegalArgumentException(USAGE);
            }
        }
        if (args.length % 2 != 0 || small > entries || entries > MOST) {
            throw new IllegalArgumentException(USAGE + ", at most " + MOST);
        }
        new AuditSearchBench(requests).run(directory, small, entries);
    }

    private void run(Path directory, long small, long entries) throws Exception {
        try (Database database = Database.start(directory.resolve("postgres"), List.of("audit"));
                ServerProcess server = ServerProcess.start(
                        "audit",
                        FhirServerApplication.class,
                        database.jdbcUrl("audit"),
                        directory,
                        List.of("-Xmx2g"),
                        settings())) {
            server.awaitReady();
            Target system = server.target().withToken(server.awaitFile(Bench.SYSTEM_TOKEN));
            String patient = patient(system);
            String search = "/AuditEvent?patient=Patient/" + patient + "&date=ge"
                    + Instant.now().minus(1, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS) + "&_count=20";
            for (int i = 0; i < OWN_ENTRIES; i++) {
                require(system, "/Patient/" + patient);
            }
            long filled = fill(database, FIRST_FILLER, small);
            Measured before = measure(system, search);
            fill(database, filled, entries - small);
            Measured after = measure(system, search);
            report.add(new Figure("audit-search/first-page/p50", "ms", after.p50, before.p50, requests));
            report.add(new Figure("audit-search/first-page/p95", "ms", after.p95, before.p95, requests));
        }
    }

    /** What reads all entries has nothing to find among those that were put in. */
    private static List<String> settings() {
        List<String> settings = new ArrayList<>(Bench.OUR_SETTINGS);
        settings.add("securemed.review.enabled=false");
        settings.add("securemed.integrity.sweep-interval=0");
        return settings;
    }

    private record Measured(double p50, double p95) {}

    private String patient(Target system) throws IOException, InterruptedException {
        HttpResponse<String> made = http.send(
                request(system, "/Patient")
                        .header("Content-Type", "application/fhir+json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Measured\"}]}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        String location = made.headers().firstValue("Location").orElseThrow(() -> new IOException(made.body()));
        return location.replaceFirst(".*/Patient/([^/]+).*", "$1");
    }

    private Measured measure(Target system, String search) throws IOException, InterruptedException {
        for (int i = 0; i < WARM_UP; i++) {
            require(system, search);
        }
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            long start = System.nanoTime();
            String page = require(system, search);
            millis.add((System.nanoTime() - start) / 1e6);
            if (page.split("\"resourceType\":\"AuditEvent\"", -1).length != 21) {
                throw new IOException("not a page of 20 events");
            }
        }
        Collections.sort(millis);
        return new Measured(millis.get(requests / 2), millis.get(requests * 95 / 100));
    }

    private String require(Target system, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                http.send(request(system, path).GET().build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static HttpRequest.Builder request(Target target, String path) {
        return HttpRequest.newBuilder(URI.create(target.endpoint() + path))
                .timeout(Duration.ofMinutes(2))
                .header("Authorization", "Bearer " + target.token());
    }

    /** Puts entries of others into the table; the index behind the last. */
    private static long fill(Database database, long from, long count) throws SQLException {
        String url = database.jdbcUrl("audit");
        try (java.sql.Connection connection = DriverManager.getConnection(url, "postgres", "");
                Statement settings = connection.createStatement()) {
            settings.execute("set synchronous_commit = off");
            for (long next = from; next < from + count; next += CHUNK) {
                fillChunk(connection, next, Math.min(CHUNK, from + count - next));
                System.err.printf("%,d of %,d entries%n", next - from, count);
            }
            settings.execute("checkpoint");
            settings.execute("vacuum analyze ledger.ledger_entry");
        }
        return from + count;
    }

    /** Six years, 50,000 patients, 5,000 accounts, and mostly reads and searches. */
    private static void fillChunk(java.sql.Connection connection, long from, long count) throws SQLException {
        String sql = "insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)"
                + " select 1, i, (extract(epoch from now()) * 1000)::bigint - ((9900000 - i) * 19116),"
                + " sha256(int8send(i)), decode(repeat(md5(i::text), 15), 'hex'),"
                + " case when i % 10 > 0 then decode(md5((hashint8(i) % 50000)::text), 'hex') end,"
                + " 'client-' || abs(hashint8(i + 1)) % 5000,"
                + " (array['read', 'search', 'read', 'vread', 'update', 'create', 'search', 'login'])[1 + i % 8]"
                + " from generate_series(?::bigint, ?::bigint) i";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setLong(1, from);
            insert.setLong(2, from + count - 1);
            insert.executeUpdate();
        }
    }
}
