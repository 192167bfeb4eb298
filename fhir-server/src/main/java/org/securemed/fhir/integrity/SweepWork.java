package org.securemed.fhir.integrity;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the sweep on in the background, no faster than the settings say. */
final class SweepWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SweepWork.class);
    private static final int BATCH = 50;
    private static final long IDLE_SECONDS = 60;

    private final Sweep sweep;
    private final IntegrityProperties properties;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "integrity-sweep");
        made.setDaemon(true);
        return made;
    });

    SweepWork(Sweep sweep, IntegrityProperties properties) {
        this.sweep = sweep;
        this.properties = properties;
        schedule(IDLE_SECONDS * 1000);
    }

    /** Goes on at once, because somebody asked for a round. */
    void wake() {
        schedule(0);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // run() throws nothing that anybody could wait for
    private void schedule(long delayMillis) {
        if (!thread.isShutdown()) {
            thread.schedule(this::run, delayMillis, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void run() {
        long next = IDLE_SECONDS * 1000;
        try {
            if (!properties.sweepInterval().isZero()) {
                sweep.beginIfOlderThan(properties.sweepInterval());
            }
            int done = sweep.step(BATCH);
            if (done > 0) {
                next = Math.max(1, 1000L * done / properties.sweepRate());
            }
        } catch (RuntimeException e) {
            // Where it is, is stored; the next attempt goes on there.
            log.atError().addKeyValue("error", e.getClass().getName()).log("the integrity sweep has to wait");
        }
        schedule(next);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
