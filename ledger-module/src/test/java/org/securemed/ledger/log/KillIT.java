package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/**
 * A server process is killed while it appends, again and again, on one database. More rounds:
 * {@code -Dledger.kill.rounds=100}.
 */
class KillIT {
    private static final int ROUNDS = Integer.getInteger("ledger.kill.rounds", 5);

    @TempDir
    Path directory;

    @Test
    void what_was_acknowledged_before_kill_9_is_in_the_log_once_and_the_log_is_whole() throws Exception {
        long seed = Long.getLong("ledger.kill.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Set<UUID> acknowledged = new HashSet<>();
        try (LedgerDatabase database = LedgerDatabase.create()) {
            for (int round = 0; round < ROUNDS; round++) {
                int before = acknowledged.size();
                killAfter(random.nextInt(1, 2_000), database, acknowledged);
                assertThat(acknowledged).as("seed %d, round %d", seed, round).hasSizeGreaterThan(before);
                assertWhole(database, acknowledged, "seed %d, round %d".formatted(seed, round));
            }
        }
    }

    private void killAfter(int acknowledgements, LedgerDatabase database, Set<UUID> acknowledged) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AppendingProcess.class.getName(),
                        database.jdbcUrl(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // A line that the kill cut in two is no acknowledgement.
                if (line.length() == 36) {
                    acknowledged.add(UUID.fromString(line));
                    seen++;
                }
                if (seen == acknowledgements) {
                    // By its handle: the process's own method also throws away what the pipe still holds.
                    child.toHandle().destroyForcibly();
                }
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private void assertWhole(LedgerDatabase database, Set<UUID> acknowledged, String round) throws Exception {
        SigningKey logKey = KeyFiles.development(directory.resolve("log.key"), LogFixture.ORIGIN);
        SigningKey instanceKey = KeyFiles.development(directory.resolve("instance.key"), "server-1");
        try (Ledger ledger = Ledger.open(
                new PostgresLogStore(database.dataSource()),
                logKey,
                instanceKey,
                new FileCheckpointVault(directory.resolve("checkpoint")),
                LedgerOptions.defaults(),
                Clock.systemUTC(),
                Alarm.logging())) {
            for (UUID id : acknowledged) {
                assertThat(ledger.read(id)).as("%s, %s", round, id).isPresent();
            }
        }
        try (Connection connection = database.dataSource().getConnection()) {
            // That every id is there once is part of what the verifier checks.
            Report report = new Verifier(logKey.verifyKey()).verify(connection);
            assertThat(report.findings()).as(round).isEmpty();
            assertThat(report.entries()).isGreaterThanOrEqualTo(acknowledged.size());
        }
        try (Connection connection = database.dataSource().getConnection();
                var statement = connection.createStatement();
                var count = statement.executeQuery("select count(*) from ledger.ledger_outbox")) {
            count.next();
            assertThat(count.getLong(1)).as(round).isZero();
        }
    }
}
