package org.securemed.fhir.keys;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.erasure.SealException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Pseudonyms of patients in the ledger, and what is sealed under their keys. Joins the caller's transaction if one is
 * active; otherwise takes a connection only if a key is not in memory. Thread-safe.
 */
public final class SubjectKeys {
    private final PatientKeys keys;
    private final DataSource dataSource;
    private final DataSource lazy;

    /** @param dataSource of the FHIR store, whose transactions key creation joins */
    public SubjectKeys(PatientKeys keys, DataSource dataSource) {
        this.keys = keys;
        this.dataSource = dataSource;
        LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy();
        proxy.setTargetDataSource(dataSource);
        proxy.setDefaultAutoCommit(true);
        proxy.setDefaultTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        this.lazy = proxy;
    }

    /**
     * The pseudonym of a patient of this server; made if there is none yet.
     *
     * @param patientId logical id
     */
    public Pseudonym subject(String patientId) {
        return key(patientId).pseudonym();
    }

    /**
     * The pseudonym of a patient, if the ledger knows one of this id.
     *
     * @param patientId logical id, as a client may have sent it
     */
    public Optional<Pseudonym> known(String patientId) {
        return with(connection -> keys.find(connection, "Patient/" + patientId)).map(PatientKey::pseudonym);
    }

    /**
     * The key of a patient of this server; made if there is none yet.
     *
     * @param patientId logical id
     */
    public PatientKey key(String patientId) {
        return with(connection -> keys.forPatient(connection, "Patient/" + patientId));
    }

    /**
     * Encrypts what identifies.
     *
     * @param subject whose key; null for what concerns no patient
     * @param entry the entry that it will be part of
     * @throws IllegalStateException if the patient was erased
     */
    public Bytes seal(@Nullable Pseudonym subject, UUID entry, byte[] plain) {
        PatientKey key =
                key(subject).orElseThrow(() -> new IllegalStateException("the patient's key has been destroyed"));
        return Bytes.of(key.seal(entry.toString(), plain));
    }

    /**
     * Decrypts; empty if the patient was erased.
     *
     * @throws IllegalStateException if the sealed bytes are not what was sealed for this entry
     */
    public Optional<byte[]> open(@Nullable Pseudonym subject, UUID entry, Bytes sealed) {
        Optional<PatientKey> key = key(subject);
        if (key.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(key.get().open(entry.toString(), sealed.toByteArray()));
        } catch (SealException e) {
            throw new IllegalStateException("a sealed part of the ledger does not open", e);
        }
    }

    private Optional<PatientKey> key(@Nullable Pseudonym subject) {
        return subject == null ? Optional.of(with(keys::system)) : with(connection -> keys.find(connection, subject));
    }

    private <T> T with(Work<T> work) {
        DataSource source = TransactionSynchronizationManager.isActualTransactionActive() ? dataSource : lazy;
        Connection connection = DataSourceUtils.getConnection(source);
        try {
            return work.run(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("the patients' keys cannot be read", e);
        } finally {
            DataSourceUtils.releaseConnection(connection, source);
        }
    }

    private interface Work<T> {
        T run(Connection connection) throws SQLException;
    }
}
