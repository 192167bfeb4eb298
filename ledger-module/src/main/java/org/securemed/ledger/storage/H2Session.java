package org.securemed.ledger.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.BlockCommit;
import org.securemed.ledger.log.DuplicateIdException;
import org.securemed.ledger.log.HeadMovedException;
import org.securemed.ledger.log.Leaf;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.merkle.Tile;

/** One connection to H2: a block in several statements, rows in batches. */
final class H2Session extends JdbcSession {
    H2Session(Connection connection) {
        super(connection);
    }

    @Override
    public void write(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException {
        moveHead(before, commit.head());
        try {
            insertEntries(commit);
            insertBlock(commit.block());
            insertTiles(commit.tiles());
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw new HeadMovedException("rows behind it, " + e.getMessage());
            }
            throw Statements.unavailable("cannot write a block", e);
        }
        insertIds(commit);
        if (!commit.staged().isEmpty()) {
            unstage(commit.staged());
        }
    }

    @Override
    public void append(LogHead before, Map<Pseudonym, Long> versions, BlockCommit commit)
            throws HeadMovedException, DuplicateIdException {
        try {
            write(before, commit);
            Map<Pseudonym, Long> current = versions.isEmpty() ? Map.of() : consentVersions(versions.keySet());
            for (Map.Entry<Pseudonym, Long> relied : versions.entrySet()) {
                if (!current.getOrDefault(relied.getKey(), 0L).equals(relied.getValue())) {
                    throw new HeadMovedException("another consent version");
                }
            }
        } catch (HeadMovedException | DuplicateIdException e) {
            rollback();
            throw e;
        }
        commit();
    }

    @Override
    public void unstage(Collection<UUID> ids) {
        for (String table : List.of("ledger_outbox", "ledger_staged")) {
            try (PreparedStatement delete =
                    connection.prepareStatement("delete from ledger." + table + " where id = ?")) {
                for (UUID id : ids) {
                    delete.setObject(1, id);
                    delete.addBatch();
                }
                delete.executeBatch();
            } catch (SQLException e) {
                throw Statements.unavailable("cannot clear the outbox", e);
            }
        }
    }

    @Override
    public void lockPruning() {
        lockHead();
    }

    @Override
    void giveBack() throws SQLException {
        connection.setAutoCommit(true);
    }

    /** First, because it locks the row: whoever comes second sees what the first one wrote. */
    private void moveHead(LogHead before, LogHead after) throws HeadMovedException {
        String update = "update ledger.ledger_head set block_no = ?, block_hash = ?, size = ?, frontier = ?, t_ms = ?"
                + " where log = 1 and block_no = ? and block_hash = ? and size = ? and frontier = ? and t_ms = ?";
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            Statements.bind(
                    statement,
                    List.of(
                            after.blockNumber(),
                            after.blockHash().toByteArray(),
                            after.size(),
                            after.frontier().toByteArray(),
                            after.timeMillis(),
                            before.blockNumber(),
                            before.blockHash().toByteArray(),
                            before.size(),
                            before.frontier().toByteArray(),
                            before.timeMillis()));
            if (statement.executeUpdate() != 1) {
                throw new HeadMovedException("another head");
            }
        } catch (SQLException e) {
            throw Statements.unavailable("cannot write a block", e);
        }
    }

    private void insertEntries(BlockCommit commit) throws SQLException {
        String sql = "insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)"
                + " values (1, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            long seq = commit.block().firstIndex();
            for (Leaf leaf : commit.leaves()) {
                if (leaf.isPruned()) {
                    seq++;
                    continue;
                }
                Entry entry = leaf.entry();
                Pseudonym patient = entry.patient();
                insert.setLong(1, seq++);
                insert.setLong(2, entry.time().toEpochMilli());
                insert.setBytes(3, leaf.hash().toByteArray());
                insert.setBytes(4, leaf.borrowBody());
                if (patient == null) {
                    insert.setNull(5, Types.VARBINARY);
                } else {
                    insert.setBytes(5, patient.toByteArray());
                }
                insert.setString(6, entry.actor());
                insert.setString(7, entry.op().code());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void insertIds(BlockCommit commit) throws DuplicateIdException {
        String sql = "insert into ledger.ledger_entry_id (id, seq) values (?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            long seq = commit.block().firstIndex();
            for (Leaf leaf : commit.leaves()) {
                if (leaf.isPruned()) {
                    seq++;
                    continue;
                }
                insert.setObject(1, leaf.entry().id());
                insert.setLong(2, seq++);
                insert.addBatch();
            }
            insert.executeBatch();
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw new DuplicateIdException(e);
            }
            throw Statements.unavailable("cannot write a block", e);
        }
    }

    private void insertBlock(Block block) throws SQLException {
        String sql =
                "insert into ledger.ledger_block (log, block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms)"
                        + " values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            Statements.bind(
                    insert,
                    List.of(
                            block.number(),
                            block.firstIndex(),
                            block.count(),
                            block.previous().toByteArray(),
                            block.root().toByteArray(),
                            block.instance(),
                            block.keyId().toByteArray(),
                            block.signature().toByteArray(),
                            block.timeMillis()));
            insert.executeUpdate();
        }
    }

    private void insertTiles(List<Tile> tiles) throws SQLException {
        String sql = "insert into ledger.ledger_tile (log, level, n, hashes, root) values (1, ?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            for (Tile tile : tiles) {
                insert.setInt(1, tile.level());
                insert.setLong(2, tile.index());
                insert.setBytes(3, tile.toByteArray());
                insert.setBytes(4, tile.root().toByteArray());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
