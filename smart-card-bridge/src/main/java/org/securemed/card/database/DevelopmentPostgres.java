package org.securemed.card.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/**
 * A PostgreSQL of the bridge's own, for development and tests: started when no {@code spring.datasource.url} is named.
 * It is as durable as a real one ({@code fsync} and {@code synchronous_commit} are on) and keeps its data in
 * {@code securemed.development.data-directory}. The packaged jar holds no such database.
 */
@Configuration(proxyBeanMethods = false)
@Profile("!production")
@ConditionalOnClass(name = "io.zonky.test.db.postgres.embedded.EmbeddedPostgres")
@ConditionalOnExpression("'${spring.datasource.url:}' == ''")
public class DevelopmentPostgres {
    private static final Logger log = LoggerFactory.getLogger(DevelopmentPostgres.class);

    @Bean(destroyMethod = "close")
    EmbeddedPostgres embeddedPostgres(
            @Value("${securemed.development.data-directory:data/card-postgres}") Path directory,
            @Value("${securemed.development.postgres-port:0}") int port)
            throws IOException, InterruptedException {
        Path data = directory.toAbsolutePath();
        Files.createDirectories(data);
        stopLeftOver(data);
        EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                // Stopped by Spring, after everything that still writes to it; its own hook would not wait.
                .setRegisterShutdownHook(false)
                .setPort(port)
                .setPGStartupWait(Duration.ofSeconds(60))
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .start();
        log.atInfo().addKeyValue("port", postgres.getPort()).log("development PostgreSQL started");
        return postgres;
    }

    @Bean
    DataSource dataSource(
            EmbeddedPostgres postgres, @Value("${spring.datasource.hikari.maximum-pool-size:20}") int poolSize) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(postgres.getJdbcUrl("postgres", "postgres"));
        config.setUsername("postgres");
        config.setMaximumPoolSize(poolSize);
        config.setPoolName("card");
        return new HikariDataSource(config);
    }

    /**
     * Stops the PostgreSQL that a killed server left running on this directory; without this the next start would wait
     * for the lock file and fail. What can't be told for certain is left to PostgreSQL, which refuses to start twice.
     */
    private static void stopLeftOver(Path data) throws IOException, InterruptedException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        Optional<ProcessHandle> holder = holder(pidFile);
        if (holder.isEmpty()) {
            // Not deleted: by this file PostgreSQL finds out whether children of a killed one are still at work.
            return;
        }
        String command = holder.get().info().commandLine().orElse("");
        if (command.contains("postgres") && command.contains(data.toString())) {
            stop(holder.get());
        } else if (!command.isEmpty() && !command.contains("postgres")) {
            // The number has been given to another program since.
            Files.deleteIfExists(pidFile);
        }
    }

    private static Optional<ProcessHandle> holder(Path pidFile) throws IOException {
        List<String> lines = Files.readAllLines(pidFile);
        try {
            return lines.isEmpty()
                    ? Optional.empty()
                    : ProcessHandle.of(Long.parseLong(lines.get(0).trim()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static void stop(ProcessHandle postmaster) throws IOException, InterruptedException {
        // SIGTERM would wait for clients that are gone; SIGINT is PostgreSQL's fast shutdown.
        new ProcessBuilder("kill", "-INT", Long.toString(postmaster.pid()))
                .start()
                .waitFor();
        try {
            postmaster.onExit().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(
                    "The PostgreSQL of an earlier run (process %d) does not stop.".formatted(postmaster.pid()), e);
        }
    }
}
