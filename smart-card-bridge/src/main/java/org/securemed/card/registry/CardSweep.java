package org.securemed.card.registry;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls {@link CardRegistry#sweep()} from time to time, in one thread of its own. */
final class CardSweep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CardSweep.class);
    private static final long PAUSE_SECONDS = 30;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "card-sweep");
        made.setDaemon(true);
        return made;
    });

    CardSweep(CardRegistry registry) {
        // What was interrupted is taken up at the next turn, or by another instance.
        var unused = thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        registry.sweep();
                    } catch (RuntimeException e) {
                        log.atError().setCause(e).log("the registry of cards could not be swept");
                    }
                },
                PAUSE_SECONDS,
                PAUSE_SECONDS,
                TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
