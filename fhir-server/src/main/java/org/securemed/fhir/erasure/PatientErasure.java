package org.securemed.fhir.erasure;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.audit.StaleConsents;
import org.securemed.fhir.problem.Problem;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.storage.Erasure;

/**
 * Erases patients from the ledger: their key and consent state go, the entry that says so comes, in one transaction.
 * What the log sealed about them is noise from then on, and every proof stays valid. Thread-safe.
 */
final class PatientErasure {
    private static final int REWRAPPED_AT_ONCE = 500;
    private static final long TIMEOUT_SECONDS = 10;

    private final Erasure erasure;
    private final PatientKeys keys;
    private final Ledger ledger;
    private final StaleConsents stale;
    private final DataSource dataSource;

    PatientErasure(Erasure erasure, PatientKeys keys, Ledger ledger, StaleConsents stale, DataSource dataSource) {
        this.erasure = erasure;
        this.keys = keys;
        this.ledger = ledger;
        this.stale = stale;
        this.dataSource = dataSource;
    }

    /**
     * Erases a patient.
     *
     * @param id logical id
     * @param actor client id of who orders it
     * @return empty if the ledger does not know the patient, or not any more
     * @throws Problem 503 if it is not certain that the erasure is recorded; it may have happened then, and asking
     *     again finds out
     */
    Optional<Receipt> erase(String id, String actor) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(false);
            Optional<Erased> erased = erase(connection, id, actor);
            if (erased.isEmpty()) {
                connection.rollback();
                return Optional.empty();
            }
            connection.commit();
            PatientKey key = erased.get().key;
            // A reader may have taken it into memory meanwhile.
            keys.forget(key.pseudonym());
            stale.stale(key.pseudonym());
            Entry entry = erased.get().entry;
            seal(entry);
            return Optional.of(new Receipt(key.pseudonym().toString(), entry.id(), entry.time()));
        } catch (SQLException | LedgerUnavailableException e) {
            throw unavailable();
        }
    }

    /**
     * Begins the newest epoch that the keystore has and wraps all living keys under it. Then the key of the epoch
     * before may be destroyed, and with it everything in older backups.
     */
    Epoch beginNewestEpoch() {
        try (Connection connection = dataSource.getConnection()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(false);
            keys.beginNewestEpoch(connection);
            connection.commit();
            long rewrapped = 0;
            for (int some = 1; some > 0; rewrapped += some) {
                some = keys.rewrap(connection, REWRAPPED_AT_ONCE);
                connection.commit();
            }
            long left = keys.toRewrap(connection);
            connection.commit();
            return new Epoch(rewrapped, left);
        } catch (SQLException e) {
            throw unavailable();
        }
    }

    private Optional<Erased> erase(Connection connection, String id, String actor) throws SQLException {
        Optional<PatientKey> key = keys.find(connection, "Patient/" + id);
        if (key.isEmpty()) {
            return Optional.empty();
        }
        if (ledger.pruning().holds().covers(key.get().pseudonym())) {
            throw Problem.of(409, "legal-hold", IssueType.CONFLICT, "The patient's entries are under a legal hold.");
        }
        return erasure.erase(connection, key.get().pseudonym(), actor).map(entry -> new Erased(key.get(), entry));
    }

    private void seal(Entry entry) {
        try {
            AppendResult result = ledger.seal(List.of(entry)).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (!(result instanceof AppendResult.Appended)) {
                throw unavailable();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable();
        } catch (ExecutionException | TimeoutException e) {
            throw unavailable();
        }
    }

    private static Problem unavailable() {
        return Problem.unavailable(
                "ledger-unavailable", "The ledger cannot be written now. Try again.", Duration.ofSeconds(1));
    }

    private record Erased(PatientKey key, Entry entry) {}

    /**
     * That a patient was erased.
     *
     * @param patient the pseudonym under which the log's entries about them stay
     * @param entry id of the entry that records it
     * @param erasedAt its time
     */
    record Receipt(String patient, UUID entry, Instant erasedAt) {}

    /**
     * What was done about the epoch.
     *
     * @param rewrapped number of keys that were wrapped anew
     * @param left number of keys under older epochs: 0, unless an instance without the newest epoch's key makes new
     *     ones
     */
    record Epoch(long rewrapped, long left) {}
}
