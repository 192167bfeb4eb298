package org.securemed.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Puts load on one server: clients in closed loops, each a thread with one connection.
 *
 * <p>In a closed loop a slow answer delays the next request, so latencies are those of a server that is never asked
 * more than it can do with this many clients; they say nothing about queues in front of it.
 */
final class LoadDriver implements AutoCloseable {
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "client");
        thread.setDaemon(true);
        return thread;
    });
    private long seed;

    /** The server under load for either kind of requester, what it holds, and where its CPU time is read. */
    record Subject(Target system, Target clinician, Population population, long serverPid, long postmasterPid) {}

    private record Tally(long errors, String firstError, long[] latencies) {}

    /**
     * Runs one round.
     *
     * @param length requests begin during this time; the last ones may end after it
     * @throws IOException if a connection fails
     */
    Round run(Subject subject, Operation operation, int clients, Duration length)
            throws IOException, InterruptedException {
        CountDownLatch ready = new CountDownLatch(clients);
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Tally>> loops = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            loops.add(threads.submit(loop(subject, operation, client, clients, length, ready, go)));
        }
        ready.await();
        Duration server = Cpu.ofProcess(subject.serverPid());
        Duration database = Cpu.ofFamily(subject.postmasterPid());
        Duration driver = driverCpu();
        long start = System.nanoTime();
        go.countDown();
        List<Tally> tallies = new ArrayList<>();
        for (Future<Tally> loop : loops) {
            tallies.add(result(loop));
        }
        long end = System.nanoTime();
        long[] latencies = tallies.stream()
                .flatMapToLong(tally -> Arrays.stream(tally.latencies()))
                .toArray();
        return new Round(
                latencies.length,
                tallies.stream().mapToLong(Tally::errors).sum(),
                tallies.stream()
                        .map(Tally::firstError)
                        .filter(error -> !error.isEmpty())
                        .findFirst()
                        .orElse(""),
                Duration.ofNanos(end - start),
                new Round.Latencies(latencies),
                Cpu.ofProcess(subject.serverPid()).minus(server),
                Cpu.ofFamily(subject.postmasterPid()).minus(database),
                driverCpu().minus(driver));
    }

    private Callable<Tally> loop(
            Subject subject,
            Operation operation,
            int client,
            int clients,
            Duration length,
            CountDownLatch ready,
            CountDownLatch go) {
        SplittableRandom random = new SplittableRandom(seed++);
        return () -> {
            try (Connection connection =
                    openAndReport(operation.isAdministrative() ? subject.system() : subject.clinician(), ready)) {
                go.await();
                long deadline = System.nanoTime() + length.toNanos();
                long[] latencies = new long[1024];
                int answered = 0;
                long errors = 0;
                String firstError = "";
                long now = System.nanoTime();
                while (now < deadline) {
                    Request request = operation.request(subject.population(), client, clients, random);
                    long sent = System.nanoTime();
                    int status = connection.exchange(request);
                    now = System.nanoTime();
                    if (status < 200 || status > 299) {
                        if (errors++ == 0) {
                            firstError = "%s %s was answered %d".formatted(request.method(), request.path(), status);
                        }
                        continue;
                    }
                    if (answered == latencies.length) {
                        latencies = Arrays.copyOf(latencies, answered * 2);
                    }
                    latencies[answered++] = now - sent;
                }
                return new Tally(errors, firstError, Arrays.copyOf(latencies, answered));
            }
        };
    }

    private static Connection openAndReport(Target target, CountDownLatch ready) throws IOException {
        try {
            return Connection.open(target);
        } finally {
            // Also when it failed: the others are not to wait for a client that will never come.
            ready.countDown();
        }
    }

    private static Tally result(Future<Tally> loop) throws IOException, InterruptedException {
        try {
            return loop.get();
        } catch (ExecutionException e) {
            throw new IOException("a client failed", e.getCause());
        }
    }

    private static Duration driverCpu() {
        return Duration.ofNanos(
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
