package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.BlockCommit;
import org.securemed.ledger.log.DuplicateIdException;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.HeadMovedException;
import org.securemed.ledger.log.Leaf;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.StagedEntry;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/** One connection to PostgreSQL. */
final class PostgresSession implements LogStore.Session {
    private static final String UNIQUE_VIOLATION = "23505";
    private static final String CHECK_VIOLATION = "23514";
    private static final long PARTITION = 10_000_000;

    private static final String HEAD =
            "select block_no, block_hash, size, frontier, t_ms, checkpoint_size from ledger.ledger_head where log = 1";
    private static final String BLOCK =
            "select block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms from ledger.ledger_block where log = 1";
    private static final String ENTRY = "select seq, leaf, body from ledger.ledger_entry where log = 1";

    /** Everything of a block in one round trip. The count it returns is that of the head. */
    private static final String WRITE = """
            with fresh as (
                select * from unnest(?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[], ?::text[], ?::text[],
                                     ?::uuid[]) as u(seq, t_ms, leaf, body, p, actor, op, id)
            ), entries as (
                insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)
                select 1, seq, t_ms, leaf, body, p, actor, op from fresh
            ), ids as (
                insert into ledger.ledger_entry_id (id, seq) select id, seq from fresh
            ), block as (
                insert into ledger.ledger_block (log, block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms)
                values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            )
            %s
            update ledger.ledger_head set block_no = ?, block_hash = ?, size = ?, frontier = ?, t_ms = ?
            where log = 1 and block_no = ? and block_hash = ? and size = ? and frontier = ? and t_ms = ?
            """;

    private static final String TILES = """
            , tiles as (
                insert into ledger.ledger_tile (log, level, n, hashes, root)
                select 1, level, n, hashes, root
                from unnest(?::smallint[], ?::bigint[], ?::bytea[], ?::bytea[]) as t(level, n, hashes, root)
            )
            """;

    private static final String STAGED = """
            , taken as (
                delete from ledger.ledger_outbox where id = any (?::uuid[])
            ), evidence as (
                delete from ledger.ledger_staged where id = any (?::uuid[])
            )
            """;

    private final Connection connection;

    PostgresSession(Connection connection) {
        this.connection = connection;
    }

    @Override
    public Optional<LogHead> lockHead() {
        return one(HEAD + " for update", PostgresSession::head);
    }

    @Override
    public Optional<LogHead> head() {
        return one(HEAD, PostgresSession::head);
    }

    @Override
    public void createHead(LogHead head) {
        update(
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
        String sql = "select 1 where exists (select from ledger.ledger_entry)"
                + " or exists (select from ledger.ledger_entry_id) or exists (select from ledger.ledger_block)"
                + " or exists (select from ledger.ledger_tile) or exists (select from ledger.ledger_checkpoint)"
                + " or exists (select from ledger.ledger_outbox)"
                + " or exists (select from ledger.ledger_staged)";
        return one(sql, row -> true).isEmpty();
    }

    @Override
    public Map<UUID, Long> indexesOf(Collection<UUID> ids) {
        Map<UUID, Long> indexes = new HashMap<>();
        list(
                "select id, seq from ledger.ledger_entry_id where id = any (?)",
                row -> indexes.put(row.getObject(1, UUID.class), row.getLong(2)),
                array("uuid", ids.toArray(UUID[]::new)));
        return indexes;
    }

    @Override
    public Map<Pseudonym, Long> consentVersions(Collection<Pseudonym> subjects) {
        Map<Pseudonym, Long> versions = new HashMap<>();
        byte[][] keys = subjects.stream().map(Pseudonym::toByteArray).toArray(byte[][]::new);
        list(
                "select subject, version from ledger.consent_state where subject = any (?)",
                row -> versions.put(Pseudonym.of(row.getBytes(1)), row.getLong(2)),
                array("bytea", keys));
        return versions;
    }

    @Override
    public void write(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException {
        coverWithPartition(commit.block());
        String optional =
                (commit.tiles().isEmpty() ? "" : TILES) + (commit.staged().isEmpty() ? "" : STAGED);
        try (PreparedStatement statement = connection.prepareStatement(WRITE.formatted(optional))) {
            bind(statement, parameters(before, commit));
            if (statement.executeUpdate() != 1) {
                throw new HeadMovedException("another head");
            }
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())
                    && String.valueOf(e.getMessage()).contains("ledger_entry_id")) {
                throw new DuplicateIdException(e);
            }
            if (UNIQUE_VIOLATION.equals(e.getSQLState()) || CHECK_VIOLATION.equals(e.getSQLState())) {
                throw new HeadMovedException("rows behind it, " + e.getMessage());
            }
            throw unavailable("cannot write a block", e);
        }
    }

