package org.securemed.ledger.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.securemed.ledger.log.LogFixture.entry;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Verifier;

/**
 * What may happen to the database, done to a real one. After each fault: whatever was acknowledged is in the log once,
 * and the whole log verifies. More rounds: {@code -Dledger.fault.rounds=50}.
 */
class PostgresFaultIT {
    private static final int ROUNDS = Integer.getInteger("ledger.fault.rounds", 1);
    private static final int CLIENTS = 4;

    private final SigningKey logKey = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
    private final SigningKey instanceKey = SigningKey.generate("server-1", new SecureRandom());

    // PostgreSQL may still be removing its files when the test ends.
    @TempDir(cleanup = CleanupMode.NEVER)
    Path directory;

    @Test
    void a_server_that_is_restarted_killed_or_loses_a_process_loses_nothing_that_was_acknowledged() throws Exception {
        try (FragilePostgres postgres = new FragilePostgres(directory.resolve("data"));
                HikariDataSource pool = FragilePostgres.pool(postgres.port());
                Ledger ledger = open(pool, CheckpointVault.none(), Clock.systemUTC());
                Load load = new Load(ledger)) {
            for (int round = 0; round < ROUNDS; round++) {
                load.awaitMore();
                postgres.restartImmediately();
                load.awaitMore();
                kill9(backend(pool));
                load.awaitMore();
                long server = postgres.pid();
                kill9(server);
                awaitEnd(server);
                postgres.start();
                load.awaitMore();
            }
            load.close();
            assertThat(ledger.isRunning()).isTrue();
            assertWhole(pool, ledger, load.acknowledged);
        }
    }

