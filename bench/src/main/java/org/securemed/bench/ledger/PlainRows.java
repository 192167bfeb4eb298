package org.securemed.bench.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.securemed.ledger.entry.Entry;

/** What an application does that keeps an audit table: the columns and indexes of ours, a commit for each row. */
final class PlainRows implements Writer {
    private final DataSource database;

    PlainRows(DataSource database) throws SQLException {
        this.database = database;
        try (Connection connection = database.getConnection();
                PreparedStatement sequence = connection.prepareStatement("create sequence public.audit")) {
            sequence.execute();
        }
    }

    @Override
    public void write(Entry entry) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(true);
            try (PreparedStatement insert =
                    connection.prepareStatement("with id as (insert into ledger.ledger_entry_id values (?, 0))"
                            + " insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, p, actor, op)"
                            + " values (1, nextval('public.audit'), ?, ?, ?, ?, ?, ?)")) {
                insert.setObject(1, entry.id());
                insert.setLong(2, entry.time().toEpochMilli());
                insert.setBytes(3, new byte[32]);
                insert.setBytes(4, entry.toJson());
                insert.setBytes(5, Entries.patient(entry));
                insert.setString(6, entry.actor());
                insert.setString(7, entry.op().code());
                insert.executeUpdate();
            }
        }
    }
}
