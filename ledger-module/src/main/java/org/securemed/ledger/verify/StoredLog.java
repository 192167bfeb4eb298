package org.securemed.ledger.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.verify.Rows.BlockRow;
import org.securemed.ledger.verify.Rows.CheckpointRow;
import org.securemed.ledger.verify.Rows.CosignedRow;
import org.securemed.ledger.verify.Rows.EntryRow;
import org.securemed.ledger.verify.Rows.EpochRow;
import org.securemed.ledger.verify.Rows.HeadRow;
import org.securemed.ledger.verify.Rows.IdRow;
import org.securemed.ledger.verify.Rows.KeyRow;
import org.securemed.ledger.verify.Rows.OnTheWay;
import org.securemed.ledger.verify.Rows.OutboxRow;
import org.securemed.ledger.verify.Rows.PatientEntryRow;
import org.securemed.ledger.verify.Rows.PatientRow;
import org.securemed.ledger.verify.Rows.Raw;
import org.securemed.ledger.verify.Rows.StagedRow;
import org.securemed.ledger.verify.Rows.StateRow;
import org.securemed.ledger.verify.Rows.StatementRow;
import org.securemed.ledger.verify.Rows.TileRow;

/**
 * The tables of a log in one snapshot. No query asks for one log or a range: a row that should not be there must be
 * seen.
 */
final class StoredLog implements AutoCloseable {
    private static final int FETCH = 2_048;
    // Rows of up to 32 KiB and more.
    private static final int LARGE_FETCH = 128;

    private final Connection connection;

    /** @param connection not used for anything else until closed; ended here */
    StoredLog(Connection connection) throws SQLException {
        this.connection = connection;
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    }

    Cursor<HeadRow> heads() throws SQLException {
        return cursor(
                "select log, block_no, block_hash, size, frontier, t_ms, checkpoint_size from ledger.ledger_head order by log",
                FETCH,
                row -> new HeadRow(
                        row.getInt(1),
                        row.getLong(2),
                        raw(row, 3),
                        row.getLong(4),
                        raw(row, 5),
                        row.getLong(6),
                        row.getLong(7)));
    }

    /** What entries say of the log's keys, as far as they say it in the right form. */
    List<String> keyStatements() throws SQLException {
        List<String> statements = new ArrayList<>();
        try (Cursor<byte[]> bodies = cursor(
                "select body from ledger.ledger_entry where op = '%s' order by seq".formatted(Op.KEY.code()),
                LARGE_FETCH,
                row -> row.getBytes(1))) {
            for (byte[] body = bodies.take(); body != null; body = bodies.take()) {
                try {
                    Optional.ofNullable(Entry.parse(body).statement()).ifPresent(statements::add);
                } catch (EntryException e) {
                    // Found where the entries are read in their order.
                    continue;
                }
            }
        }
        return statements;
    }

