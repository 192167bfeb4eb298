package org.securemed.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.securemed.fhir.FhirServerApplication;
import org.securemed.fhir.demo.Hospital;

/**
 * Our server beside itself: a physician whom a few patients have let in beside one whose organisation 200,000 further
 * patients have let in, and beside one beside whose patients are a hundred times as many who have let in nobody. In the
 * figures "ours" is the one with many, "rival" the one with few.
 *
 * <pre>./dev bench organisation [consents, 0 for the second comparison alone [rounds [seconds]]]</pre>
 */
public final class OrganisationBench {
    private static final String FEW = "few";
    private static final String ORGANISATION = "organisation";
    private static final String HIDDEN = "hidden";
    private static final String NONE_HIDDEN = "none_hidden";
    private static final List<Operation> PATIENT_SCOPED =
            List.of(Operation.READ_PATIENT, Operation.SEARCH_OBSERVATION_BY_PATIENT, Operation.CREATE_OBSERVATION);
    private static final List<Operation> SEARCHES =
            List.of(Operation.SEARCH_OBSERVATION_BY_PATIENT, Operation.SEARCH_OBSERVATION_BY_CODE);
    private static final int PATIENTS = 3;
    private static final int HIDDEN_FOR_EACH = 100;
    private static final int CLIENTS = 2;
    private static final List<String> SETTINGS = List.of("spring.profiles.active=demo", "securemed.demo.patients=0");
    private static final List<String> JVM_FLAGS = List.of("-Xms1500m", "-Xmx1500m", "-Duser.timezone=UTC");
    private static final Duration WARM_UP = Duration.ofSeconds(45);

    private final Path directory;
    private final PrintStream log;
    private final Report report;

    private OrganisationBench(Path directory, PrintStream out, PrintStream log) {
        this.directory = directory;
        this.log = log;
        this.report = new Report(out);
    }

    /** Figures go to standard output, progress to standard error. */
    public static void main(String[] args) throws Exception {
        System.setProperty("logback.configurationFile", "bench-logback.xml");
        int consents = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 7;
        Duration round = Duration.ofSeconds(args.length > 2 ? Integer.parseInt(args[2]) : 4);
        Path directory = Path.of("target", "bench-organisation").toAbsolutePath();
        new OrganisationBench(directory, System.out, System.err).run(consents, rounds, round);
        System.exit(0);
    }

    private void run(int consents, int rounds, Duration round) throws Exception {
        removeEarlierRun();
        List<String> names = List.of(FEW, ORGANISATION, NONE_HIDDEN, HIDDEN);
        long errors = 0;
        try (Database database = Database.start(directory.resolve("postgres"), names)) {
            if (consents > 0) {
                seed(database, consents);
                errors += beside(FEW, ORGANISATION, database, PATIENT_SCOPED, rounds, round);
            }
            errors += beside(NONE_HIDDEN, HIDDEN, database, SEARCHES, rounds, round);
        }
        report.printTable();
        if (errors > 0) {
            log.printf("%d requests failed: these figures are worth nothing%n", errors);
        }
    }

    private void seed(Database database, int consents) throws Exception {
        long start = System.nanoTime();
        ConsentSeed.seed(
                database.jdbcUrl(ORGANISATION),
                directory.resolve(ORGANISATION).resolve("data/ledger"),
                consents,
                Hospital.HOSPITAL);
        log.printf("%d consents after %.1f s%n", consents, (System.nanoTime() - start) / 1e9);
    }

    /** Two servers that were started together and asked the same: neither is warmer than the other, or holds more. */
    private long beside(
            String few, String many, Database database, List<Operation> operations, int rounds, Duration round)
            throws Exception {
        try (ServerProcess one = start(few, database);
                ServerProcess other = start(many, database);
                LoadDriver driver = new LoadDriver()) {
            LoadDriver.Subject subject = subject(one, few, database);
            return measure(driver, subject, subject(other, many, database), many, operations, rounds, round);
        }
    }

    private ServerProcess start(String name, Database database) throws IOException {
        return ServerProcess.start(
                name, FhirServerApplication.class, database.jdbcUrl(name), directory, JVM_FLAGS, SETTINGS);
    }

    private LoadDriver.Subject subject(ServerProcess server, String name, Database database) throws IOException {
        Duration ready = server.awaitReady();
        log.printf("%s is ready after %.1f s%n", name, ready.toMillis() / 1e3);
        Target system = server.target().withToken(server.awaitFile("data/demo/backend.token"));
        Target clinician = server.target().withToken(server.awaitFile("data/demo/physician.token"));
        Population population = Loader.load(system, PATIENTS);
        if (name.equals(HIDDEN)) {
            Loader.loadHidden(system, PATIENTS, PATIENTS * HIDDEN_FOR_EACH);
        }
        return new LoadDriver.Subject(system, clinician, population, server.pid(), database.postmasterPid());
    }

    private long measure(
            LoadDriver driver,
            LoadDriver.Subject few,
            LoadDriver.Subject many,
            String name,
            List<Operation> operations,
            int rounds,
            Duration round)
            throws IOException, InterruptedException {
        long errors = 0;
        for (Operation operation : operations) {
            driver.run(few, operation, CLIENTS, WARM_UP);
            driver.run(many, operation, CLIENTS, WARM_UP);
            List<Round> ours = new ArrayList<>();
            List<Round> rival = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                // Who is first has what the other left in the caches of the machine.
                boolean first = i % 2 == 0;
                (first ? ours : rival).add(settled(driver, first ? many : few, operation, round));
                (first ? rival : ours).add(settled(driver, first ? few : many, operation, round));
            }
            String label = name + "/" + operation.label() + "/" + CLIENTS + "/";
            report.add(Figure.ofRounds(label + "throughput", "requests/s", ours, rival, Round::throughput));
            report.add(Figure.ofRounds(
                    label + "p50", "ms", ours, rival, r -> r.latencies().percentileMillis(50)));
            report.add(Figure.ofRounds(
                    label + "p99", "ms", ours, rival, r -> r.latencies().percentileMillis(99)));
            report.add(Figure.ofCpu(label + "cpu-server", ours, rival, Round::serverCpu));
            report.add(Figure.ofCpu(label + "cpu", ours, rival, Round::cpu));
            errors += Stream.concat(ours.stream(), rival.stream())
                    .mapToLong(Round::errors)
                    .sum();
        }
        return errors;
    }

    private static Round settled(LoadDriver driver, LoadDriver.Subject subject, Operation operation, Duration round)
            throws IOException, InterruptedException {
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        return driver.run(subject, operation, CLIENTS, round);
    }

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
}
