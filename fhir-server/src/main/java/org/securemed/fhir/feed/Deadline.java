package org.securemed.fhir.feed;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Closes a connection when its time is over, whatever it waits for: neither a write nor a read may take for ever. */
final class Deadline implements AutoCloseable {
    private final CompletableFuture<Void> over;

    /** @param connection whose blocked reads and writes end when it is closed */
    Deadline(Duration time, Closeable connection) {
        this.over = CompletableFuture.runAsync(
                () -> end(connection), CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static void end(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // It is of no use any more; whoever waits for it finds out.
            return;
        }
    }

    /** It was done in time. */
    @Override
    public void close() {
        over.cancel(false);
    }
}
