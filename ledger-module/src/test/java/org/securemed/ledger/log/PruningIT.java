package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.retention.RetentionStatement;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Report;

/**
 * Two instances prune one log at once, while both append to it. A larger log, with what it takes:
 * {@code -Dledger.pruning.entries=1000000}.
 */
class PruningIT {
    private static final int ENTRIES = Integer.getInteger("ledger.pruning.entries", 20_000);

    @Test
    void of_two_instances_each_prunes_what_the_other_has_not_while_both_append() throws Exception {
        try (LogFixture fixture = new LogFixture()) {
            PruningLog log = new PruningLog(fixture.database, fixture.logKey.verifyKey());
            try (Ledger then = fixture.open(Clock.fixed(PruningLog.THEN, ZoneOffset.UTC))) {
                timed("filling", () -> {
                    PruningLog.fill(then, ENTRIES);
                    return ENTRIES;
                });
                log.keepReceipts(then, ENTRIES);
            }
            Clock now = Clock.fixed(PruningLog.NOW, ZoneOffset.UTC);
            SigningKey second = SigningKey.generate("server-2", new SecureRandom());
            try (Ledger one = fixture.open(now);
                    Ledger two = fixture.open(
                            new PostgresLogStore(fixture.database.dataSource()), second, CheckpointVault.none(), now)) {
                LogFixture.append(one, PruningLog.now(Op.HOLD, PruningLog.HELD));
                one.publishCheckpoint();
                long left = log.left(ENTRIES);
                AtomicBoolean pruned = new AtomicBoolean();
                ExecutorService threads = Executors.newFixedThreadPool(4);
                try {
                    Future<Integer> appended = threads.submit(() -> append(one, pruned));
                    Future<Integer> appendedByOther = threads.submit(() -> append(two, pruned));
                    int named = timed("naming", () -> both(threads, () -> name(one), () -> name(two)));
                    assertThat(named).as("each entry is named once").isEqualTo((int) left);
                    int gone = timed("pruning", () -> both(threads, () -> prune(one), () -> prune(two)));
                    pruned.set(true);
                    assertThat(gone).as("each entry is deleted once").isEqualTo(named);
                    assertThat(appended.get(30, TimeUnit.SECONDS)).isPositive();
                    assertThat(appendedByOther.get(30, TimeUnit.SECONDS)).isPositive();
                } finally {
                    threads.shutdownNow();
                }
                assertThat(log.left(ENTRIES)).isZero();
                Report report = timedReport(log);
                assertThat(report.pruned().entries()).isEqualTo(left);
                for (long index = 0; index < ENTRIES; index += Math.max(1, ENTRIES / 20)) {
                    one.receipt(index)
                            .orElseThrow()
                            .verify(two.leafHashes(index / 256).get((int) (index % 256)), fixture.logKey.verifyKey());
                }
            }
        }
    }

    private static Report timedReport(PruningLog log) throws Exception {
        List<Report> reports = new ArrayList<>();
        timed("verifying", () -> {
            reports.add(log.assertWhole("pruned", ENTRIES));
            return (int) reports.get(0).entries();
        });
        return reports.get(0);
    }

    private static int both(ExecutorService threads, Callable<Integer> one, Callable<Integer> two) throws Exception {
        Future<Integer> first = threads.submit(one);
        Future<Integer> other = threads.submit(two);
        return first.get(20, TimeUnit.MINUTES) + other.get(20, TimeUnit.MINUTES);
    }

    private static int append(Ledger ledger, AtomicBoolean pruned) throws Exception {
        int appended = 0;
        while (!pruned.get()) {
            Entry entry = Entry.builder(EntryIds.next(PruningLog.NOW), PruningLog.NOW, "server-1", Op.READ)
                    .patient(new Pseudonym(3, appended))
                    .build();
            LogFixture.index(ledger, entry);
            appended++;
        }
        return appended;
    }

    /** How many entries this one named. */
    private static int name(Ledger ledger) throws Exception {
        Pruning pruning = ledger.pruning();
        int named = 0;
        long[] from = {0};
        List<RetentionStatement> made = new ArrayList<>();
        do {
            made.clear();
            pruning.whilePaused(() -> {
                Optional<RetentionStatement> plan = pruning.plan(from[0], PruningLog.BEFORE, PruningLog.SIX_YEARS);
                plan.ifPresent(statement -> {
                    try {
                        Entry entry = Entry.builder(
                                        EntryIds.next(PruningLog.NOW), PruningLog.NOW, "server-1", Op.RETENTION)
                                .statement(pruning.sign(statement))
                                .build();
                        LogFixture.index(ledger, entry);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    from[0] = statement.from() + RetentionStatement.SPAN;
                    made.add(statement);
                });
            });
            for (RetentionStatement statement : made) {
                named += statement.pruned().cardinality();
            }
        } while (!made.isEmpty());
        ledger.publishCheckpoint();
        return named;
    }

    private static int prune(Ledger ledger) {
        int gone = 0;
        for (int some = ledger.pruning().next(1_000);
                some > 0;
                some = ledger.pruning().next(1_000)) {
            gone += some;
        }
        return gone;
    }

    private static int timed(String what, Callable<Integer> work) throws Exception {
        long begun = System.nanoTime();
        int done = work.call();
        System.out.printf(
                "%s %d of %d entries: %d ms%n",
                what, done, ENTRIES, Duration.ofNanos(System.nanoTime() - begun).toMillis());
        return done;
    }
}
