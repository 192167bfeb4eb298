package org.securemed.bench;

import ca.uhn.fhir.util.VersionUtil;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.securemed.fhir.FhirServerApplication;

/**
 * Measures our server against HAPI: starts a PostgreSQL and the servers, loads the same patients into each, measures in
 * turns, and stops everything, also after a failure or an interrupt.
 */
public final class Bench implements AutoCloseable {
    private static final String OURS = "ours";
    // The demonstration's accounts, for their tokens, but none of its patients: all servers get the same ones later.
    static final List<String> OUR_SETTINGS = List.of("spring.profiles.active=demo", "securemed.demo.patients=0");

    // The last one to be written comes first.
    static final String SYSTEM_TOKEN = "data/demo/backend.token";
    private static final String CLINICIAN_TOKEN = "data/demo/physician.token";
    private static final Duration SETTLE = Duration.ofMillis(100);

    private final Options options;
    private final Path directory;
    private final Report report;
    private final PrintStream log;
    // Both are guarded by this.
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private boolean closed;

    private Bench(Options options, Path directory, PrintStream out, PrintStream log) {
        this.options = options;
        this.directory = directory;
        this.report = new Report(out);
        this.log = log;
    }

    /**
     * Runs the comparison. JSON lines and the table go to standard output, progress to standard error.
     *
     * @param args see {@link Options}; ends with status 1 when a request failed, with 2 when an option is unknown
     */
    public static void main(String[] args) throws Exception {
        // Named here and not found by its usual name, which the servers would find on their class path, too.
        System.setProperty("logback.configurationFile", "bench-logback.xml");
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        Path directory = Path.of("target", "bench").toAbsolutePath();
        int status;
        try (Bench bench = new Bench(options, directory, System.out, System.err)) {
            Thread onInterrupt = new Thread(bench::close, "stop");
            Runtime.getRuntime().addShutdownHook(onInterrupt);
            status = bench.run() == 0 ? 0 : 1;
        }
        System.exit(status);
    }

    /** All servers, ready and loaded. */
    private record Field(LoadDriver.Subject ours, Map<Rival, LoadDriver.Subject> rivals) {}

    /** Returns the number of requests that failed. */
    private long run() throws IOException, SQLException, InterruptedException {
        removeEarlierRun();
        Database database = opened(Database.start(
                directory.resolve("postgres"),
                Stream.concat(Stream.of(OURS), options.rivals().stream().map(Rival::label))
                        .toList()));
        log.printf(
                "HAPI FHIR %s, Java %s, PostgreSQL %s (fsync=on, synchronous_commit=on), %d CPUs, JVM flags %s%n",
                VersionUtil.getVersion(),
                Runtime.version(),
                database.version(),
                Runtime.getRuntime().availableProcessors(),
                String.join(" ", options.jvmFlags()));
        Field field = startAll(database);
        LoadDriver driver = opened(new LoadDriver());
        long errors = measure(driver, field);
        report.printTable();
        if (options.output() != null) {
            report.write(options.output());
        }
        if (errors > 0) {
            log.printf("%d requests failed: these figures are worth nothing%n", errors);
        }
        return errors;
    }

    /** A ledger remembers its last checkpoint beside its database, and would refuse to start on an empty one. */
    private void removeEarlierRun() throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private Field startAll(Database database) throws IOException, InterruptedException {
        if (options.startUps() > 0) {
            startUps(database);
        }
        Map<Rival, ServerProcess> rivals = new EnumMap<>(Rival.class);
        ServerProcess ours = start(OURS, database);
        for (Rival rival : options.rivals()) {
            rivals.put(rival, start(rival, database));
        }
        List<Callable<Prepared>> preparations = new ArrayList<>(List.of(() -> prepare(ours)));
        rivals.values().forEach(server -> preparations.add(() -> prepare(server)));
        List<Prepared> prepared = together(preparations);
        if (options.startUps() == 0) {
            report.add(new Figure(
                    "start-up/all-at-once",
                    "s",
                    seconds(prepared.get(0).startUp()),
                    seconds(prepared.get(1).startUp()),
                    1));
        }
        Map<Rival, LoadDriver.Subject> subjects = new EnumMap<>(Rival.class);
        int next = 1;
        for (Map.Entry<Rival, ServerProcess> rival : rivals.entrySet()) {
            subjects.put(rival.getKey(), subject(prepared.get(next++), rival.getValue(), database));
        }
        return new Field(subject(prepared.get(0), ours, database), subjects);
    }

    private static LoadDriver.Subject subject(Prepared prepared, ServerProcess server, Database database) {
        return new LoadDriver.Subject(
                prepared.system(), prepared.clinician(), prepared.population(), server.pid(), database.postmasterPid());
    }

    private record Prepared(Duration startUp, Target system, Target clinician, Population population) {}

    private Prepared prepare(ServerProcess server) throws IOException {
        Duration startUp = server.awaitReady();
        log.printf("%s is ready after %.1f s%n", server.target(), seconds(startUp));
        long start = System.nanoTime();
        Target system = server.target();
        Target clinician = server.target();
        if (server.target().name().equals(OURS)) {
            system = system.withToken(server.awaitFile(SYSTEM_TOKEN));
            clinician = clinician.withToken(server.awaitFile(CLINICIAN_TOKEN));
        }
        Population population = Loader.load(system, options.patients());
        log.printf(
                "%s holds %d patients after %.1f s%n",
                server.target(), options.patients(), (System.nanoTime() - start) / 1e9);
        return new Prepared(startUp, system, clinician, population);
    }

