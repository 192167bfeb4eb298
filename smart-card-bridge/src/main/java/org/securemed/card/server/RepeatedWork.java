package org.securemed.card.server;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done again and again in a thread of its own, until it is closed. A turn that fails is logged; the next
 * one takes up what it left.
 */
public final class RepeatedWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RepeatedWork.class);

    private final ScheduledExecutorService thread;

    /**
     * Begins, after a first pause.
     *
     * @param name of the thread, and in the log
     * @param pause between the end of a turn and the next one
     */
    public RepeatedWork(String name, Duration pause, Runnable work) {
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            return made;
        });
        var unused = thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException e) {
                        log.atError().addKeyValue("work", name).setCause(e).log("background work failed");
                    }
                },
                pause.toMillis(),
                pause.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
