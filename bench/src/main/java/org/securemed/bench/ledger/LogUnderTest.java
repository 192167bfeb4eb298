package org.securemed.bench.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.securemed.fhir.database.Migrations;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.storage.PostgresLogStore;

/** A log in a database of its own, written by one instance or more. */
final class LogUnderTest implements AutoCloseable {
    private static final int BATCH = 512;
    private static final int AHEAD = 8;

    private final HikariDataSource database;
    private final SigningKey logKey = SigningKey.generate("bench.example/ledger", new SecureRandom());
    private final List<Ledger> instances = new ArrayList<>();

    LogUnderTest(String jdbcUrl, int count) {
        database = migrated(jdbcUrl, 16);
        for (int i = 1; i <= count; i++) {
            instances.add(Ledger.open(
                    new PostgresLogStore(database),
                    logKey,
                    SigningKey.generate("server-" + i, new SecureRandom()),
                    CheckpointVault.none(),
                    LedgerOptions.defaults().creating(),
                    Clock.systemUTC(),
                    Alarm.logging()));
        }
    }

    /** Connections to a database that has the ledger's tables. */
    static HikariDataSource migrated(String jdbcUrl, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setUsername("postgres");
        config.setMaximumPoolSize(connections);
        HikariDataSource pool = new HikariDataSource(config);
        Migrations.migrate(pool, "ledger", "db/ledger/postgresql");
        return pool;
    }

    HikariDataSource database() {
        return database;
    }

    SigningKey logKey() {
        return logKey;
    }

    Ledger first() {
        return instances.get(0);
    }

    /** A writer for each instance. */
    List<Writer> writers() {
        return instances.stream()
                .map(ledger -> (Writer) entry -> require(ledger.append(Submission.of(entry))))
                .toList();
    }

    /** Appends until the log has this many entries, as fast as blocks can be filled. */
    void growTo(long size) throws Exception {
        List<CompletableFuture<AppendResult>> ahead = new ArrayList<>();
        for (long there = first().size(); there < size; ) {
            List<Entry> batch = new ArrayList<>();
            for (; batch.size() < BATCH && there < size; there++) {
                batch.add(Entries.next(there));
            }
            ahead.add(first().append(Submission.of(batch, List.of())));
            if (ahead.size() == AHEAD) {
                require(ahead.remove(0));
            }
        }
        for (CompletableFuture<AppendResult> rest : ahead) {
            require(rest);
        }
        first().publishCheckpoint();
    }

    private static void require(CompletableFuture<AppendResult> answer) throws Exception {
        AppendResult result = answer.get();
        if (!(result instanceof AppendResult.Appended)) {
            throw new IllegalStateException("not appended: " + result);
        }
    }

    @Override
    public void close() {
        instances.forEach(Ledger::close);
        database.close();
    }
}
