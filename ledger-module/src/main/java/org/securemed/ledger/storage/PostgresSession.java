package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.BlockCommit;
import org.securemed.ledger.log.DuplicateIdException;
import org.securemed.ledger.log.HeadMovedException;
import org.securemed.ledger.log.Leaf;
import org.securemed.ledger.log.LogEnd;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.merkle.Tile;

/** One connection to PostgreSQL: a block in one statement. */
final class PostgresSession extends JdbcSession {
    private static final String CHECK_VIOLATION = "23514";
    private static final long PARTITION = 10_000_000;
    // Of a transaction, among the advisory locks of the database: "ledger", in ASCII.
    private static final long PRUNING_LOCK = 0x6c6564676572L;

    /**
     * Everything of a block in one round trip: the head is moved first, and the rest is written only if it was. The
     * count it returns is that of the head.
     */
    private static final String WRITE = """
            with head as (
                update ledger.ledger_head set block_no = ?, block_hash = ?, size = ?, frontier = ?, t_ms = ?
                where log = 1 and block_no = ? and block_hash = ? and size = ? and frontier = ? and t_ms = ? %s
                returning 1
            ), block as (
                insert into ledger.ledger_block (log, block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms)
                select 1, ?, ?, ?, ?, ?, ?, ?, ?, ? from head
            ), fresh as (
                select u.* from head, unnest(?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[], ?::text[],
                                             ?::text[], ?::uuid[]) as u(seq, t_ms, leaf, body, p, actor, op, id)
            ), entries as (
                insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)
                select 1, seq, t_ms, leaf, body, p, actor, op from fresh
            ), ids as (
                insert into ledger.ledger_entry_id (id, seq) select id, seq from fresh
            )
            %s
            select count(*) from head
            """;

    private static final String VERSIONS = """
            and not exists (
                select from unnest(?::bytea[], ?::bigint[]) as r(subject, version)
                left join ledger.consent_state s on s.subject = r.subject
                where coalesce(s.version, 0) <> r.version
            )
            """;

    private static final String TILES = """
            , tiles as (
                insert into ledger.ledger_tile (log, level, n, hashes, root)
                select 1, level, n, hashes, root
                from head, unnest(?::smallint[], ?::bigint[], ?::bytea[], ?::bytea[]) as t(level, n, hashes, root)
            )
            """;

    private static final String STAGED = """
            , taken as (
                delete from ledger.ledger_outbox where id = any (?::uuid[]) and exists (select from head)
            ), evidence as (
                delete from ledger.ledger_staged where id = any (?::uuid[]) and exists (select from head)
            )
            """;

    /** Both in one round trip; the second sees what was committed before the lock was given. */
    private static final String END =
            HEAD + " for update; " + BLOCK + " and block_no = (select block_no from ledger.ledger_head where log = 1)";

    PostgresSession(Connection connection) {
        super(connection);
    }

    @Override
    public Optional<LogEnd> lockEnd() {
        return sql.two(END, StoredRows::head, StoredRows::block, LogEnd::new);
    }

