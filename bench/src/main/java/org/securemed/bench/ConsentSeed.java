package org.securemed.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.securemed.fhir.database.Migrations;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.storage.ConsentStateStore;
import org.securemed.ledger.storage.PatientKeyStore;

/**
 * Fills the tables of a server that has never started with the consents of many patients: each has a key, a sealed
 * state made by the contract, and a partition. They have no resources, and the log has no entries of their consents,
 * which is taken for a log that has stated nothing yet.
 */
final class ConsentSeed {
    private static final int THREADS = 3;
    private static final int BATCH = 500;
    private static final Instant WHEN = Instant.parse("2026-10-01T09:00:00Z");

    private ConsentSeed() {}

    /**
     * Seeds.
     *
     * @param ledgerDirectory where the server will look for its development keys
     * @param organisation whom each patient lets in for treatment
     */
    static void seed(String jdbcUrl, Path ledgerDirectory, int patients, String organisation)
            throws IOException, SQLException, InterruptedException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setUsername("postgres");
        config.setMaximumPoolSize(THREADS + 1);
        try (HikariDataSource database = new HikariDataSource(config)) {
            Migrations.migrate(database, "ledger", "db/ledger/postgresql");
            Migrations.migrate(database, "securemed", "db/owner");
            ConsentStateStore store = new ConsentStateStore(keys(ledgerDirectory));
            partitions(database, patients);
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<?>> parts = new ArrayList<>();
                for (int thread = 0; thread < THREADS; thread++) {
                    int first = thread;
                    parts.add(threads.submit(() -> {
                        consents(database, store, keys(ledgerDirectory), first, patients, organisation);
                        return null;
                    }));
                }
                for (Future<?> part : parts) {
                    part.get();
                }
            } catch (ExecutionException e) {
                throw new IOException("the consents could not be stored", e.getCause());
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static synchronized PatientKeys keys(Path ledgerDirectory) throws IOException {
        try {
            Files.createDirectories(ledgerDirectory);
            return new PatientKeys(
                    new PatientKeyStore(),
                    KeyEncryptionKeys.openOrCreate(
                            ledgerDirectory.resolve("development-kek.p12"), "development".toCharArray()),
                    Clock.systemUTC(),
                    BATCH,
                    Duration.ofMinutes(5));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static void partitions(HikariDataSource database, int patients) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("insert into securemed.patient_partition (patient_id, partition_id)"
                                + " select 'seeded-' || i, nextval('securemed.patient_partition_seq')"
                                + " from generate_series(0, ? - 1) as i")) {
            statement.setInt(1, patients);
            statement.executeUpdate();
        }
    }

    private static void consents(
            HikariDataSource database,
            ConsentStateStore store,
            PatientKeys keys,
            int first,
            int patients,
            String organisation)
            throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            int waiting = 0;
            for (int patient = first; patient < patients; patient += THREADS) {
                String subject = "Patient/seeded-" + patient;
                Provision provision = Provision.permit()
                        .actor(organisation)
                        .purpose(Purposes.TREAT)
                        .build();
                TransitionResult result = store.apply(
                        connection,
                        keys.forPatient(connection, subject).pseudonym(),
                        new Transition.Grant(
                                "seeded-" + patient,
                                subject,
                                Author.patient(subject, "seed"),
                                WHEN,
                                "consent-" + patient,
                                1,
                                "",
                                provision));
                if (!(result instanceof TransitionResult.Applied)) {
                    throw new IllegalStateException("a consent was refused: " + result);
                }
                if (++waiting == BATCH) {
                    connection.commit();
                    waiting = 0;
                }
            }
            connection.commit();
        }
    }
}
