package org.securemed.ledger.log;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.retention.RetentionStatement;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;

/** Lets old entries go until there are none, or stops at a place, says so, and waits to be killed there. */
public final class PruningProcess {
    private static final OutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private PruningProcess() {}

    public static void main(String[] arguments) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(arguments[0]);
        config.setUsername("postgres");
        config.setMaximumPoolSize(6);
        HikariDataSource pool = new HikariDataSource(config);
        Path directory = Path.of(arguments[1]);
        String stop = arguments[2];
        Ledger ledger = Ledger.open(
                new StoppingStore(new PostgresLogStore(pool), stop),
                KeyFiles.development(directory.resolve("log.key"), LogFixture.ORIGIN),
                KeyFiles.development(directory.resolve("instance.key"), "server-1"),
                new FileCheckpointVault(directory.resolve("checkpoint")),
                LedgerOptions.defaults(),
                Clock.fixed(PruningLog.NOW, ZoneOffset.UTC),
                Alarm.logging());
        Pruning pruning = ledger.pruning();
        boolean[] more = {true};
        long[] from = {0};
        while (more[0]) {
            pruning.whilePaused(() -> {
                Optional<RetentionStatement> plan = pruning.plan(from[0], PruningLog.BEFORE, PruningLog.SIX_YEARS);
                more[0] = plan.isPresent();
                plan.ifPresent(statement -> {
                    passing("planned", stop);
                    append(ledger, pruning.sign(statement));
                    from[0] = statement.from() + RetentionStatement.SPAN;
                });
            });
            passing("named", stop);
        }
        ledger.publishCheckpoint();
        passing("published", stop);
        while (pruning.next(100) > 0) {
            passing("between", stop);
        }
        ledger.close();
        pool.close();
        say("done");
    }

    private static void append(Ledger ledger, String statement) {
        try {
            Entry entry = Entry.builder(EntryIds.next(PruningLog.NOW), PruningLog.NOW, "server-1", Op.RETENTION)
                    .statement(statement)
                    .build();
            ledger.append(Submission.of(entry)).get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void passing(String place, String stop) {
        if (place.equals(stop)) {
            say(place);
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void say(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            OUT.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops in a session that prunes: after it has the lock, after it has deleted, after it has committed. */
    private record StoppingStore(LogStore store, String stop) implements LogStore {
        @Override
        public Session write() {
            Session session = store.write();
            boolean[] prunes = {false};
            return (Session) Proxy.newProxyInstance(
                    Session.class.getClassLoader(), new Class<?>[] {Session.class}, (proxy, called, arguments) -> {
                        try {
                            Object result = called.invoke(session, arguments);
                            prunes[0] |= called.getName().equals("prune");
                            if (called.getName().equals("prune")) {
                                passing("deleted", stop);
                            } else if (called.getName().equals("lockPruning")) {
                                passing("locked", stop);
                            } else if (called.getName().equals("commit") && prunes[0]) {
                                passing("committed", stop);
                            }
                            return result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public Session read() {
            return store.read();
        }

        @Override
        public void stage(Connection connection, List<StagedEntry> entries) {
            store.stage(connection, entries);
        }
    }
}
