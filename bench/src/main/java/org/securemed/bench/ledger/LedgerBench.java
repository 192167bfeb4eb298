package org.securemed.bench.ledger;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.securemed.bench.Database;
import org.securemed.bench.Figure;
import org.securemed.bench.Report;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogExport;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.Verifier;

/**
 * Appends, proofs and verification of the ledger. Every database is in one PostgreSQL with durable commits, rounds take
 * turns, figures are medians. Each line of JSON has ours and what it is compared with:
 *
 * <ul>
 *   <li>{@code append/<clients>/…-plain}: {@link PlainRows}, {@code …-bulk}: {@link BulkRows}
 *   <li>{@code append/<clients>/two-instances}: two instances on one log against one
 *   <li>{@code append/<clients>/grown}, {@code proof/…}: a log of {@code --entries} against one of a hundredth of it
 *   <li>{@code verify}: the whole log against SHA-256 over its entries and its blocks' signatures, on all cores
 *   <li>{@code verify-files}: the same of its export; for logs of up to two million entries
 * </ul>
 */
public final class LedgerBench {
    private static final String USAGE =
            "usage: ./dev bench ledger [--seconds <n>] [--rounds <n>] [--clients <n,n>] [--entries <n>]";
    private static final int PROOFS = 2000;
    // Larger logs are not exported: it would take longer than all the rest.
    private static final long EXPORTED = 2_000_000;

    private final Duration length;
    private final int rounds;
    private final List<Integer> clients;
    private final long entries;
    private final Database postgres;
    private final Path directory;
    private final Report report = new Report(System.out);

    private LedgerBench(
            Duration length, int rounds, List<Integer> clients, long entries, Database postgres, Path directory) {
        this.length = length;
        this.rounds = rounds;
        this.clients = clients;
        this.entries = entries;
        this.postgres = postgres;
        this.directory = directory;
    }

    /** Arguments in pairs; see the usage it prints otherwise. */
    public static void main(String[] args) throws Exception {
        System.setProperty("logback.configurationFile", "bench-logback.xml");
        double seconds = 2;
        int rounds = 5;
        List<Integer> clients = List.of(1, 8, 32, 128, 512);
        long entries = 1_000_000;
        for (int i = 0; i + 1 < args.length; i += 2) {
            switch (args[i]) {
                case "--seconds" -> seconds = Double.parseDouble(args[i + 1]);
                case "--rounds" -> rounds = Integer.parseInt(args[i + 1]);
                case "--clients" ->
                    clients = Stream.of(args[i + 1].split(",", -1))
                            .map(Integer::valueOf)
                            .toList();
                case "--entries" -> entries = Long.parseLong(args[i + 1]);
                default -> throw new IllegalArgumentException(USAGE);
            }
        }
        if (args.length % 2 != 0) {
            throw new IllegalArgumentException(USAGE);
        }
        Path directory = Files.createTempDirectory("ledger-bench");
        try (Database postgres = Database.start(
                directory.resolve("postgres"), List.of("ours", "two", "plain", "bulk", "small", "grown"))) {
            Duration length = Duration.ofMillis(Math.round(seconds * 1000));
            LedgerBench bench = new LedgerBench(length, rounds, clients, entries, postgres, directory.resolve("files"));
            bench.append();
            bench.grow();
            bench.report.printTable();
        }
    }

    private void append() throws Exception {
        try (LogUnderTest ours = new LogUnderTest(postgres.jdbcUrl("ours"), 1);
                LogUnderTest two = new LogUnderTest(postgres.jdbcUrl("two"), 2);
                HikariDataSource plainPool = LogUnderTest.migrated(postgres.jdbcUrl("plain"), 64);
                HikariDataSource bulkPool = LogUnderTest.migrated(postgres.jdbcUrl("bulk"), 2);
                BulkRows bulk = new BulkRows(bulkPool)) {
            PlainRows plain = new PlainRows(plainPool);
            List<List<Writer>> all = List.of(ours.writers(), two.writers(), List.of(plain), List.of(bulk));
            for (List<Writer> writers : all) {
                ClosedLoop.run(writers, 32, length.multipliedBy(2));
            }
            for (int count : clients) {
                List<List<ClosedLoop.Outcome>> outcomes = inTurns(all, count);
                String name = "append/" + count + "/";
                compare(name, "-plain", outcomes.get(0), outcomes.get(2));
                compare(name, "-bulk", outcomes.get(0), outcomes.get(3));
                if (count > 1) {
                    report.add(new Figure(
                            name + "two-instances", "entries/s", rate(outcomes.get(1)), rate(outcomes.get(0)), rounds));
                }
            }
        }
    }

