package org.securemed.bench;

import java.time.Duration;
import java.util.Arrays;

/**
 * What one round gave.
 *
 * @param requests answered with success
 * @param errors answered otherwise, or not answered
 * @param firstError what the first of them was, empty if there was none
 * @param elapsed from the first request to the last answer
 * @param latencies of the successful requests
 * @param serverCpu CPU time of the server's JVM
 * @param databaseCpu CPU time of all processes of PostgreSQL; only this server used it
 * @param driverCpu CPU time of the load driver
 */
record Round(
        long requests,
        long errors,
        String firstError,
        Duration elapsed,
        Latencies latencies,
        Duration serverCpu,
        Duration databaseCpu,
        Duration driverCpu) {

    /** Sorted latencies in nanoseconds. */
    static final class Latencies {
        private final long[] nanos;

        Latencies(long[] unsorted) {
            nanos = unsorted.clone();
            Arrays.sort(nanos);
        }

        /**
         * The nearest-rank percentile.
         *
         * @param percent above 0, at most 100
         * @return milliseconds; NaN if there was no request
         */
        double percentileMillis(double percent) {
            if (nanos.length == 0) {
                return Double.NaN;
            }
            int rank = (int) Math.ceil(percent / 100 * nanos.length);
            return nanos[Math.max(rank, 1) - 1] / 1e6;
        }
    }

    double throughput() {
        return requests / (elapsed.toNanos() / 1e9);
    }

    /** Server and database. */
    Duration cpu() {
        return serverCpu.plus(databaseCpu);
    }
}