    @Override
    public void write(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException {
        coverWithPartition(commit.block());
        execute(before, Map.of(), commit, "");
    }

    @Override
    public void commit(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException {
        // The commit goes with the block, so that others wait for the head one round trip less.
        coverWithPartition(commit.block());
        execute(before, Map.of(), commit, "; commit");
    }

    @Override
    public void append(LogHead before, Map<Pseudonym, Long> versions, BlockCommit commit)
            throws HeadMovedException, DuplicateIdException {
        // A statement that is its own transaction needs no round trips to begin and to commit it.
        autoCommit(true);
        try {
            coverWithPartition(commit.block());
            execute(before, versions, commit, "");
        } finally {
            autoCommit(false);
        }
    }

    private void execute(LogHead before, Map<Pseudonym, Long> versions, BlockCommit commit, String then)
            throws HeadMovedException, DuplicateIdException {
        String optional =
                (commit.tiles().isEmpty() ? "" : TILES) + (commit.staged().isEmpty() ? "" : STAGED);
        String text = WRITE.formatted(versions.isEmpty() ? "" : VERSIONS, optional) + then;
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            Statements.bind(statement, parameters(before, versions, commit));
            statement.execute();
            try (ResultSet moved = statement.getResultSet()) {
                if (!moved.next() || moved.getInt(1) != 1) {
                    throw new HeadMovedException("another head");
                }
            }
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())
                    && String.valueOf(e.getMessage()).contains("ledger_entry_id")) {
                throw new DuplicateIdException(e);
            }
            if (UNIQUE_VIOLATION.equals(e.getSQLState()) || CHECK_VIOLATION.equals(e.getSQLState())) {
                throw new HeadMovedException("rows behind it, " + e.getMessage());
            }
            throw Statements.unavailable("cannot write a block", e);
        }
    }

    private void autoCommit(boolean on) {
        try {
            connection.setAutoCommit(on);
        } catch (SQLException e) {
            throw Statements.unavailable("cannot use the connection", e);
        }
    }

    @Override
    public void unstage(Collection<UUID> ids) {
        String deletion = "with taken as (delete from ledger.ledger_outbox where id = any (?))"
                + " delete from ledger.ledger_staged where id = any (?)";
        try (PreparedStatement statement = connection.prepareStatement(deletion)) {
            Array gone = sql.array("uuid", ids.toArray(UUID[]::new));
            statement.setArray(1, gone);
            statement.setArray(2, gone);
            statement.executeUpdate();
        } catch (SQLException e) {
            throw Statements.unavailable("cannot clear the outbox", e);
        }
    }

    @Override
    public void lockPruning() {
        sql.one("select pg_advisory_xact_lock(" + PRUNING_LOCK + ")", row -> true);
    }

    @Override
    void giveBack() throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("reset synchronous_commit; reset statement_timeout; reset lock_timeout;"
                    + " reset idle_in_transaction_session_timeout; reset plan_cache_mode; reset enable_seqscan");
        }
    }

    private void coverWithPartition(Block block) {
        // Half a partition ahead, so that the lock it takes is never waited for at the edge.
        long half = PARTITION / 2;
        if (block.firstIndex() / half != block.treeSize() / half) {
            sql.one("select ledger.add_entry_partition(?)", row -> true, block.treeSize() + half);
        }
    }

    private List<Object> parameters(LogHead before, Map<Pseudonym, Long> versions, BlockCommit commit)
            throws SQLException {
        List<Object> values = new ArrayList<>();
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
        if (!versions.isEmpty()) {
            values.add(sql.array(
                    "bytea",
                    versions.keySet().stream().map(Pseudonym::toByteArray).toArray(byte[][]::new)));
            values.add(sql.array("bigint", versions.values().toArray(Long[]::new)));
        }
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
        entryColumns(commit, values);
        if (!commit.tiles().isEmpty()) {
            List<Tile> tiles = commit.tiles();
            values.add(sql.array(
                    "smallint", tiles.stream().map(tile -> (short) tile.level()).toArray(Short[]::new)));
            values.add(sql.array("bigint", tiles.stream().map(Tile::index).toArray(Long[]::new)));
            values.add(sql.array("bytea", tiles.stream().map(Tile::toByteArray).toArray(byte[][]::new)));
            values.add(sql.array(
                    "bytea",
                    tiles.stream().map(tile -> tile.root().toByteArray()).toArray(byte[][]::new)));
        }
        if (!commit.staged().isEmpty()) {
            Array staged = sql.array("uuid", commit.staged().toArray(UUID[]::new));
            values.add(staged);
            values.add(staged);
        }
        return values;
    }

    private void entryColumns(BlockCommit commit, List<Object> values) {
        // A log that is imported may have been pruned.
        List<Leaf> leaves =
                commit.leaves().stream().filter(leaf -> !leaf.isPruned()).toList();
        long[] places = places(commit);
        int n = leaves.size();
        Long[] seq = new Long[n];
        Long[] time = new Long[n];
        byte[][] leaf = new byte[n][];
        byte[][] body = new byte[n][];
        byte[][] patient = new byte[n][];
        String[] actor = new String[n];
        String[] op = new String[n];
        UUID[] id = new UUID[n];
        for (int i = 0; i < n; i++) {
            Leaf next = leaves.get(i);
            Entry entry = next.entry();
            seq[i] = places[i];
            time[i] = entry.time().toEpochMilli();
            leaf[i] = next.hash().toByteArray();
            body[i] = next.borrowBody();
            set(patient, i, entry.patient() == null ? null : entry.patient().toByteArray());
            set(actor, i, entry.actor());
            op[i] = entry.op().code();
            id[i] = entry.id();
        }
        values.add(sql.array("bigint", seq));
        values.add(sql.array("bigint", time));
        values.add(sql.array("bytea", leaf));
        values.add(sql.array("bytea", body));
        values.add(sql.array("bytea", patient));
        values.add(sql.array("text", actor));
        values.add(sql.array("text", op));
        values.add(sql.array("uuid", id));
    }

    private static long[] places(BlockCommit commit) {
        long first = commit.block().firstIndex();
        return IntStream.range(0, commit.leaves().size())
                .filter(i -> !commit.leaves().get(i).isPruned())
                .mapToLong(i -> first + i)
                .toArray();
    }

    /** An array's elements may be null, which plain NullAway cannot say. */
    @SuppressWarnings("NullAway")
    private static <T> void set(T[] array, int index, @Nullable T value) {
        array[index] = value;
    }
}