    @Test
    void a_commit_whose_answer_is_cut_off_takes_place_once() throws Exception {
        try (FragilePostgres postgres = new FragilePostgres(directory.resolve("data"));
                CuttingProxy proxy = new CuttingProxy(postgres.port());
                HikariDataSource through = FragilePostgres.pool(proxy.port());
                HikariDataSource direct = FragilePostgres.pool(postgres.port());
                Ledger ledger = open(through, CheckpointVault.none(), Clock.systemUTC())) {
            Queue<Entry> acknowledged = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 20 * ROUNDS; i++) {
                Entry entry = entry("a");
                int before = proxy.cuts();
                proxy.arm(1 + i % 2);
                AppendResult answer = ledger.append(Submission.of(entry)).get(20, TimeUnit.SECONDS);
                assertThat(answer).isInstanceOf(AppendResult.Appended.class);
                assertThat(proxy.cuts()).isGreaterThan(before);
                acknowledged.add(entry);
            }
            proxy.arm(0);
            assertWhole(direct, ledger, acknowledged);
        }
    }

    @Test
    void a_full_disk_refuses_and_when_there_is_room_again_the_log_goes_on() throws Exception {
        Path mount = Files.createDirectories(directory.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", mount.toString()) == 0,
                "a small file system cannot be mounted here");
        try (FragilePostgres postgres = new FragilePostgres(mount.resolve("data"));
                HikariDataSource pool = FragilePostgres.pool(postgres.port());
                Ledger ledger = open(pool, CheckpointVault.none(), Clock.systemUTC())) {
            Queue<Entry> acknowledged = new ConcurrentLinkedQueue<>();
            append(ledger, acknowledged, 20);
            Path ballast = mount.resolve("ballast");
            fill(ballast);
            // Room that is reserved already may let some through.
            assertThatThrownBy(() -> append(ledger, acknowledged, 200_000))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(LedgerUnavailableException.class);
            Files.delete(ballast);
            if (ProcessHandle.of(postgres.pid()).isEmpty()) {
                postgres.start();
            }
            awaitWritable(ledger, acknowledged);
            append(ledger, acknowledged, 20);
            assertThat(ledger.isRunning()).isTrue();
            assertWhole(pool, ledger, acknowledged);
        } finally {
            run("umount", "-l", mount.toString());
        }
    }

    @Test
    void a_disk_that_fails_to_sync_the_write_ahead_log_loses_nothing_that_was_acknowledged() throws Exception {
        assumeTrue(run("strace", "-V") == 0, "strace is not installed");
        try (FragilePostgres postgres = new FragilePostgres(directory.resolve("data"));
                HikariDataSource pool = FragilePostgres.pool(postgres.port());
                Ledger ledger = open(pool, CheckpointVault.none(), Clock.systemUTC())) {
            Queue<Entry> acknowledged = new ConcurrentLinkedQueue<>();
            append(ledger, acknowledged, 20);
            long backend = backend(pool);
            Process strace = new ProcessBuilder(
                            "strace",
                            "-q",
                            "-p",
                            Long.toString(backend),
                            "-e",
                            "trace=fsync,fdatasync",
                            "-e",
                            "inject=fsync,fdatasync:error=EIO:when=2")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("strace.log").toFile())
                    .start();
            try {
                awaitTraced(backend, strace);
                // PostgreSQL panics rather than try again, and recovers from what did reach the disk.
                for (int i = 0; i < 5; i++) {
                    awaitWritable(ledger, acknowledged);
                }
                assertThat(ProcessHandle.of(backend)).isEmpty();
                assertThat(Files.readString(directory.resolve("strace.log"))).contains("INJECTED");
            } finally {
                strace.destroy();
            }
            assertThat(ledger.isRunning()).isTrue();
            assertWhole(pool, ledger, acknowledged);
        }
    }

    @Test
    void a_clock_that_jumps_back_an_hour_and_forward_a_day_changes_neither_order_nor_verification() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-22T12:00:00Z"));
        try (FragilePostgres postgres = new FragilePostgres(directory.resolve("data"));
                HikariDataSource pool = FragilePostgres.pool(postgres.port());
                Ledger ledger = open(pool, CheckpointVault.none(), new SetClock(now))) {
            Queue<Entry> acknowledged = new ConcurrentLinkedQueue<>();
            long last = 0;
            for (Duration jump : List.of(
                    Duration.ZERO,
                    Duration.ofHours(-1),
                    Duration.ofDays(1),
                    Duration.ofDays(-2),
                    Duration.ofSeconds(1))) {
                now.updateAndGet(time -> time.plus(jump));
                append(ledger, acknowledged, 5);
                ledger.publishCheckpoint();
                long time = ledger.blockOf(ledger.size() - 1).orElseThrow().timeMillis();
                assertThat(time).isGreaterThanOrEqualTo(last);
                last = time;
            }
            assertWhole(pool, ledger, acknowledged);
        }
    }

    @Test
    void a_backup_of_the_database_files_that_is_restored_is_not_signed_on() throws Exception {
        Path data = directory.resolve("data");
        Path backup = directory.resolve("backup");
        FileCheckpointVault vault = new FileCheckpointVault(directory.resolve("vault/checkpoint"));
        try (FragilePostgres postgres = new FragilePostgres(data);
                HikariDataSource pool = FragilePostgres.pool(postgres.port())) {
            Queue<Entry> before = new ConcurrentLinkedQueue<>();
            Queue<Entry> after = new ConcurrentLinkedQueue<>();
            try (Ledger ledger = open(pool, vault, Clock.systemUTC())) {
                append(ledger, before, 5);
            }
            postgres.stop();
            copy(data, backup);
            postgres.start();
            // A pool trusts a connection that it used half a second ago, and a restart may be quicker.
            pool.getHikariPoolMXBean().softEvictConnections();
            try (Ledger ledger = open(pool, vault, Clock.systemUTC())) {
                append(ledger, after, 5);
            }
            postgres.stop();
            run("rm", "-rf", data.toString());
            copy(backup, data);
            postgres.start();
            pool.getHikariPoolMXBean().softEvictConnections();
            assertThatThrownBy(() -> open(pool, vault, Clock.systemUTC()))
                    .isInstanceOf(LogCorruptException.class)
                    .hasMessageContaining("the database is older than what was signed");
            Verifier verifier = new Verifier(logKey.verifyKey())
                    .against("the vault", vault.load().orElseThrow());
            try (Connection connection = pool.getConnection()) {
                assertThat(verifier.verify(connection).findings())
                        .singleElement()
                        .asString()
                        .contains("the log was truncated");
            }
        }
    }

    private Ledger open(HikariDataSource pool, CheckpointVault vault, Clock clock) {
        LedgerOptions defaults = LedgerOptions.defaults();
        // Checkpoints only when asked for: faults are for blocks.
        LedgerOptions options = new LedgerOptions(
                true,
                defaults.maxEntriesPerBlock(),
                defaults.maxBytesPerBlock(),
                defaults.maxWaitingEntries(),
                Duration.ofSeconds(10),
                Duration.ofHours(1),
                Duration.ofHours(1));
        return Ledger.open(
                new PostgresLogStore(pool),
                new LedgerKeys(logKey, instanceKey, null),
                vault,
                options,
                clock,
                Alarm.logging());
    }

    private void assertWhole(HikariDataSource pool, Ledger ledger, Queue<Entry> acknowledged) throws Exception {
        assertThat(acknowledged).isNotEmpty();
        for (Entry entry : acknowledged) {
            assertThat(ledger.read(entry.id())).isPresent();
        }
        ledger.publishCheckpoint();
        try (Connection connection = pool.getConnection()) {
            assertThat(new Verifier(logKey.verifyKey()).verify(connection).findings())
                    .isEmpty();
        }
    }

    private static void append(Ledger ledger, Queue<Entry> acknowledged, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Entry entry = LogFixture.builder("a").statement("x".repeat(8_000)).build();
            assertThat(ledger.append(Submission.of(entry)).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(AppendResult.Appended.class);
            acknowledged.add(entry);
        }
    }

    /** Sends one entry until it is in the log; the same id each time, so that it is there once. */
    private static void awaitWritable(Ledger ledger, Queue<Entry> acknowledged) throws Exception {
        Entry entry = entry("again");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                ledger.append(Submission.of(entry)).get(30, TimeUnit.SECONDS);
                acknowledged.add(entry);
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof LedgerUnavailableException) || System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    /** The process that writes blocks. */
    private static long backend(HikariDataSource pool) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        try (Connection connection = pool.getConnection();
                var statement = connection.createStatement()) {
            while (System.nanoTime() < deadline) {
                try (var row = statement.executeQuery("select pid from pg_stat_activity where datname = 'postgres'"
                        + " and pid <> pg_backend_pid() and (query ilike 'commit'"
                        + " or query ilike '%update ledger.ledger_head%') order by state_change desc limit 1")) {
                    if (row.next()) {
                        return row.getLong(1);
                    }
                }
            }
        }
        throw new AssertionError("nobody writes blocks");
    }

    private static void awaitTraced(long process, Process strace) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Files.readString(Path.of("/proc/" + process + "/status")).contains("TracerPid:\t0")) {
            assumeTrue(strace.isAlive(), "processes cannot be traced here");
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static void kill9(long process) {
        assertThat(ProcessHandle.of(process).orElseThrow().destroyForcibly()).isTrue();
    }

    private static void awaitEnd(long process) throws Exception {
        ProcessHandle handle = ProcessHandle.of(process).orElse(null);
        if (handle != null) {
            handle.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            byte[] block = new byte[1 << 16];
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            // No space left: that is what was wanted.
            return;
        }
    }

    private static void copy(Path from, Path to) throws Exception {
        assertThat(run("cp", "-a", from.toString(), to.toString())).isZero();
    }

    private static int run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Clients that append without end and remember what they were told is durable. */
    private static final class Load implements AutoCloseable {
        final Queue<Entry> acknowledged = new ConcurrentLinkedQueue<>();
        private final Semaphore fresh = new Semaphore(0);
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> clients = new ArrayList<>();

        Load(Ledger ledger) {
            for (int i = 0; i < CLIENTS; i++) {
                Thread client = new Thread(() -> work(ledger));
                client.start();
                clients.add(client);
            }
        }

        private void work(Ledger ledger) {
            while (!over.get()) {
                Entry entry = entry("load");
                try {
                    if (ledger.append(Submission.of(entry)).get() instanceof AppendResult.Appended) {
                        acknowledged.add(entry);
                        fresh.release();
                    }
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof LedgerUnavailableException)) {
                        throw new IllegalStateException(e);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        /** Waits for acknowledgements that began after now. */
        void awaitMore() {
            fresh.drainPermits();
            assertThat(tryAcquire(fresh, 10 * CLIENTS)).isTrue();
        }

        private static boolean tryAcquire(Semaphore permits, int count) {
            try {
                return permits.tryAcquire(count, 60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    /** Says what it is told. */
    private static final class SetClock extends Clock {
        private final AtomicReference<Instant> now;

        SetClock(AtomicReference<Instant> now) {
            this.now = now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now.get();
        }
    }
}