    @Override
    public void unstage(Collection<UUID> ids) {
        String sql = "with taken as (delete from ledger.ledger_outbox where id = any (?))"
                + " delete from ledger.ledger_staged where id = any (?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Array gone = array("uuid", ids.toArray(UUID[]::new));
            statement.setArray(1, gone);
            statement.setArray(2, gone);
            statement.executeUpdate();
        } catch (SQLException e) {
            throw unavailable("cannot clear the outbox", e);
        }
    }

    @Override
    public void publish(long previousSize, long size, String note) {
        update(
                "insert into ledger.ledger_checkpoint (log, size, prev_size, note) values (1, ?, ?, ?)",
                size,
                previousSize,
                note);
        update("update ledger.ledger_head set checkpoint_size = ? where log = 1", size);
    }

    @Override
    public void cosigned(long size, String witness, String line) {
        String sql = "insert into ledger.witness_cosignature (log, size, witness, line) values (1, ?, ?, ?)"
                + " on conflict do nothing";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            bind(insert, List.of(size, witness, line));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw unavailable("cannot store a cosignature", e);
        }
    }

    @Override
    public List<String> cosignatures(long size) {
        return list(
                "select line from ledger.witness_cosignature where log = 1 and size = ? order by witness",
                row -> row.getString(1),
                size);
    }

    @Override
    public void commit() {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw unavailable("whether the commit took place is unknown", e);
        }
    }

    @Override
    public void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            throw unavailable("cannot roll back", e);
        }
    }

    @Override
    public Optional<Block> block(long number) {
        return one(BLOCK + " and block_no = ?", PostgresSession::block, number);
    }

    @Override
    public Optional<Block> blockOf(long index) {
        return one(BLOCK + " and first_seq <= ? order by first_seq desc limit 1", PostgresSession::block, index)
                .filter(block -> index < block.treeSize());
    }

    @Override
    public Optional<StoredEntry> entry(long index) {
        return one(ENTRY + " and seq = ?", PostgresSession::entry, index);
    }

    @Override
    public Optional<StoredEntry> entry(UUID id) {
        return one(
                "select e.seq, e.leaf, e.body from ledger.ledger_entry_id i"
                        + " join ledger.ledger_entry e on e.log = 1 and e.seq = i.seq where i.id = ?",
                PostgresSession::entry,
                id);
    }

    @Override
    public List<StoredEntry> entries(long from, int limit) {
        return list(ENTRY + " and seq >= ? order by seq limit ?", PostgresSession::entry, from, limit);
    }

    @Override
    public List<StoredEntry> entries(Op op, long from, int limit) {
        return list(
                ENTRY + " and op = ? and seq >= ? order by seq limit ?",
                PostgresSession::entry,
                op.code(),
                from,
                limit);
    }

    @Override
    public List<StoredEntry> find(EntryQuery query) {
        StringBuilder sql = new StringBuilder(ENTRY).append(" and seq < ?");
        List<Object> values = new ArrayList<>();
        values.add(query.before());
        if (!query.patients().isEmpty()) {
            sql.append(" and p = any (?)");
            values.add(array(
                    "bytea",
                    query.patients().stream().map(Pseudonym::toByteArray).toArray(byte[][]::new)));
        }
        if (query.actor() != null) {
            sql.append(" and actor = ?");
            values.add(query.actor());
        }
        if (!query.ops().isEmpty()) {
            sql.append(" and op = any (?)");
            values.add(array("text", query.ops().stream().map(Op::code).toArray(String[]::new)));
        }
        if (query.from() != null) {
            sql.append(" and t_ms >= ?");
            values.add(query.from().toEpochMilli());
        }
        if (query.to() != null) {
            sql.append(" and t_ms < ?");
            values.add(query.to().toEpochMilli());
        }
        sql.append(" order by seq desc limit ?");
        values.add(query.limit());
        return list(sql.toString(), PostgresSession::entry, values.toArray());
    }

    @Override
    public List<Hash> leafHashes(long from, long to) {
        return list(
                "select leaf from ledger.ledger_entry where log = 1 and seq >= ? and seq < ? order by seq",
                row -> hash(row, 1),
                from,
                to);
    }

    @Override
    public Optional<Tile> tile(int level, long index) {
        return one(
                "select hashes from ledger.ledger_tile where log = 1 and level = ? and n = ?",
                row -> Tile.of(level, index, row.getBytes(1)),
                (short) level,
                index);
    }

    @Override
    public List<Hash> tileRoots(int level, long from, long to) {
        return list(
                "select root from ledger.ledger_tile where log = 1 and level = ? and n >= ? and n < ? order by n",
                row -> hash(row, 1),
                (short) level,
                from,
                to);
    }

    @Override
    public Optional<String> newestCheckpoint() {
        return one(
                "select note from ledger.ledger_checkpoint where log = 1 order by size desc limit 1",
                row -> row.getString(1));
    }

    @Override
    public List<StagedEntry> staged(UUID after, int limit) {
        return list(
                "select id, inst, body, key_id, sig from ledger.ledger_outbox where id > ? order by id limit ?",
                row -> new StagedEntry(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        Bytes.of(row.getBytes(3)),
                        hash(row, 4),
                        Bytes.of(row.getBytes(5))),
                after,
                limit);
    }

    @Override
    public List<UUID> lost(int limit) {
        return list(
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
                    reset();
                }
                connection.close();
            }
        } catch (SQLException e) {
            abort();
        }
    }

    /** Gives the connection back to its pool as it came. */
    private void reset() throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("reset synchronous_commit; reset statement_timeout; reset lock_timeout;"
                    + " reset idle_in_transaction_session_timeout");
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

    private void coverWithPartition(Block block) {
        // Half a partition ahead, so that the lock it takes is never waited for at the edge.
        long half = PARTITION / 2;
        if (block.firstIndex() / half != block.treeSize() / half) {
            one("select ledger.add_entry_partition(?)", row -> true, block.treeSize() + half);
        }
    }

    private List<Object> parameters(LogHead before, BlockCommit commit) throws SQLException {
        List<Object> values = new ArrayList<>();
        entryColumns(commit, values);
        Block block = commit.block();
        values.add(block.number());
        values.add(block.firstIndex());
        values.add(block.count());
        values.add(block.previous().toByteArray());
        values.add(block.root().toByteArray());
        values.add(block.instance());
        values.add(block.keyId().toByteArray());
        values.add(block.signature().toByteArray());
        values.add(block.timeMillis());
        if (!commit.tiles().isEmpty()) {
            List<Tile> tiles = commit.tiles();
            values.add(array(
                    "smallint", tiles.stream().map(tile -> (short) tile.level()).toArray(Short[]::new)));
            values.add(array("bigint", tiles.stream().map(Tile::index).toArray(Long[]::new)));
            values.add(array("bytea", tiles.stream().map(Tile::toByteArray).toArray(byte[][]::new)));
            values.add(array(
                    "bytea",
                    tiles.stream().map(tile -> tile.root().toByteArray()).toArray(byte[][]::new)));
        }
        if (!commit.staged().isEmpty()) {
            Array staged = array("uuid", commit.staged().toArray(UUID[]::new));
            values.add(staged);
            values.add(staged);
        }
        LogHead head = commit.head();
        values.add(head.blockNumber());
        values.add(head.blockHash().toByteArray());
        values.add(head.size());
        values.add(head.frontier().toByteArray());
        values.add(head.timeMillis());
        values.add(before.blockNumber());
        values.add(before.blockHash().toByteArray());
        values.add(before.size());
        values.add(before.frontier().toByteArray());
        values.add(before.timeMillis());
        return values;
    }

    private void entryColumns(BlockCommit commit, List<Object> values) {
        int n = commit.leaves().size();
        Long[] seq = new Long[n];
        Long[] time = new Long[n];
        byte[][] leaf = new byte[n][];
        byte[][] body = new byte[n][];
        byte[][] patient = new byte[n][];
        String[] actor = new String[n];
        String[] op = new String[n];
        UUID[] id = new UUID[n];
        for (int i = 0; i < n; i++) {
            Leaf next = commit.leaves().get(i);
            Entry entry = next.entry();
            seq[i] = commit.block().firstIndex() + i;
            time[i] = entry.time().toEpochMilli();
            leaf[i] = next.hash().toByteArray();
            body[i] = next.borrowBody();
            set(patient, i, entry.patient() == null ? null : entry.patient().toByteArray());
            set(actor, i, entry.actor());
            op[i] = entry.op().code();
            id[i] = entry.id();
        }
        values.add(array("bigint", seq));
        values.add(array("bigint", time));
        values.add(array("bytea", leaf));
        values.add(array("bytea", body));
        values.add(array("bytea", patient));
        values.add(array("text", actor));
        values.add(array("text", op));
        values.add(array("uuid", id));
    }

    /** An array's elements may be null, which plain NullAway cannot say. */
    @SuppressWarnings("NullAway")
    private static <T> void set(T[] array, int index, @Nullable T value) {
        array[index] = value;
    }

    private Array array(String type, Object[] values) {
        try {
            return connection.createArrayOf(type, values);
        } catch (SQLException e) {
            throw unavailable("cannot use the connection", e);
        }
    }

    private <T> Optional<T> one(String sql, Row<T> row, Object... values) {
        List<T> rows = list(sql, row, values);
        return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(0));
    }

    private <T> List<T> list(String sql, Row<T> row, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(values));
            List<T> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(row.read(result));
                }
            }
            return rows;
        } catch (SQLException e) {
            throw unavailable("cannot read the ledger", e);
        } catch (IllegalArgumentException e) {
            throw new LogCorruptException(sql, "values this log writes", String.valueOf(e.getMessage()));
        }
    }

    private void update(String sql, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(values));
            if (statement.executeUpdate() != 1) {
                throw new LogCorruptException(sql, "one row", "another number of rows");
            }
        } catch (SQLException e) {
            throw unavailable("cannot write to the ledger", e);
        }
    }

    private static void bind(PreparedStatement statement, List<Object> values) throws SQLException {
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            if (value instanceof byte[] bytes) {
                statement.setBytes(i + 1, bytes);
            } else if (value instanceof Array array) {
                statement.setArray(i + 1, array);
            } else {
                statement.setObject(i + 1, value);
            }
        }
    }

    private static LogHead head(ResultSet row) throws SQLException {
        return new LogHead(
                row.getLong(1),
                hash(row, 2),
                Frontier.of(row.getLong(3), row.getBytes(4)),
                row.getLong(5),
                row.getLong(6));
    }

    private static Block block(ResultSet row) throws SQLException {
        return new Block(
                row.getLong(1),
                row.getLong(2),
                row.getInt(3),
                hash(row, 4),
                hash(row, 5),
                row.getString(6),
                hash(row, 7),
                Bytes.of(row.getBytes(8)),
                row.getLong(9));
    }

    private static StoredEntry entry(ResultSet row) throws SQLException {
        return new StoredEntry(row.getLong(1), hash(row, 2), Bytes.of(row.getBytes(3)));
    }

    private static Hash hash(ResultSet row, int column) throws SQLException {
        return Hash.of(row.getBytes(column));
    }

    private static LedgerUnavailableException unavailable(String what, SQLException cause) {
        return new LedgerUnavailableException(what + ": " + cause.getSQLState(), cause);
    }

    /** Reads one row. */
    @FunctionalInterface
    private interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }
}
