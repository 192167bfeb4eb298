package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;

/**
 * The requests that somebody in front of the server has seen, and the requests that the ledger knows, are the same:
 * over a random run of good, refused, malformed and abandoned ones by several clients at once. Longer with
 * {@code -Dsecuremed.count.requests=…}, otherwise with {@code -Dsecuremed.count.seed=…}.
 */
class CountEqualityIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final int REQUESTS = Integer.getInteger("securemed.count.requests", 400);
    private static final long SEED = Long.getLong("securemed.count.seed", 20260322);
    private static final int CLIENTS = 4;
    private static final String OPEN = "count-open";
    private static final String CLOSED = "count-closed";
    private static final String JSON = "application/fhir+json";

    /** What the one in front has passed on, by request id, and the status that came back; 0 if nobody waited for it. */
    private final Map<String, Integer> seen = new ConcurrentHashMap<>();

    private record Asked(@Nullable String user, String method, String path, String type, String body) {}

    @Test
    void what_was_seen_in_front_and_what_was_recorded_are_the_same() throws Exception {
        for (String patient : List.of(OPEN, CLOSED)) {
            put("Patient/" + patient, "{'resourceType':'Patient','id':'" + patient + "'}");
            put("Observation/obs-" + patient, observation("obs-" + patient, patient));
            Consents.form(SERVER, patient);
        }
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/jonas-lindqvist"));
        Recorded recorded = Recorded.since(SERVER);
        run("count-", REQUESTS, 8);

        List<String> twice = new ArrayList<>();
        Set<String> known = known(recorded.events(), "count-", twice);
        assertThat(known).as("seed " + SEED).isEqualTo(new TreeSet<>(seen.keySet()));
        assertThat(twice).as("recorded more than once, seed " + SEED).isEmpty();
        assertThat(seen.values()).as("no answer is a failure of ours").noneMatch(status -> status >= 500);
        assertThat(seen.values()).contains(0, 200, 201, 400, 401, 403, 404);
    }

    @Test
    void while_connections_to_the_database_are_cut_whatever_was_answered_is_recorded_once() throws Exception {
        for (String patient : List.of(OPEN, CLOSED)) {
            put("Patient/" + patient, "{'resourceType':'Patient','id':'" + patient + "'}");
            put("Observation/obs-" + patient, observation("obs-" + patient, patient));
        }
        Recorded recorded = Recorded.since(SERVER);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger cuts = new AtomicInteger();
        Random random = new Random(SEED);
        Thread vandal = new Thread(() -> {
            while (!over.get()) {
                cuts.addAndGet(cut());
                LockSupport.parkNanos(
                        Duration.ofMillis(20 + random.nextInt(100)).toNanos());
            }
        });
        vandal.start();
        try {
            run("cut-", REQUESTS / 2, Integer.MAX_VALUE);
        } finally {
            over.set(true);
            vandal.join();
        }
        // What is left in the pool of what was cut is found out by using it.
        for (int good = 0, tries = 0; good < 40 && tries < 400; tries++) {
            int status = SERVER.get("backend", "Patient/" + OPEN).status();
            good = status == 200 ? good + 1 : 0;
        }
        List<String> twice = new ArrayList<>();
        Set<String> known = known(recorded.events(), "cut-", twice);
        Set<String> answered = seen.entrySet().stream()
                .filter(one -> one.getKey().startsWith("cut-") && one.getValue() < 500)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(cuts.get()).isGreaterThan(5);
        assertThat(answered).as("seed " + SEED).hasSizeGreaterThan(REQUESTS / 8);
        assertThat(known).as("whatever was answered is recorded, seed " + SEED).containsAll(answered);
        assertThat(seen.keySet()).as("nothing else is recorded").containsAll(known);
        assertThat(twice).as("recorded more than once, seed " + SEED).isEmpty();
    }

    /** Ends a connection of the server's to its database, in whatever it is doing; how many. */
    private static int cut() {
        try (Connection connection = SERVER.database().getConnection();
                Statement statement = connection.createStatement();
                ResultSet ended = statement.executeQuery("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where datname = current_database() and pid <> pg_backend_pid()"
                        + " and backend_type = 'client backend' order by state = 'idle', random() limit 1")) {
            return ended.next() ? 1 : 0;
        } catch (SQLException e) {
            // It got a connection that was cut before.
            return 0;
        }
    }

    /**
     * Several clients at once.
     *
     * @param givesUp one of so many does not wait for its answer
     */
    private void run(String prefix, int requests, int givesUp) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Future<?>> running = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            Random random = new Random(SEED + client);
            String name = prefix + client + "-";
            running.add(clients.submit(() -> {
                for (int i = 0; i < requests / CLIENTS; i++) {
                    pass(name + i, some(random), random.nextInt(givesUp) == 0);
                }
                return null;
            }));
        }
        for (Future<?> client : running) {
            client.get();
        }
        clients.shutdown();
    }

    /** Ids of the recorded requests; what was told of one more than once is added to {@code twice}. */
    private Set<String> known(List<AuditEvent> events, String prefix, List<String> twice) {
        Set<String> known = new TreeSet<>();
        Set<String> once = new HashSet<>();
        for (AuditEvent event : events) {
            String id = requestId(event);
            if (!id.startsWith(prefix)) {
                continue;
            }
            known.add(id);
            boolean bundle = event.getSubtypeFirstRep().getCode() != null && seenAsBundle.contains(id);
            if (!bundle && !once.add(id + "|" + told(event))) {
                twice.add(id + "|" + told(event));
            }
        }
        return known;
    }

    private final Set<String> seenAsBundle = Collections.newSetFromMap(new ConcurrentHashMap<>());

    private static String told(AuditEvent event) {
        return event.getSubtype().stream().map(code -> code.getCode()).collect(Collectors.joining("+"))
                + event.getEntity().stream()
                        .map(entity -> String.valueOf(entity.getWhat().getReference()))
                        .collect(Collectors.joining("+"));
    }

    private static String requestId(AuditEvent event) {
        return event.getEntity().stream()
                .filter(entity -> entity.getType().getCode() != null
                        && entity.getType()
                                .getCode()
                                .equals(AuditCodes.requestId().getCode()))
                .map(entity -> String.valueOf(entity.getWhat().getIdentifier().getValue()))
                .findFirst()
                .orElse("");
    }

    /**
     * Passes a request on as a proxy does, byte by byte; one who has given up resets the connection at the first byte
     * of the answer.
     */
    private void pass(String id, Asked asked, boolean gaveUp) throws IOException {
        URI server = URI.create(SERVER.base());
        byte[] body = asked.body().replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder("%s /fhir%s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n"
                .formatted(
                        asked.method(),
                        asked.path().isEmpty() ? "" : "/" + asked.path(),
                        server.getHost(),
                        server.getPort()));
        head.append("X-Request-ID: ").append(id).append("\r\n");
        if (asked.user() != null) {
            head.append("Authorization: Bearer ")
                    .append(SERVER.token(asked.user()))
                    .append("\r\n");
        }
        if (!asked.type().isEmpty()) {
            head.append("Content-Type: ").append(asked.type()).append("\r\n");
        }
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        if (asked.path().isEmpty()) {
            seenAsBundle.add(id);
        }
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(body);
            socket.getOutputStream().flush();
            InputStream answer = socket.getInputStream();
            if (gaveUp) {
                int first = answer.read();
                assertThat(first).isEqualTo('H');
                socket.setSoLinger(true, 0);
                seen.put(id, 0);
                return;
            }
            String text = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
            seen.put(id, Integer.parseInt(text.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length())));
        }
    }

    private static Asked some(Random random) {
        String patient = random.nextBoolean() ? OPEN : CLOSED;
        String user = random.nextBoolean() ? "physician2" : "backend";
        return switch (random.nextInt(18)) {
            case 0 -> get(user, "Patient/" + patient);
            case 1 -> get(user, "Observation/obs-" + patient);
            case 2 -> get(user, "Observation/nobody-" + random.nextInt(9));
            case 3 -> get(user, "Observation?patient=" + patient + "&_count=2");
            case 4 -> get(user, "Observation/obs-" + patient + "/_history");
            case 5 -> get(user, "Patient/" + patient + "/$everything?_count=3");
            case 6 -> get(user, "metadata");
            case 7 -> get(null, "Patient/" + patient);
            case 8 -> get("nurse", "Observation?_has:Provenance:target:agent=x");
            case 9 -> get(user, "Nonsense/1");
            case 10 -> get("compliance", "AuditEvent?patient=" + patient + "&_count=3");
            case 11 -> get("physician2", "AuditEvent");
            case 12 -> new Asked(user, "POST", "Observation", JSON, "{'resourceType':'Observation'");
            case 13 -> new Asked(user, "POST", "Observation", JSON, observation("", patient));
            case 14 ->
                new Asked(user, "PUT", "Observation/obs-" + patient, JSON, observation("obs-" + patient, patient));
            case 15 ->
                new Asked(
                        user, "POST", "Observation/_search", "application/x-www-form-urlencoded", "patient=" + patient);
            case 16 ->
                new Asked(user, "POST", "", JSON, bundle("batch", observation("", patient), observation("", CLOSED)));
            default ->
                new Asked(
                        user,
                        "POST",
                        "",
                        JSON,
                        bundle("transaction", observation("", patient), observation("", CLOSED)));
        };
    }

    private static Asked get(@Nullable String user, String path) {
        return new Asked(user, "GET", path, "", "");
    }

    private static String bundle(String type, String one, String two) {
        String entry = "{'resource':%s,'request':{'method':'POST','url':'Observation'}}";
        return "{'resourceType':'Bundle','type':'" + type + "','entry':[" + entry.formatted(one) + ","
                + entry.formatted(two) + "]}";
    }

    private static String observation(String id, String patient) {
        return "{'resourceType':'Observation'" + (id.isEmpty() ? "" : ",'id':'" + id + "'")
                + ",'status':'final','code':{'text':'c'},'subject':{'reference':'Patient/" + patient + "'}}";
    }

    private static void put(String path, String body) throws IOException {
        new CountEqualityIT().pass("prepare", new Asked("backend", "PUT", path, JSON, body), false);
    }
}
