package org.securemed.fhir.admin;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.securemed.fhir.smart.SmartSweep;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is to be tidied up every hour; nothing that an answer depends on. */
public final class HourlyWork implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HourlyWork.class);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "hourly");
        made.setDaemon(true);
        return made;
    });

    /** Begins; the first run is in an hour. */
    @SuppressWarnings("FutureReturnValueIgnored") // run() throws nothing that anybody could wait for
    public HourlyWork(SmartSweep sweep) {
        thread.scheduleWithFixedDelay(() -> run(sweep), 1, 1, TimeUnit.HOURS);
    }

    private static void run(SmartSweep sweep) {
        try {
            sweep.run();
        } catch (RuntimeException e) {
            // The next hour tries again; an exception would end the schedule.
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("expired log-ins could not be removed");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
