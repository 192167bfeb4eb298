package org.securemed.fhir.work;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done again and again in a thread of its own, until it is closed. A turn that fails is logged, without
 * its message, which may speak of patients; the next one takes up what it left.
 */
public final class RepeatedWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RepeatedWork.class);

    private final ScheduledExecutorService thread;

    /**
     * Begins, after a first pause.
     *
     * @param name of the thread, and in the log
     * @param first pause before the first turn
     * @param pause between the end of a turn and the next one
     */
    public RepeatedWork(String name, Duration first, Duration pause, Turn work) {
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            return made;
        });
        var unused = thread.scheduleWithFixedDelay(
                () -> take(name, work), first.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Begins, after a first pause that is as long as the others. */
    public RepeatedWork(String name, Duration pause, Turn work) {
        this(name, pause, pause, work);
    }

    private static void take(String name, Turn work) {
        try {
            work.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            // An exception would end the schedule.
            log.atError()
                    .addKeyValue("work", name)
                    .addKeyValue("error", e.getClass().getName())
                    .log("background work has to wait");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /** One turn of the work. */
    @FunctionalInterface
    public interface Turn {
        /** Does what is to be done now. */
        void take() throws Exception;
    }
}