    /** Time to the first answer of metadata, one server at a time, with the tables already there. */
    private void startUps(Database database) throws IOException {
        List<Double> ours = new ArrayList<>();
        List<Double> rival = new ArrayList<>();
        Rival first = options.rivals().get(0);
        for (int i = 0; i <= options.startUps(); i++) {
            double oursSeconds = startUp(start(OURS, database));
            double rivalSeconds = startUp(start(first, database));
            log.printf("start-up: ours %.1f s, rival %.1f s%s%n", oursSeconds, rivalSeconds, i == 0 ? " (empty)" : "");
            if (i > 0) {
                ours.add(oursSeconds);
                rival.add(rivalSeconds);
            }
        }
        report.add(new Figure("start-up", "s", median(ours), median(rival), ours.size()));
    }

    private static double startUp(ServerProcess started) throws IOException {
        try (ServerProcess server = started) {
            return seconds(server.awaitReady());
        }
    }

    private ServerProcess start(String name, Database database) throws IOException {
        return opened(ServerProcess.start(
                name,
                FhirServerApplication.class,
                database.jdbcUrl(name),
                directory,
                options.jvmFlags(),
                OUR_SETTINGS));
    }

    private ServerProcess start(Rival rival, Database database) throws IOException {
        return opened(ServerProcess.start(
                rival.label(),
                PlainHapiServer.class,
                database.jdbcUrl(rival.label()),
                directory,
                options.jvmFlags(),
                rival.settings()));
    }

    private long measure(LoadDriver driver, Field field) throws IOException, InterruptedException {
        long errors = 0;
        int left = options.operations().size();
        for (Operation operation : options.operations()) {
            Pace pace = pace(left--);
            driver.run(field.ours(), operation, options.warmUpClients(), pace.warmUp());
            for (LoadDriver.Subject rival : field.rivals().values()) {
                driver.run(rival, operation, options.warmUpClients(), pace.warmUp());
            }
            for (int clients : options.clients()) {
                errors += measure(driver, field, operation, clients, pace.round());
            }
        }
        return errors;
    }

    private long measure(LoadDriver driver, Field field, Operation operation, int clients, Duration length)
            throws IOException, InterruptedException {
        List<Round> ours = new ArrayList<>();
        Map<Rival, List<Round>> rivals = new EnumMap<>(Rival.class);
        for (int i = 0; i < options.rounds(); i++) {
            settle();
            ours.add(driver.run(field.ours(), operation, clients, length));
            for (Map.Entry<Rival, LoadDriver.Subject> rival : field.rivals().entrySet()) {
                settle();
                rivals.computeIfAbsent(rival.getKey(), key -> new ArrayList<>())
                        .add(driver.run(rival.getValue(), operation, clients, length));
            }
        }
        String name = operation.label() + "/" + clients + "/";
        rivals.forEach((rival, rounds) -> report(name, rival.suffix(), ours, rounds));
        List<Round> all = Stream.concat(ours.stream(), rivals.values().stream().flatMap(List::stream))
                .toList();
        all.stream()
                .filter(round -> round.errors() > 0)
                .findFirst()
                .ifPresent(round -> log.printf("%s: %s%n", name, round.firstError()));
        return all.stream().mapToLong(Round::errors).sum();
    }

    private void report(String name, String suffix, List<Round> ours, List<Round> rival) {
        report.add(Figure.ofRounds(name + "throughput" + suffix, "requests/s", ours, rival, Round::throughput));
        report.add(Figure.ofRounds(
                name + "p50" + suffix, "ms", ours, rival, r -> r.latencies().percentileMillis(50)));
        report.add(Figure.ofRounds(
                name + "p99" + suffix, "ms", ours, rival, r -> r.latencies().percentileMillis(99)));
        report.add(Figure.ofCpu(name + "cpu-server" + suffix, ours, rival, Round::serverCpu));
        report.add(Figure.ofCpu(name + "cpu-postgresql" + suffix, ours, rival, Round::databaseCpu));
        report.add(Figure.ofCpu(name + "cpu" + suffix, ours, rival, Round::cpu));
        report.add(Figure.ofCpu(name + "cpu-driver" + suffix, ours, rival, Round::driverCpu));
    }

    /** What a server does after its answer is to burden its own round. */
    private static void settle() {
        LockSupport.parkNanos(SETTLE.toNanos());
    }

    private record Pace(Duration warmUp, Duration round) {}

    /** How long warm-up and rounds of the next operation may be, so that the budget lasts for the ones after it. */
    private Pace pace(int operationsLeft) {
        if (options.budget().isZero()) {
            return new Pace(options.warmUp(), options.round());
        }
        int servers = 1 + options.rivals().size();
        long rounds = (long) servers * options.clients().size() * options.rounds();
        Duration wanted = options.warmUp()
                .multipliedBy(servers)
                .plus(options.round().plus(SETTLE).multipliedBy(rounds));
        Duration age = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());
        double share = (double) options.budget().minus(age).toMillis() / operationsLeft / wanted.toMillis();
        double factor = Math.min(1, Math.max(0.2, share));
        return new Pace(scaled(options.warmUp(), factor), scaled(options.round(), factor));
    }

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofNanos((long) (duration.toNanos() * factor));
    }

    private static <T> List<T> together(List<Callable<T>> tasks) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : threads.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IOException("a server could not be prepared", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    private static double median(List<Double> values) {
        return Figure.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private synchronized <T extends AutoCloseable> T opened(T resource) {
        running.push(resource);
        if (closed) {
            // An interrupt came while it was starting.
            close();
        }
        return resource;
    }

    /** Stops what was started, the last first; called a second time it does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                log.printf("could not be stopped: %s%n", e);
            }
        }
    }
}
