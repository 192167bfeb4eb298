package org.securemed.bench.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import javax.sql.DataSource;
import org.securemed.ledger.entry.Entry;

/** The limit: the same rows by group commit, one insert for a batch, neither hashed nor chained nor signed. */
final class BulkRows implements Writer, AutoCloseable {
    private static final int BATCH = 512;

    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final Connection connection;
    private final Thread thread;
    private long next;

    private record Waiting(Entry entry, byte[] body, CompletableFuture<Boolean> done) {}

    BulkRows(DataSource database) throws SQLException {
        connection = database.getConnection();
        connection.setAutoCommit(true);
        thread = new Thread(this::run, "bulk");
        thread.start();
    }

    @Override
    public void write(Entry entry) throws Exception {
        Waiting waiting = new Waiting(entry, entry.toJson(), new CompletableFuture<>());
        queue.add(waiting);
        waiting.done.get();
    }

    private void run() {
        List<Waiting> batch = new ArrayList<>();
        try {
            while (true) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, BATCH - 1);
                insert(batch);
                batch.forEach(waiting -> waiting.done.complete(true));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            batch.forEach(waiting -> waiting.done.completeExceptionally(e));
        }
    }

    private void insert(List<Waiting> batch) throws SQLException {
        int n = batch.size();
        Long[] seq = new Long[n];
        Long[] time = new Long[n];
        byte[][] leaf = new byte[n][];
        byte[][] body = new byte[n][];
        byte[][] patient = new byte[n][];
        String[] actor = new String[n];
        String[] op = new String[n];
        UUID[] id = new UUID[n];
        for (int i = 0; i < n; i++) {
            Entry entry = batch.get(i).entry;
            seq[i] = next++;
            time[i] = entry.time().toEpochMilli();
            leaf[i] = new byte[32];
            body[i] = batch.get(i).body;
            patient[i] = Entries.patient(entry);
            actor[i] = String.valueOf(entry.actor());
            op[i] = entry.op().code();
            id[i] = entry.id();
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "with fresh as (select * from unnest(?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[],"
                        + " ?::text[], ?::text[], ?::uuid[]) as u(seq, t_ms, leaf, body, p, actor, op, id)),"
                        + " ids as (insert into ledger.ledger_entry_id (id, seq) select id, seq from fresh)"
                        + " insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)"
                        + " select 1, seq, t_ms, leaf, body, p, actor, op from fresh")) {
            insert.setArray(1, connection.createArrayOf("bigint", seq));
            insert.setArray(2, connection.createArrayOf("bigint", time));
            insert.setArray(3, connection.createArrayOf("bytea", leaf));
            insert.setArray(4, connection.createArrayOf("bytea", body));
            insert.setArray(5, connection.createArrayOf("bytea", patient));
            insert.setArray(6, connection.createArrayOf("text", actor));
            insert.setArray(7, connection.createArrayOf("text", op));
            insert.setArray(8, connection.createArrayOf("uuid", id));
            insert.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException, InterruptedException {
        thread.interrupt();
        thread.join();
        connection.close();
    }
}
