package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.BlockCommit;
import org.securemed.ledger.log.DuplicateIdException;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.HeadMovedException;
import org.securemed.ledger.log.LogEnd;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.StagedEntry;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/** What is the same in every database: standard SQL over one connection. */
abstract class JdbcSession implements LogStore.Session {
    static final String UNIQUE_VIOLATION = "23505";

    static final String HEAD =
            "select block_no, block_hash, size, frontier, t_ms, checkpoint_size from ledger.ledger_head where log = 1";
    static final String BLOCK =
            "select block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms from ledger.ledger_block where log = 1";
    private static final String ENTRY = "select seq, leaf, body from ledger.ledger_entry where log = 1";

    final Connection connection;
    final Statements sql;

    JdbcSession(Connection connection) {
        this.connection = connection;
        this.sql = new Statements(connection);
    }

    /** Undoes what was set on the connection, before it goes back to its pool. */
    abstract void giveBack() throws SQLException;

    @Override
    public Optional<LogHead> lockHead() {
        return sql.one(HEAD + " for update", StoredRows::head);
    }

    @Override
    public Optional<LogEnd> lockEnd() {
        return lockHead().map(head -> new LogEnd(head, block(head.blockNumber())));
    }

    @Override
    public Optional<LogHead> head() {
        return sql.one(HEAD, StoredRows::head);
    }

    @Override
    public void createHead(LogHead head) {
        sql.update(
                "insert into ledger.ledger_head (log, block_no, block_hash, size, frontier, t_ms, checkpoint_size)"
                        + " values (1, ?, ?, ?, ?, ?, ?)",
                head.blockNumber(),
                head.blockHash().toByteArray(),
                head.size(),
                head.frontier().toByteArray(),
                head.timeMillis(),
                head.checkpointSize());
    }

    @Override
    public boolean isEmpty() {
        String query = "select 1 where exists (select 1 from ledger.ledger_entry)"
                + " or exists (select 1 from ledger.ledger_entry_id) or exists (select 1 from ledger.ledger_block)"
                + " or exists (select 1 from ledger.ledger_tile) or exists (select 1 from ledger.ledger_checkpoint)"
                + " or exists (select 1 from ledger.ledger_outbox) or exists (select 1 from ledger.ledger_staged)";
        return sql.one(query, row -> true).isEmpty();
    }

    @Override
    public Map<UUID, Long> indexesOf(Collection<UUID> ids) {
        Map<UUID, Long> indexes = new HashMap<>();
        sql.list(
                "select id, seq from ledger.ledger_entry_id where id = any (?)",
                row -> indexes.put(row.getObject(1, UUID.class), row.getLong(2)),
                sql.array("uuid", ids.toArray(UUID[]::new)));
        return indexes;
    }

    @Override
    public Map<Pseudonym, Long> consentVersions(Collection<Pseudonym> subjects) {
        Map<Pseudonym, Long> versions = new HashMap<>();
        byte[][] keys = subjects.stream().map(Pseudonym::toByteArray).toArray(byte[][]::new);
        sql.list(
                "select subject, version from ledger.consent_state where subject = any (?)",
                row -> versions.put(Pseudonym.of(row.getBytes(1)), row.getLong(2)),
                sql.array("bytea", keys));
        return versions;
    }

    @Override
    public void publish(long previousSize, long size, String note) {
        sql.update(
                "insert into ledger.ledger_checkpoint (log, size, prev_size, note) values (1, ?, ?, ?)",
                size,
                previousSize,
                note);
        sql.update("update ledger.ledger_head set checkpoint_size = ? where log = 1", size);
    }

