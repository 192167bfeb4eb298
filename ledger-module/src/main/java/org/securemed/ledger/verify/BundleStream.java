package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Bundles in order, read and hashed a few ahead on all cores. One thread takes them. */
final class BundleStream implements AutoCloseable {
    private final BundleReader reader;
    private final ExecutorService workers;
    private final int ahead;
    private final ArrayDeque<Future<Bundle>> reading = new ArrayDeque<>();
    private long next;

    BundleStream(BundleReader reader, ExecutorService workers, int ahead) {
        this.reader = reader;
        this.workers = workers;
        this.ahead = ahead;
    }

    /** Takes the next bundle; null at the end. */
    @Nullable
    Bundle take() throws IOException {
        while (reading.size() < ahead && next < reader.count()) {
            long index = next++;
            reading.add(workers.submit(() -> reader.read(index)));
        }
        Future<Bundle> first = reading.poll();
        if (first == null) {
            return null;
        }
        try {
            return first.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException unreadable) {
                throw unreadable;
            }
            throw new IllegalStateException("checking a bundle does not fail", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the verification was interrupted", e);
        }
    }

    @Override
    public void close() {
        reading.forEach(one -> one.cancel(true));
    }
}
