package org.securemed.bench.ledger;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that write one entry after the other, each waiting for its own. */
final class ClosedLoop {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private ClosedLoop() {}

    /**
     * What one round gave.
     *
     * @param rate entries a second
     * @param p50 median latency in milliseconds
     * @param p99 99th percentile of the latency in milliseconds
     */
    record Outcome(double rate, double p50, double p99) {}

    /** Clients are spread evenly over the writers. */
    static Outcome run(List<Writer> writers, int clients, Duration length) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            long end = System.nanoTime() + length.toNanos();
            List<Future<long[]>> loops = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                Writer writer = writers.get(client % writers.size());
                loops.add(threads.submit(() -> latencies(writer, end)));
            }
            long start = end - length.toNanos();
            List<long[]> all = new ArrayList<>();
            for (Future<long[]> loop : loops) {
                all.add(loop.get());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            long[] nanos = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            return new Outcome(nanos.length / seconds, at(nanos, 0.5), at(nanos, 0.99));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static long[] latencies(Writer writer, long end) throws Exception {
        long[] nanos = new long[1024];
        int count = 0;
        for (long start = System.nanoTime(); start < end; ) {
            writer.write(Entries.next(NUMBERS.getAndIncrement()));
            long now = System.nanoTime();
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, count * 2);
            }
            nanos[count++] = now - start;
            start = now;
        }
        return Arrays.copyOf(nanos, count);
    }

    private static double at(long[] sorted, double share) {
        return sorted[(int) ((sorted.length - 1) * share)] / 1e6;
    }
}
