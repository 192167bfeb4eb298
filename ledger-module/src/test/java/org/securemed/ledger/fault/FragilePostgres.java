package org.securemed.ledger.fault;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;

/** A PostgreSQL of a test's own that may be killed, with the ledger's schema and durable commits. */
final class FragilePostgres implements AutoCloseable {
    private final Path data;
    private final EmbeddedPostgres postgres;
    private final Path programs;

    /** @param data where it keeps its files; need not exist */
    FragilePostgres(Path data) throws IOException {
        this.data = data;
        this.postgres = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_wal_size", "48MB")
                .start();
        Path program = Files.readSymbolicLink(Path.of("/proc/" + pid() + "/exe"));
        this.programs = java.util.Objects.requireNonNull(program.getParent());
        Flyway.configure()
                .dataSource(url(port()), "postgres", "")
                .schemas("ledger")
                .locations("classpath:db/ledger/postgresql")
                .load()
                .migrate();
    }

    int port() {
        return postgres.getPort();
    }

    /** Commits are sent as text each time, so that a proxy can see them. */
    static String url(int port) {
        return "jdbc:postgresql://localhost:%d/postgres?prepareThreshold=0&connectTimeout=2".formatted(port);
    }

    /** A pool that soon says that there is no connection. */
    static HikariDataSource pool(int port) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url(port));
        config.setUsername("postgres");
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(5_000);
        return new HikariDataSource(config);
    }

    /** The server process. */
    long pid() throws IOException {
        return Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
    }

    Path data() {
        return data;
    }

    /** As after a power cut: nothing is written any more, and the next start recovers from the write-ahead log. */
    void restartImmediately() throws Exception {
        control("restart", "-m", "immediate", "-w");
    }

    void stop() throws Exception {
        control("stop", "-m", "fast", "-w");
    }

    void start() throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                control("restart", "-m", "immediate", "-w");
                return;
            } catch (IllegalStateException e) {
                // The children of a server that was killed may take a moment to notice.
                if (attempt == 10) {
                    throw e;
                }
            }
        }
    }

    private void control(String... command) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "unshare",
                "-U",
                programs.resolve("pg_ctl").toString(),
                "-D",
                data.toString(),
                "-l",
                data.resolve("fragile.log").toString(),
                "-t",
                "30"));
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("pg_ctl failed: " + String.join(" ", all));
        }
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
