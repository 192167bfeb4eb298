package org.securemed.ledger.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.StagedEntry;

/**
 * The log in H2, schema {@code ledger}: for development and tests of what is built on a log. H2 does not wait for the
 * disk at each commit, and nothing there refuses changes: no place for a record that has to last. Thread safe.
 */
public final class H2LogStore implements LogStore {
    private static final String SCHEMA = "/db/ledger/h2/log.sql";

    private final DataSource dataSource;

    public H2LogStore(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Makes the tables, where they are not there yet. */
    public static void createSchema(Connection connection) throws SQLException {
        try (InputStream in = H2LogStore.class.getResourceAsStream(SCHEMA);
                Statement statement = connection.createStatement()) {
            if (in == null) {
                throw new IllegalStateException(SCHEMA + " is missing");
            }
            for (String sql : new String(in.readAllBytes(), StandardCharsets.UTF_8).split(";\n")) {
                statement.execute(sql);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        try (PreparedStatement rows = connection.prepareStatement(
                        "insert into ledger.ledger_outbox (id, inst, body, key_id, sig) values (?, ?, ?, ?, ?)");
                PreparedStatement evidence = connection.prepareStatement(
                        "insert into ledger.ledger_staged (id, inst, leaf, key_id, sig) values (?, ?, ?, ?, ?)")) {
            for (StagedEntry entry : entries) {
                add(rows, entry, entry.body().toByteArray());
                add(evidence, entry, entry.leaf().toByteArray());
            }
            rows.executeBatch();
            evidence.executeBatch();
        } catch (SQLException e) {
            throw new LedgerUnavailableException("cannot stage entries", e);
        }
    }

    private static void add(PreparedStatement insert, StagedEntry entry, byte[] content) throws SQLException {
        Statements.bind(
                insert,
                List.of(
                        entry.id(),
                        entry.instance(),
                        content,
                        entry.keyId().toByteArray(),
                        entry.signature().toByteArray()));
        insert.addBatch();
    }

    private Session open(boolean autoCommit) {
        try {
            Connection connection = dataSource.getConnection();
            connection.setAutoCommit(true);
            try (Statement statement = connection.createStatement()) {
                statement.execute("set lock_timeout 10000");
            }
            connection.setAutoCommit(autoCommit);
            return new H2Session(connection);
        } catch (SQLException e) {
            throw new LedgerUnavailableException("cannot connect to the ledger's database", e);
        }
    }
}
