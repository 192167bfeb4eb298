package org.securemed.ledger.log;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.securemed.ledger.entry.EntryIds;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What goes on beside the blocks: checkpoints at their interval, and what others left in the outbox. One thread. */
final class Caretaker implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Caretaker.class);

    private final LogStore store;
    private final Outbox outbox;
    private final Committer committer;
    private final LedgerOptions options;
    private final Clock clock;
    private final Runnable publish;
    private final WaitingRoom bell = new WaitingRoom(1);

    /** @param publish publishes a checkpoint if the log has grown */
    Caretaker(
            LogStore store, Outbox outbox, Committer committer, LedgerOptions options, Clock clock, Runnable publish) {
        this.store = store;
        this.outbox = outbox;
        this.committer = committer;
        this.options = options;
        this.clock = clock;
        this.publish = publish;
    }

    /** Works until it is closed, or the log is found corrupt. */
    @Override
    public void run() {
        long interval = options.checkpointInterval().toMillis();
        long drainEvery = Math.max(1, Math.max(options.orphanAge().toMillis(), interval) / interval);
        long due = System.nanoTime();
        for (long round = 1; committer.broken() == null; round++) {
            // From one beginning to the next: what the work takes does not come on top of the interval.
            due = Math.max(due + TimeUnit.MILLISECONDS.toNanos(interval), System.nanoTime());
            bell.pause(Math.max(1, TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime())));
            if (bell.isClosed()) {
                return;
            }
            try {
                publish.run();
                if (round % drainEvery == 0) {
                    drainOutbox(options.orphanAge());
                }
            } catch (LedgerUnavailableException e) {
                log.atWarn().setCause(e).log("checkpoint or outbox has to wait");
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("ledger stopped");
                committer.fail(e);
            }
        }
    }

    /** Takes staged rows older than {@code age} into the log. */
    void drainOutbox(Duration age) {
        try (LogStore.Session session = store.read()) {
            outbox.reportLost(session);
        }
        Optional<UUID> after = Optional.of(Outbox.BEFORE_ALL);
        while (after.isPresent()) {
            UUID from = after.get();
            Outbox.Page page = genuine(from);
            List<Leaf> orphans = page.leaves().stream()
                    .filter(leaf ->
                            !EntryIds.timeOf(leaf.entry().id()).plus(age).isAfter(clock.instant()))
                    .toList();
            if (!orphans.isEmpty()) {
                log.atInfo().addKeyValue("entries", orphans.size()).log("outbox orphans are taken in");
                Committer.await(committer.submit(new Submission(orphans, List.of()), true));
            }
            after = page.next();
        }
    }

    private Outbox.Page genuine(UUID from) {
        try (LogStore.Session session = store.read()) {
            return outbox.genuine(session, from);
        }
    }

    /** Ends {@link #run} soon. */
    void close() {
        bell.close();
    }
}
