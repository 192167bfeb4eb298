package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/**
 * Whether two questions can be told apart by how long their answers take: asked in turns, in an order by chance, and
 * compared by Welch's t-test, once over all times and once without the slowest tenth of both, as dudect does.
 *
 * @param all t over all times
 * @param cropped t over the times up to the 90th percentile of both together
 * @see <a href="https://eprint.iacr.org/2016/1123">Reparaz, Balasch, Verbauwhede: Dude, is my code constant time?</a>
 */
public record AnswerTimes(double all, double cropped) {
    /** Above this a difference counts as shown; the usual limit of test vector leakage assessment. */
    static final double LIMIT = 4.5;

    private static final double KEPT = 0.9;

    /**
     * Asks both.
     *
     * @param pairs how often, after a tenth of that to get warm
     * @param one asks and returns how many nanoseconds that took
     */
    public static AnswerTimes of(int pairs, long seed, LongSupplier one, LongSupplier other) {
        return of(pairs, 1, seed, one, other);
    }

    /**
     * Asks both, several pairs at a time: for answers that spend most of their time waiting.
     *
     * @param threads how many pairs at a time
     */
    public static AnswerTimes of(int pairs, int threads, long seed, LongSupplier one, LongSupplier other) {
        SplittableRandom chance = new SplittableRandom(seed);
        double[] first = new double[pairs];
        double[] second = new double[pairs];
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> asked = new ArrayList<>();
            for (int i = -pairs / 10; i < pairs; i++) {
                int pair = i;
                boolean swapped = chance.nextBoolean();
                asked.add(pool.submit(() -> {
                    long otherTime = swapped ? other.getAsLong() : 0;
                    long oneTime = one.getAsLong();
                    if (!swapped) {
                        otherTime = other.getAsLong();
                    }
                    if (pair >= 0) {
                        first[pair] = oneTime;
                        second[pair] = otherTime;
                    }
                }));
            }
            for (Future<?> each : asked) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            pool.shutdownNow();
        }
        double[] sorted = new double[2 * pairs];
        System.arraycopy(first, 0, sorted, 0, pairs);
        System.arraycopy(second, 0, sorted, pairs, pairs);
        Arrays.sort(sorted);
        double limit = sorted[(int) (KEPT * sorted.length)];
        return new AnswerTimes(welch(first, second), welch(upTo(limit, first), upTo(limit, second)));
    }

    /** Whether no difference shows. */
    public boolean equal() {
        return Math.abs(all) < LIMIT && Math.abs(cropped) < LIMIT;
    }

    private static double[] upTo(double limit, double[] times) {
        return Arrays.stream(times).filter(time -> time <= limit).toArray();
    }

    private static double welch(double[] first, double[] second) {
        double difference = mean(first) - mean(second);
        double error = Math.sqrt(variance(first) / first.length + variance(second) / second.length);
        return error == 0 ? 0 : difference / error;
    }

    private static double mean(double[] times) {
        return Arrays.stream(times).average().orElseThrow();
    }

    private static double variance(double[] times) {
        double mean = mean(times);
        return Arrays.stream(times).map(time -> (time - mean) * (time - mean)).sum() / (times.length - 1);
    }
}