    Cursor<BlockRow> blocks() throws SQLException {
        return cursor(
                "select log, block_no, first_seq, n, prev, root, inst, key_id, sig, t_ms from ledger.ledger_block"
                        + " order by log, block_no",
                FETCH,
                row -> new BlockRow(
                        row.getInt(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getInt(4),
                        raw(row, 5),
                        raw(row, 6),
                        text(row, 7),
                        raw(row, 8),
                        raw(row, 9),
                        row.getLong(10)));
    }

    Cursor<EntryRow> entries() throws SQLException {
        return cursor(
                "select log, seq, t_ms, leaf, body, p, actor, op from ledger.ledger_entry order by log, seq",
                FETCH,
                row -> new EntryRow(
                        row.getInt(1),
                        row.getLong(2),
                        row.getLong(3),
                        bytes(row, 4),
                        bytes(row, 5),
                        row.getBytes(6),
                        row.getBytes(7),
                        bytes(row, 8)));
    }

    Cursor<IdRow> ids() throws SQLException {
        return cursor(
                "select id, seq from ledger.ledger_entry_id order by seq, id",
                FETCH,
                row -> new IdRow(row.getObject(1, UUID.class), row.getLong(2)));
    }

    Cursor<TileRow> tiles(int level) throws SQLException {
        return tiles("select log, level, n, hashes, root from ledger.ledger_tile where level = " + level
                + " order by log, n");
    }

    /** Tiles of levels that no tree has. */
    Cursor<TileRow> strayTiles() throws SQLException {
        return tiles("select log, level, n, hashes, root from ledger.ledger_tile where level not between 0 and 7");
    }

    /** The stored hash of one leaf in its tile; null when that tile is not stored. */
    byte @Nullable [] tileHash(long index) throws SQLException {
        String sql = "select substr(hashes, ?, 32) from ledger.ledger_tile where log = 1 and level = 0 and n = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, (int) (index % 256) * 32 + 1);
            statement.setLong(2, index / 256);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getBytes(1) : null;
            }
        }
    }

    Cursor<CheckpointRow> checkpoints() throws SQLException {
        return cursor(
                "select log, size, prev_size, note from ledger.ledger_checkpoint order by log, size",
                FETCH,
                row -> new CheckpointRow(row.getInt(1), row.getLong(2), row.getLong(3), text(row, 4)));
    }

    /** Checkpoints with what witnesses said to them, the newest first. */
    Cursor<CosignedRow> cosigned() throws SQLException {
        return cursor(
                "select c.size, c.note, array(select w.line from witness.cosignature w"
                        + " where w.log = c.log and w.size = c.size order by w.witness)"
                        + " from ledger.ledger_checkpoint c order by c.size desc",
                LARGE_FETCH,
                row -> new CosignedRow(row.getLong(1), text(row, 2), List.of((String[])
                        row.getArray(3).getArray())));
    }

    Cursor<OnTheWay> onTheWay() throws SQLException {
        return cursor(
                "select o.id, o.inst, o.body, o.key_id, o.sig, s.id, s.inst, s.leaf, s.key_id, s.sig"
                        + " from ledger.ledger_outbox o full join ledger.ledger_staged s on s.id = o.id"
                        + " order by coalesce(o.id, s.id)",
                LARGE_FETCH,
                row -> new OnTheWay(
                        row.getObject(1) == null
                                ? null
                                : new OutboxRow(
                                        row.getObject(1, UUID.class),
                                        text(row, 2),
                                        bytes(row, 3),
                                        raw(row, 4),
                                        bytes(row, 5)),
                        row.getObject(6) == null
                                ? null
                                : new StagedRow(
                                        row.getObject(6, UUID.class),
                                        text(row, 7),
                                        raw(row, 8),
                                        raw(row, 9),
                                        bytes(row, 10))));
    }

    /** The entries that state where the consents stand. */
    Cursor<StatementRow> consentSnapshots() throws SQLException {
        return cursor(
                "select seq, body from ledger.ledger_entry where op = '%s' order by seq"
                        .formatted(Op.CONSENT_SNAPSHOT.code()),
                LARGE_FETCH,
                row -> new StatementRow(row.getLong(1), bytes(row, 2)));
    }

    /** The entries that say the bytes of which others may be gone. */
    Cursor<StatementRow> retentionStatements() throws SQLException {
        return cursor(
                "select seq, body from ledger.ledger_entry where op = '%s' order by seq".formatted(Op.RETENTION.code()),
                LARGE_FETCH,
                row -> new StatementRow(row.getLong(1), bytes(row, 2)));
    }

    /** The stored hashes of a full tile of leaves; null when that tile is not stored. */
    byte @Nullable [] tileHashes(long tile) throws SQLException {
        String sql = "select hashes from ledger.ledger_tile where log = 1 and level = 0 and n = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, tile);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getBytes(1) : null;
            }
        }
    }

    /** Every patient who occurs in the log, in the order of the pseudonyms. */
    Cursor<PatientRow> patients() throws SQLException {
        return cursor(
                "select p, min(seq) from ledger.ledger_entry where p is not null group by p order by p",
                FETCH,
                row -> new PatientRow(bytes(row, 1), row.getLong(2)));
    }

    /** The entries with one of {@code ops} about each patient. */
    Cursor<PatientEntryRow> entriesByPatient(Collection<Op> ops) throws SQLException {
        PreparedStatement statement =
                connection.prepareStatement("select p, seq, body from ledger.ledger_entry where p is not null"
                        + " and op = any(?) order by p, seq");
        statement.setArray(
                1, connection.createArrayOf("text", ops.stream().map(Op::code).toArray()));
        statement.setFetchSize(LARGE_FETCH);
        return new Cursor<>(
                binary(statement), row -> new PatientEntryRow(bytes(row, 1), row.getLong(2), bytes(row, 3)));
    }

    /** The entries that are about no patient. */
    Cursor<PatientEntryRow> entriesOfTheSystem() throws SQLException {
        return cursor(
                "select p, seq, body from ledger.ledger_entry where p is null order by seq",
                LARGE_FETCH,
                row -> new PatientEntryRow(bytes(row, 1), row.getLong(2), bytes(row, 3)));
    }

    Cursor<KeyRow> patientKeys() throws SQLException {
        return cursor(
                "select pseudonym, lookup, sealed_subject, wrapped, kek_epoch, created_in::text, destroyed_at"
                        + " from ledger.patient_key order by pseudonym",
                FETCH,
                row -> new KeyRow(
                        bytes(row, 1),
                        row.getBytes(2),
                        row.getBytes(3),
                        row.getBytes(4),
                        row.getObject(5, Integer.class),
                        row.getString(6),
                        Optional.ofNullable(row.getObject(7, OffsetDateTime.class))
                                .map(OffsetDateTime::toInstant)
                                .orElse(null)));
    }

    Cursor<StateRow> consentStates() throws SQLException {
        return cursor(
                "select subject, version, state_hash, sealed_state from ledger.consent_state order by subject",
                LARGE_FETCH,
                row -> new StateRow(bytes(row, 1), row.getLong(2), raw(row, 3), bytes(row, 4)));
    }

    Cursor<EpochRow> epochs() throws SQLException {
        return cursor(
                "select only_row, epoch from ledger.kek_epoch order by only_row desc",
                FETCH,
                row -> new EpochRow(row.getBoolean(1), row.getInt(2)));
    }

    /** Where the log has this entry id; null when it has not. */
    @Nullable
    Long indexOf(UUID id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select seq from ledger.ledger_entry_id where id = ?")) {
            statement.setObject(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : null;
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.rollback();
    }

    private Cursor<TileRow> tiles(String sql) throws SQLException {
        return cursor(
                sql,
                64,
                row -> new TileRow(row.getInt(1), row.getInt(2), row.getLong(3), bytes(row, 4), bytes(row, 5)));
    }

    private <T> Cursor<T> cursor(String sql, int fetch, Cursor.Reader<T> reader) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setFetchSize(fetch);
        return new Cursor<>(binary(statement), reader);
    }

    /** Asks for values as they are, where the driver would otherwise have bytes written out in hexadecimal. */
    private static PreparedStatement binary(PreparedStatement statement) throws SQLException {
        if (statement.isWrapperFor(PGStatement.class)) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
        }
        return statement;
    }

    private static Raw raw(ResultSet row, int column) throws SQLException {
        return Raw.of(row.getBytes(column));
    }

    private static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] bytes = row.getBytes(column);
        return bytes == null ? new byte[0] : bytes;
    }

    private static String text(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text;
    }
}