    @Override
    public void cosigned(long size, String witness, String line) {
        String insertion =
                "insert into witness.cosignature (log, size, witness, line) select 1, cast(? as bigint), cast(? as varchar), cast(? as varchar)"
                        + " where not exists (select 1 from witness.cosignature where log = 1 and size = ?"
                        + " and witness = ?)";
        try (PreparedStatement insert = connection.prepareStatement(insertion)) {
            Statements.bind(insert, List.of(size, witness, line, size, witness));
            insert.executeUpdate();
        } catch (SQLException e) {
            if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw Statements.unavailable("cannot store a cosignature", e);
            }
            // Another instance was first; the transaction has nothing else in it.
            rollback();
        }
    }

    @Override
    public List<String> cosignatures(long size) {
        return sql.list(
                "select line from witness.cosignature where log = 1 and size = ? order by witness",
                row -> row.getString(1),
                size);
    }

    @Override
    public void commit(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException {
        write(before, commit);
        commit();
    }

    @Override
    public void commit() {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw Statements.unavailable("whether the commit took place is unknown", e);
        }
    }

    @Override
    public void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            throw Statements.unavailable("cannot roll back", e);
        }
    }

    @Override
    public Optional<Block> block(long number) {
        return sql.one(BLOCK + " and block_no = ?", StoredRows::block, number);
    }

    @Override
    public Optional<Block> blockOf(long index) {
        return sql.one(BLOCK + " and first_seq <= ? order by first_seq desc limit 1", StoredRows::block, index)
                .filter(block -> index < block.treeSize());
    }

    @Override
    public List<Block> blocks(long from, long to) {
        return sql.list(
                BLOCK + " and first_seq < ? and first_seq + n > ? and first_seq + n <= ? and first_seq >= coalesce("
                        + "(select max(b.first_seq) from ledger.ledger_block b where b.log = 1 and b.first_seq <= ?), 0)"
                        + " order by first_seq",
                StoredRows::block,
                to,
                from,
                to,
                from);
    }

    @Override
    public Optional<StoredEntry> entry(long index) {
        return sql.one(ENTRY + " and seq = ?", StoredRows::entry, index);
    }

    @Override
    public Optional<StoredEntry> entry(UUID id) {
        return sql.one(
                "select e.seq, e.leaf, e.body from ledger.ledger_entry_id i"
                        + " join ledger.ledger_entry e on e.log = 1 and e.seq = i.seq where i.id = ?",
                StoredRows::entry,
                id);
    }

    @Override
    public List<StoredEntry> entries(long from, int limit) {
        return sql.list(ENTRY + " and seq >= ? order by seq limit ?", StoredRows::entry, from, limit);
    }

    @Override
    public List<StoredEntry> entries(Op op, long from, int limit) {
        return sql.list(
                ENTRY + " and op = ? and seq >= ? order by seq limit ?", StoredRows::entry, op.code(), from, limit);
    }

    @Override
    public List<StoredEntry> find(EntryQuery query) {
        StringBuilder text = new StringBuilder(ENTRY).append(" and seq < ?");
        List<Object> values = new ArrayList<>();
        values.add(query.before());
        if (query.patients().size() == 1) {
            // Equality keeps the order of the index by patient and time.
            text.append(" and p = ?");
            values.add(query.patients().iterator().next().toByteArray());
        } else if (!query.patients().isEmpty()) {
            text.append(" and p = any (?)");
            values.add(sql.array(
                    "bytea",
                    query.patients().stream().map(Pseudonym::toByteArray).toArray(byte[][]::new)));
        }
        if (query.actor() != null) {
            text.append(" and actor = ?");
            values.add(query.actor());
        }
        if (!query.ops().isEmpty()) {
            text.append(" and op = any (?)");
            values.add(sql.array("text", query.ops().stream().map(Op::code).toArray(String[]::new)));
        }
        if (query.from() != null) {
            text.append(" and t_ms >= ?");
            values.add(query.from().toEpochMilli());
        }
        if (query.to() != null) {
            text.append(" and t_ms < ?");
            values.add(query.to().toEpochMilli());
        }
        boolean newest = query.order() == EntryQuery.Order.NEWEST_FIRST;
        EntryQuery.Place after = query.after();
        if (after != null) {
            text.append(newest ? " and (t_ms, seq) < (?, ?)" : " and (t_ms, seq) > (?, ?)");
            values.add(after.timeMillis());
            values.add(after.index());
        }
        text.append(newest ? " order by t_ms desc, seq desc limit ?" : " order by t_ms, seq limit ?");
        values.add(query.limit());
        return sql.list(text.toString(), StoredRows::entry, values.toArray());
    }

    @Override
    public List<Hash> leafHashes(long from, long to) {
        return sql.list(
                "select leaf from ledger.ledger_entry where log = 1 and seq >= ? and seq < ? order by seq",
                row -> StoredRows.hash(row, 1),
                from,
                to);
    }

    @Override
    public void prune(List<StoredEntry> entries) {
        Array indexes =
                sql.array("bigint", entries.stream().map(StoredEntry::index).toArray(Long[]::new));
        delete("delete from ledger.ledger_entry where log = 1 and seq = any (?)", indexes);
        // The ids come last: they may go where there is no entry.
        Array ids = sql.array(
                "uuid", entries.stream().map(entry -> entry.entry().id()).toArray(UUID[]::new));
        delete("delete from ledger.ledger_entry_id where id = any (?)", ids);
    }

    private void delete(String deletion, Array values) {
        try (PreparedStatement statement = connection.prepareStatement(deletion)) {
            statement.setArray(1, values);
            statement.executeUpdate();
        } catch (SQLException e) {
            throw Statements.unavailable("cannot prune", e);
        }
    }

    @Override
    public Optional<Tile> tile(int level, long index) {
        return sql.one(
                "select hashes from ledger.ledger_tile where log = 1 and level = ? and n = ?",
                row -> Tile.of(level, index, row.getBytes(1)),
                (short) level,
                index);
    }

    @Override
    public List<Hash> tileRoots(int level, long from, long to) {
        return sql.list(
                "select root from ledger.ledger_tile where log = 1 and level = ? and n >= ? and n < ? order by n",
                row -> StoredRows.hash(row, 1),
                (short) level,
                from,
                to);
    }

    @Override
    public Optional<String> newestCheckpoint() {
        return sql.one(
                "select note from ledger.ledger_checkpoint where log = 1 order by size desc limit 1",
                row -> row.getString(1));
    }

    @Override
    public List<StagedEntry> staged(UUID after, int limit) {
        return sql.list(
                "select id, inst, body, key_id, sig from ledger.ledger_outbox where id > ? order by id limit ?",
                row -> new StagedEntry(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        Bytes.of(row.getBytes(3)),
                        StoredRows.hash(row, 4),
                        Bytes.of(row.getBytes(5))),
                after,
                limit);
    }

    @Override
    public List<UUID> lost(int limit) {
        return sql.list(
                "select id from ledger.ledger_staged s"
                        + " where not exists (select from ledger.ledger_outbox o where o.id = s.id) order by id limit ?",
                row -> row.getObject(1, UUID.class),
                limit);
    }

    @Override
    public void close() {
        try {
            if (!connection.isClosed()) {
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                    giveBack();
                }
                connection.close();
            }
        } catch (SQLException e) {
            abort();
        }
    }

    private void abort() {
        try {
            connection.abort(Runnable::run);
            connection.close();
        } catch (SQLException e) {
            // It is gone, which is what was wanted.
            return;
        }
    }
}
