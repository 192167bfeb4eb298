package org.securemed.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** A database of its own for one test, in one embedded PostgreSQL for all, with durable commits. */
public final class LedgerDatabase implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String jdbcUrl;
    private final HikariDataSource pool;

    private LedgerDatabase(String jdbcUrl, int connections) {
        this.jdbcUrl = jdbcUrl;
        this.pool = pool(jdbcUrl, connections);
    }

    public static LedgerDatabase create() {
        return create(16);
    }

    public static LedgerDatabase create(int connections) {
        String name = "ledger" + NEXT.incrementAndGet();
        try (Connection connection = Server.POSTGRES.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        String url = Server.POSTGRES.getJdbcUrl("postgres", name);
        Flyway.configure()
                .dataSource(url, "postgres", "")
                .schemas("ledger")
                .locations("classpath:db/ledger/postgresql")
                .load()
                .migrate();
        return new LedgerDatabase(url, connections);
    }

    /** Like {@link #create()}, with tables that belong to a role of this name, which is no superuser. */
    public static LedgerDatabase ownedBy(String role) {
        String name = "ledger" + NEXT.incrementAndGet();
        try (Connection connection = Server.POSTGRES.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("drop role if exists " + role);
            statement.execute("create role " + role + " login");
            statement.execute("create database " + name + " owner " + role);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        String url = Server.POSTGRES.getJdbcUrl(role, name);
        Flyway.configure()
                .dataSource(url, role, "")
                .schemas("ledger")
                .locations("classpath:db/ledger/postgresql")
                .load()
                .migrate();
        return new LedgerDatabase(Server.POSTGRES.getJdbcUrl("postgres", name), 4);
    }

    /** A connection as this role, which triggers do hinder. */
    public Connection connect(String role) throws SQLException {
        return dataSource(role).getConnection();
    }

    /** Connections as this role. */
    public DataSource dataSource(String role) {
        return Server.POSTGRES.getDatabase(role, pool.getJdbcUrl().replaceAll(".*/([^?]*).*", "$1"));
    }

    private static HikariDataSource pool(String url, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername("postgres");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(10_000);
        return new HikariDataSource(config);
    }

    public String jdbcUrl() {
        return jdbcUrl;
    }

    public HikariDataSource dataSource() {
        return pool;
    }

    /** A connection that no trigger hinders. */
    public Connection superuser() throws SQLException {
        Connection connection = Server.POSTGRES
                .getDatabase("postgres", pool.getJdbcUrl().replaceAll(".*/([^?]*).*", "$1"))
                .getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
        }
        return connection;
    }

    /** Runs statements past every trigger. */
    public void tamper(String... statements) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    @Override
    public void close() {
        pool.close();
    }

    /** Started by the first test that needs it; stops with the JVM. */
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
