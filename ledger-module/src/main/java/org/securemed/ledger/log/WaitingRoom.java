package org.securemed.ledger.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Submissions that wait, first come first served. Thread safe; every field belongs to the lock. */
final class WaitingRoom {
    /** What became of a submission at the door. */
    enum Admission {
        ADMITTED,
        FULL,
        CLOSED
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private final int maxEntries;
    private int entries;
    private boolean closed;

    WaitingRoom(int maxEntries) {
        this.maxEntries = maxEntries;
    }

    Admission enter(Pending pending) {
        lock.lock();
        try {
            if (closed) {
                return Admission.CLOSED;
            }
            if (entries > 0 && entries + pending.size() > maxEntries) {
                return Admission.FULL;
            }
            waiting.add(pending);
            entries += pending.size();
            changed.signal();
            return Admission.ADMITTED;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for something and takes what waits, within the limits of a block; a first submission that exceeds them
     * comes alone.
     *
     * @return null when closed and empty
     */
    @Nullable
    List<Pending> take(int maxBlockEntries, long maxBlockBytes) {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            List<Pending> batch = new ArrayList<>();
            fill(batch, maxBlockEntries, maxBlockBytes, next -> true);
            return batch.isEmpty() ? null : batch;
        } finally {
            lock.unlock();
        }
    }

    /** Adds what waits to a batch, within the limits of a block, up to the first that does not go with the others. */
    void join(List<Pending> batch, int maxBlockEntries, long maxBlockBytes, Predicate<Pending> goesAlong) {
        lock.lock();
        try {
            fill(batch, maxBlockEntries, maxBlockBytes, goesAlong);
        } finally {
            lock.unlock();
        }
    }

    private void fill(List<Pending> batch, int maxBlockEntries, long maxBlockBytes, Predicate<Pending> goesAlong) {
        int count = batch.stream().mapToInt(Pending::size).sum();
        long bytes = batch.stream()
                .mapToLong(pending -> pending.submission().bytes())
                .sum();
        for (Pending next = waiting.peek(); next != null && goesAlong.test(next); next = waiting.peek()) {
            count += next.size();
            bytes += next.submission().bytes();
            if (!batch.isEmpty() && (count > maxBlockEntries || bytes > maxBlockBytes)) {
                return;
            }
            batch.add(waiting.remove());
            entries -= next.size();
        }
    }

    /** Lets nobody in any more and returns at once; those inside are still served. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Waits, at most this long; shorter when closed. */
    void pause(long millis) {
        lock.lock();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
            while (nanos > 0 && !closed) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    int waitingEntries() {
        lock.lock();
        try {
            return entries;
        } finally {
            lock.unlock();
        }
    }
}
