package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;

/** A process that lets entries go is killed with signal 9 at every place where that could matter. */
class PruningKillIT {
    private static final int ENTRIES = 3_000;

    @TempDir
    Path directory;

    @Test
    void wherever_pruning_is_killed_the_log_is_whole_and_the_next_process_goes_on() throws Exception {
        SigningKey logKey = KeyFiles.development(directory.resolve("log.key"), LogFixture.ORIGIN);
        try (LedgerDatabase database = LedgerDatabase.create()) {
            PruningLog log = new PruningLog(database, logKey.verifyKey());
            try (Ledger ledger = open(database, logKey, PruningLog.THEN)) {
                PruningLog.fill(ledger, ENTRIES);
                log.keepReceipts(ledger, ENTRIES);
            }
            try (Ledger ledger = open(database, logKey, PruningLog.NOW)) {
                LogFixture.append(ledger, PruningLog.now(Op.HOLD, PruningLog.HELD));
            }
            long left = log.left(ENTRIES);
            assertThat(left).isGreaterThan(2_500);

            for (String place : List.of("planned", "named", "published", "locked", "deleted", "committed", "between")) {
                assertThat(run(database, place)).as(place).isEqualTo(place);
                boolean gone = place.equals("committed") || place.equals("between");
                left -= gone ? 100 : 0;
                assertThat(log.assertWhole(place, ENTRIES).entries()).isPositive();
                assertThat(log.left(ENTRIES))
                        .as("entries left after a kill: " + place)
                        .isEqualTo(left);
            }
            assertThat(run(database, "nowhere")).isEqualTo("done");
            assertThat(log.left(ENTRIES)).isZero();
            assertThat(log.assertWhole("done", ENTRIES).pruned().statements())
                    .as("said once")
                    .isEqualTo(1);
        }
    }

    private Ledger open(LedgerDatabase database, SigningKey logKey, Instant time) throws Exception {
        return Ledger.open(
                new PostgresLogStore(database.dataSource()),
                logKey,
                KeyFiles.development(directory.resolve("instance.key"), "server-1"),
                new FileCheckpointVault(directory.resolve("checkpoint")),
                LedgerOptions.defaults().creating(),
                Clock.fixed(time, ZoneOffset.UTC),
                Alarm.logging());
    }

    /** The place at which it was killed, or that it ended. */
    private String run(LedgerDatabase database, String stop) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PruningProcess.class.getName(),
                        database.jdbcUrl(),
                        directory.toString(),
                        stop)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            String line = lines.readLine();
            while (line != null && !line.equals(stop) && !line.equals("done")) {
                line = lines.readLine();
            }
            return String.valueOf(line);
        } finally {
            child.destroyForcibly().waitFor();
        }
    }
}
