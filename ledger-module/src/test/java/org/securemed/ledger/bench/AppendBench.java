package org.securemed.ledger.bench;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.storage.PostgresLogStore;

/**
 * Append against the plain audit rows that an application would write without a ledger, each with its own commit, and
 * against the limit: the same rows, group-committed, but neither hashed nor signed nor chained. Closed loop, durable
 * commits, interleaved. Arguments: seconds per cell, rounds, client counts.
 */
public final class AppendBench {
    private static final byte[] SEALED = new byte[60];

    private AppendBench() {}

    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        int[] clients = arguments.length > 2
                ? Arrays.stream(arguments[2].split(","))
                        .mapToInt(Integer::parseInt)
                        .toArray()
                : new int[] {1, 8, 32, 128, 512};
        try (LogFixture fixture = new LogFixture();
                LedgerDatabase plain = LedgerDatabase.create(64);
                LedgerDatabase bulk = LedgerDatabase.create();
                Ledger ledger =
                        fixture.open(new PostgresLogStore(fixture.database.dataSource()), fixture.instanceKey)) {
            plain.tamper("create sequence public.audit");
            System.out.println("bytes per entry: " + entry().toJson().length);
            Rival ours = () -> ledger.append(Submission.of(entry())).get();
            Rival rows = () -> insertOne(plain.dataSource(), entry());
            try (Bulk limit = new Bulk(bulk.dataSource())) {
                for (int round = 0; round < rounds; round++) {
                    for (int count : clients) {
                        print("ledger", count, measure(ours, count, seconds));
                        print("plain rows", count, measure(rows, count, seconds));
                        print("bulk limit", count, measure(limit, count, seconds));
                    }
                }
            }
        }
    }

    private static Entry entry() {
        Instant now = Instant.now();
        return Entry.builder(EntryIds.next(now), now, "server-1", Op.READ)
                .actor("practitioner-4711")
                .role("physician")
                .purpose("TREAT")
                .resourceType("Patient")
                .patient(new Pseudonym(now.toEpochMilli() % 10_000, 1))
                .outcome(0)
                .status(200)
                .sealed(Bytes.of(SEALED))
                .build();
    }

    private static void print(String name, int clients, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT,
                "%-12s %4d clients %9.0f/s  p50 %7.2f ms  p99 %7.2f ms%n",
                name,
                clients,
                rate(nanos, clients),
                nanos[nanos.length / 2] / 1e6,
                nanos[(int) (nanos.length * 0.99)] / 1e6);
    }

    /** Closed loop: what all clients did divided by the time each was busy. */
    private static double rate(long[] nanos, int clients) {
        return nanos.length / (Arrays.stream(nanos).sum() / 1e9 / clients);
    }

    private static long[] measure(Rival rival, int clients, int seconds) throws Exception {
        List<List<Long>> all = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(clients);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        for (int i = 0; i < clients; i++) {
            List<Long> mine = new ArrayList<>();
            all.add(mine);
            Thread thread = new Thread(() -> {
                try {
                    for (long start = System.nanoTime(); start < end; start = System.nanoTime()) {
                        rival.once();
                        mine.add(System.nanoTime() - start);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                done.countDown();
            });
            thread.start();
        }
        done.await();
        return all.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray();
    }

    /** What an application does without a ledger: the same columns and indexes, a commit each. */
    private static void insertOne(HikariDataSource pool, Entry entry) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "insert into ledger.ledger_entry_id values (?, 0); insert into ledger.ledger_entry"
                                + " values (1, nextval('public.audit'), ?, sha256(''), ?, ?, ?, ?)")) {
            connection.setAutoCommit(false);
            insert.setObject(1, entry.id());
            insert.setLong(2, entry.time().toEpochMilli());
            insert.setBytes(3, entry.toJson());
            insert.setBytes(4, entry.patient().toByteArray());
            insert.setString(5, entry.actor());
            insert.setString(6, entry.op().code());
            insert.execute();
            connection.commit();
        }
    }

    /** Group commit of the same rows into the same tables, and nothing else. */
    private static final class Bulk implements Rival, AutoCloseable {
        private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
        private final Thread thread;
        private final Connection connection;
        private long seq;

        Bulk(HikariDataSource pool) throws SQLException {
            connection = pool.getConnection();
            connection.setAutoCommit(false);
            thread = new Thread(this::run);
            thread.start();
        }

        @Override
        public void once() throws Exception {
            Waiting waiting = new Waiting(entry(), new CompletableFuture<>());
            queue.add(waiting);
            waiting.done.get();
        }

        private void run() {
            try {
                while (true) {
                    List<Waiting> batch = new ArrayList<>();
                    batch.add(queue.take());
                    queue.drainTo(batch, 511);
                    insert(batch);
                    batch.forEach(waiting -> waiting.done.complete(null));
                }
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void insert(List<Waiting> batch) throws SQLException {
            int n = batch.size();
            Long[] index = new Long[n];
            Long[] time = new Long[n];
            byte[][] leaf = new byte[n][];
            byte[][] body = new byte[n][];
            byte[][] patient = new byte[n][];
            String[] actor = new String[n];
            String[] op = new String[n];
            UUID[] id = new UUID[n];
            for (int i = 0; i < n; i++) {
                Entry entry = batch.get(i).entry;
                index[i] = seq++;
                time[i] = entry.time().toEpochMilli();
                leaf[i] = new byte[32];
                body[i] = entry.toJson();
                patient[i] = entry.patient().toByteArray();
                actor[i] = entry.actor();
                op[i] = entry.op().code();
                id[i] = entry.id();
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "with fresh as (select * from unnest(?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[],"
                            + " ?::text[], ?::text[], ?::uuid[]) as u(seq, t_ms, leaf, body, p, actor, op, id)),"
                            + " ids as (insert into ledger.ledger_entry_id (id, seq) select id, seq from fresh)"
                            + " insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)"
                            + " select 1, seq, t_ms, leaf, body, p, actor, op from fresh")) {
                insert.setArray(1, connection.createArrayOf("bigint", index));
                insert.setArray(2, connection.createArrayOf("bigint", time));
                insert.setArray(3, connection.createArrayOf("bytea", leaf));
                insert.setArray(4, connection.createArrayOf("bytea", body));
                insert.setArray(5, connection.createArrayOf("bytea", patient));
                insert.setArray(6, connection.createArrayOf("text", actor));
                insert.setArray(7, connection.createArrayOf("text", op));
                insert.setArray(8, connection.createArrayOf("uuid", id));
                insert.executeUpdate();
            }
            connection.commit();
        }

        @Override
        public void close() throws Exception {
            thread.interrupt();
            thread.join();
            connection.close();
        }

        private record Waiting(Entry entry, CompletableFuture<Void> done) {}
    }

    private interface Rival {
        void once() throws Exception;
    }
}
