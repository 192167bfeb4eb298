package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.StagedEntry;

/**
 * The log in PostgreSQL, schema {@code ledger}. Thread safe; takes a connection from the data source for each session
 * and keeps the writing one for long.
 */
public final class PostgresLogStore implements LogStore {
    private final DataSource dataSource;

    public PostgresLogStore(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public Session write() {
        return open(false);
    }

    @Override
    public Session read() {
        return open(true);
    }

    @Override
    public void stage(Connection connection, List<StagedEntry> entries) {
        // The block that takes them comes later in the same write-ahead log, and its commit waits for the disk: this
        // one
        // need not. Nobody may be answered before that block.
        String sql = "with fresh as (select u.* from unnest(?::uuid[], ?::text[], ?::bytea[], ?::bytea[], ?::bytea[],"
                + " ?::bytea[]) as u(id, inst, body, leaf, key_id, sig),"
                + " (select set_config('synchronous_commit', 'off', true)) as commit),"
                + " evidence as (insert into ledger.ledger_staged (id, inst, leaf, key_id, sig)"
                + " select id, inst, leaf, key_id, sig from fresh)"
                + " insert into ledger.ledger_outbox (id, inst, body, key_id, sig)"
                + " select id, inst, body, key_id, sig from fresh";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setArray(1, column(connection, "uuid", entries, UUID[]::new, StagedEntry::id));
            insert.setArray(2, column(connection, "text", entries, String[]::new, StagedEntry::instance));
            insert.setArray(
                    3,
                    column(
                            connection,
                            "bytea",
                            entries,
                            byte[][]::new,
                            row -> row.body().toByteArray()));
            insert.setArray(
                    4,
                    column(
                            connection,
                            "bytea",
                            entries,
                            byte[][]::new,
                            row -> row.leaf().toByteArray()));
            insert.setArray(
                    5,
                    column(
                            connection,
                            "bytea",
                            entries,
                            byte[][]::new,
                            row -> row.keyId().toByteArray()));
            insert.setArray(
                    6,
                    column(
                            connection,
                            "bytea",
                            entries,
                            byte[][]::new,
                            row -> row.signature().toByteArray()));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw new LedgerUnavailableException("cannot stage entries", e);
        }
    }

    private static <T> Array column(
            Connection connection,
            String type,
            List<StagedEntry> entries,
            IntFunction<T[]> values,
            Function<StagedEntry, T> value)
            throws SQLException {
        return connection.createArrayOf(type, entries.stream().map(value).toArray(values));
    }

    private Session open(boolean autoCommit) {
        Connection connection = null;
        try {
            connection = dataSource.getConnection();
            if (!autoCommit) {
                guard(connection);
            }
            connection.setAutoCommit(autoCommit);
            return new PostgresSession(connection);
        } catch (SQLException e) {
            close(connection);
            throw new LedgerUnavailableException("cannot connect to the ledger's database", e);
        }
    }

    /**
     * Durable commits whatever the server's default, and no transaction that holds the head lock for ever. Every
     * statement goes by an index and is planned once: to plan that of a block takes as long as to run it, and the
     * outbox, mostly empty when it is looked at, would be read from end to end with all rows that have left it.
     */
    private static void guard(Connection connection) throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = on; set statement_timeout = '30s'; set lock_timeout = '10s';"
                    + " set idle_in_transaction_session_timeout = '15s'; set plan_cache_mode = force_generic_plan;"
                    + " set enable_seqscan = off");
        }
    }

    private static void close(@org.jspecify.annotations.Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // Nothing was done on it.
                return;
            }
        }
    }
}