    private List<List<ClosedLoop.Outcome>> inTurns(List<List<Writer>> all, int count) throws InterruptedException {
        List<List<ClosedLoop.Outcome>> outcomes = new ArrayList<>();
        all.forEach(writers -> outcomes.add(new ArrayList<>()));
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < all.size(); i++) {
                outcomes.get(i).add(ClosedLoop.run(all.get(i), count, length));
            }
        }
        return outcomes;
    }

    private void compare(String name, String suffix, List<ClosedLoop.Outcome> ours, List<ClosedLoop.Outcome> rival) {
        report.add(new Figure(name + "throughput" + suffix, "entries/s", rate(ours), rate(rival), rounds));
        report.add(new Figure(
                name + "p50" + suffix,
                "ms",
                median(ours.stream().mapToDouble(ClosedLoop.Outcome::p50).toArray()),
                median(rival.stream().mapToDouble(ClosedLoop.Outcome::p50).toArray()),
                rounds));
        report.add(new Figure(
                name + "p99" + suffix,
                "ms",
                median(ours.stream().mapToDouble(ClosedLoop.Outcome::p99).toArray()),
                median(rival.stream().mapToDouble(ClosedLoop.Outcome::p99).toArray()),
                rounds));
    }

    private void grow() throws Exception {
        try (LogUnderTest small = new LogUnderTest(postgres.jdbcUrl("small"), 1);
                LogUnderTest grown = new LogUnderTest(postgres.jdbcUrl("grown"), 1)) {
            small.growTo(Math.max(1000, entries / 100));
            grown.growTo(entries);
            String of = "/" + entries;
            report.add(new Figure("proof" + of + "/p50", "ms", proof(grown, 0.5), proof(small, 0.5), PROOFS));
            report.add(new Figure("proof" + of + "/p99", "ms", proof(grown, 0.99), proof(small, 0.99), PROOFS));
            List<List<ClosedLoop.Outcome>> outcomes = inTurns(List.of(grown.writers(), small.writers()), 32);
            report.add(new Figure(
                    "append" + of + "/32", "entries/s", rate(outcomes.get(0)), rate(outcomes.get(1)), rounds));
            verify(grown);
        }
    }

    /** Milliseconds of an inclusion proof of an entry anywhere. */
    private static double proof(LogUnderTest log, double share) {
        SplittableRandom random = new SplittableRandom(7);
        long size = log.first().size();
        double[] millis = new double[PROOFS];
        for (int i = -PROOFS; i < PROOFS; i++) {
            long start = System.nanoTime();
            log.first().inclusionProof(random.nextLong(size), size);
            if (i >= 0) {
                millis[i] = (System.nanoTime() - start) / 1e6;
            }
        }
        Arrays.sort(millis);
        return millis[(int) (share * (PROOFS - 1))];
    }

    private void verify(LogUnderTest log) throws Exception {
        long size = log.first().size();
        double floor = floor(log, size);
        long start = System.nanoTime();
        try (Connection connection = log.database().getConnection()) {
            var found = new Verifier(log.logKey().verifyKey()).verify(connection);
            if (!found.isWhole()) {
                throw new IllegalStateException("the log is not whole: " + found.findings());
            }
        }
        report.add(new Figure("verify/" + size, "s", (System.nanoTime() - start) / 1e9, floor, 1));
        if (size <= EXPORTED) {
            verifyFiles(log, size, floor);
        }
    }

    private void verifyFiles(LogUnderTest log, long size, double floor) throws Exception {
        Path export = directory.resolve("export");
        new LogExport(new PostgresLogStore(log.database()), log.logKey().verifyKey(), export).run();
        double[] seconds = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            var found = new PublishedVerifier(log.logKey().verifyKey(), new LogDirectory(export)).verify();
            if (!found.isWhole()) {
                throw new IllegalStateException("the files are not whole: " + found.findings());
            }
            seconds[round] = (System.nanoTime() - start) / 1e9;
        }
        report.add(new Figure("verify-files/" + size, "s", median(seconds), floor, rounds));
    }

    /** Seconds that hashing every entry and checking every block's signature take, on all cores, without reading. */
    private static double floor(LogUnderTest log, long size) {
        long hashing = 0;
        SplittableRandom random = new SplittableRandom(11);
        int cores = Runtime.getRuntime().availableProcessors();
        for (long from = 0; from < size; from += 1000) {
            List<StoredEntry> page = log.first().range(from, 1000);
            long start = System.nanoTime();
            IntStream.range(0, cores).parallel().forEach(core -> {
                for (int i = core; i < page.size(); i += cores) {
                    sha256(page.get(i).body().toByteArray());
                }
            });
            hashing += System.nanoTime() - start;
        }
        List<Block> sample = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            log.first().blockOf(random.nextLong(size)).ifPresent(sample::add);
        }
        Block last = log.first().blockOf(size - 1).orElseThrow();
        var key = log.first().keyHistory().instanceKey(last.keyId()).orElseThrow();
        long start = System.nanoTime();
        // A check takes as long when it fails.
        sample.forEach(block -> key.signed(new byte[150], block.signature().toByteArray()));
        long signatures = (System.nanoTime() - start) / sample.size() * (last.number() + 1) / cores;
        return (hashing + signatures) / 1e9;
    }

    private static byte[] sha256(byte[] body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double rate(List<ClosedLoop.Outcome> outcomes) {
        return median(outcomes.stream().mapToDouble(ClosedLoop.Outcome::rate).toArray());
    }

    private static double median(double... values) {
        return Figure.median(values);
    }
}
