package org.securemed.fhir.work;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Times at which answers leave, so that they do not tell what was done for them: one slot after the request came, two,
 * four, eight. They grow, so that what takes long on a busy server tells no more than what takes short on a quiet one.
 */
public final class EvenTime {
    private EvenTime() {}

    /** The first of these times that is not over for something of this age. */
    public static Duration of(Duration age, Duration slot) {
        Duration due = slot;
        while (due.compareTo(age) < 0) {
            due = due.multipliedBy(2);
        }
        return due;
    }

    /**
     * Waits for the first of these times.
     *
     * @param began {@link System#nanoTime()} when the request came
     */
    public static void hold(long began, Duration slot) {
        until(began, of(Duration.ofNanos(System.nanoTime() - began), slot));
    }

    /**
     * Waits until something is {@code age} old, or the thread is interrupted.
     *
     * @param began {@link System#nanoTime()} when it began
     */
    public static void until(long began, Duration age) {
        long rest = age.toNanos() - (System.nanoTime() - began);
        while (rest > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(rest);
            rest = age.toNanos() - (System.nanoTime() - began);
        }
    }
}
