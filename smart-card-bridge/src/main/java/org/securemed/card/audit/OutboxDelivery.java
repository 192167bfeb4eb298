package org.securemed.card.audit;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls {@link AuditOutbox#send()} every few seconds, in one thread of its own. */
final class OutboxDelivery implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OutboxDelivery.class);
    private static final long PAUSE_SECONDS = 2;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "audit-outbox");
        made.setDaemon(true);
        return made;
    });

    OutboxDelivery(AuditOutbox outbox) {
        // What was interrupted is sent again when its lease is over, by this instance or another.
        var unused = thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        outbox.send();
                    } catch (RuntimeException e) {
                        log.atError().setCause(e).log("audit events could not be sent");
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
