package org.securemed.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** One PostgreSQL with a database for each server, as durable as one in production. */
public final class Database implements AutoCloseable {
    private final EmbeddedPostgres postgres;
    private final long postmasterPid;

    private Database(EmbeddedPostgres postgres, long postmasterPid) {
        this.postgres = postgres;
        this.postmasterPid = postmasterPid;
    }

    /**
     * Starts it with empty databases.
     *
     * @param directory for its data; removed on closing
     */
    public static Database start(Path directory, List<String> databases) throws IOException, SQLException {
        Path data = directory.toAbsolutePath();
        Files.createDirectories(data);
        EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(true)
                .setPGStartupWait(Duration.ofSeconds(60))
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("shared_buffers", "256MB")
                .start();
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).trim());
        Database database = new Database(postgres, pid);
        database.requireDurable();
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String name : databases) {
                statement.execute("CREATE DATABASE " + statement.enquoteIdentifier(name, true));
            }
        }
        return database;
    }

    private void requireDurable() throws SQLException {
        for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
            if (!setting(setting).equals("on")) {
                throw new IllegalStateException("PostgreSQL runs with %s=%s".formatted(setting, setting(setting)));
            }
        }
    }

    public String version() throws SQLException {
        return setting("server_version");
    }

    private String setting(String name) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT current_setting(" + statement.enquoteLiteral(name) + ")")) {
            rows.next();
            return rows.getString(1);
        }
    }

    public String jdbcUrl(String database) {
        return postgres.getJdbcUrl("postgres", database);
    }

    public long postmasterPid() {
        return postmasterPid;
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
