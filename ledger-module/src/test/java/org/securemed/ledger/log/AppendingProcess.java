package org.securemed.ledger.log;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.util.List;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;

/** Appends and stages until it is killed; prints the id of each entry once it was told that the entry is durable. */
public final class AppendingProcess {
    private static final int CLIENTS = 16;

    private AppendingProcess() {}

    public static void main(String[] arguments) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(arguments[0]);
        config.setUsername("postgres");
        config.setMaximumPoolSize(CLIENTS + 4);
        HikariDataSource pool = new HikariDataSource(config);
        Path directory = Path.of(arguments[1]);
        Ledger ledger = Ledger.open(
                new PostgresLogStore(pool),
                KeyFiles.development(directory.resolve("log.key"), LogFixture.ORIGIN),
                KeyFiles.development(directory.resolve("instance.key"), "server-1"),
                new FileCheckpointVault(directory.resolve("checkpoint")),
                LedgerOptions.defaults().creating(),
                Clock.systemUTC(),
                Alarm.logging());
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        for (int client = 0; client < CLIENTS; client++) {
            boolean writes = client % 4 == 0;
            new Thread(() -> work(ledger, pool, out, writes)).start();
        }
    }

    private static void work(Ledger ledger, HikariDataSource pool, OutputStream out, boolean writes) {
        try {
            for (long i = 0; ; i++) {
                Entry entry = LogFixture.entry("actor-" + i);
                if (writes) {
                    write(ledger, pool, out, entry, i % 8 == 0);
                } else {
                    ledger.append(Submission.of(entry)).get();
                    print(out, entry);
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stages with a write of its own. The commit counts: some are left to recovery on purpose. */
    private static void write(Ledger ledger, HikariDataSource pool, OutputStream out, Entry entry, boolean abandoned)
            throws Exception {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            ledger.stage(connection, List.of(entry));
            connection.commit();
        }
        print(out, entry);
        if (!abandoned) {
            ledger.seal(List.of(entry)).get();
        }
    }

    private static synchronized void print(OutputStream out, Entry entry) {
        try {
            out.write((entry.id() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
