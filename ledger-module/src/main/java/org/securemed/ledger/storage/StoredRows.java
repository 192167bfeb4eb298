package org.securemed.ledger.storage;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;

/** Rows as the log's values. */
final class StoredRows {
    private StoredRows() {}

    static LogHead head(ResultSet row) throws SQLException {
        return new LogHead(
                row.getLong(1),
                hash(row, 2),
                Frontier.of(row.getLong(3), row.getBytes(4)),
                row.getLong(5),
                row.getLong(6));
    }

    static Block block(ResultSet row) throws SQLException {
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

    static StoredEntry entry(ResultSet row) throws SQLException {
        return new StoredEntry(row.getLong(1), hash(row, 2), Bytes.of(row.getBytes(3)));
    }

    static Hash hash(ResultSet row, int column) throws SQLException {
        return Hash.of(row.getBytes(column));
    }
}
