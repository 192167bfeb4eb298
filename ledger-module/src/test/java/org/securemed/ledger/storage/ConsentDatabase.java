package org.securemed.ledger.storage;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A real PostgreSQL for the tests of keys and consent states, one test at a time. */
public final class ConsentDatabase {
    private final DataSource dataSource;

    private ConsentDatabase(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Empty, with the migrations of consents and keys; what a test before left is gone. */
    public static ConsentDatabase create() {
        ConsentDatabase database = new ConsentDatabase(Server.POSTGRES.getPostgresDatabase());
        database.execute("drop schema if exists ledger cascade; drop table if exists backup");
        database.execute(migration("V2__consent.sql"));
        return database;
    }

    /** A connection with autocommit off. */
    public Connection begin() throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    /** Runs {@code work} in a transaction of its own and commits. */
    public <T> T commit(Work<T> work) {
        try (Connection connection = begin()) {
            T result = work.in(connection);
            connection.commit();
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs SQL and commits. */
    public void execute(String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String migration(String name) {
        try (InputStream in = ConsentDatabase.class.getResourceAsStream("/db/ledger/postgresql/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is done in a transaction. */
    public interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private static final class Server {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "on")
                        .setServerConfig("synchronous_commit", "on")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
