package org.securemed.fhir.keys;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.EntryIds;
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

    /**
     * What the entry of a stored thing has in it, and what it is called: both can be computed by whoever has the key,
     * and tell nothing once it is destroyed.
     *
     * @param entry id of the entry
     * @param commitment HMAC-SHA256 of the bytes
     */
    public record Commitment(UUID entry, Bytes commitment) {}

    /**
     * The commitment to what is stored under a name.
     *
     * @param patientId logical id of the patient under whose key; null for the system's
     * @param name unique, with its version
     * @param time when it was stored
     */
    public Commitment commit(@Nullable String patientId, String name, Instant time, byte[] bytes) {
        return commit(patientId == null ? with(keys::system) : key(patientId), name, time, bytes);
    }

    /** The commitment that there should be; empty if the ledger knows no such patient, or not any more. */
    public Optional<Commitment> committed(@Nullable String patientId, String name, Instant time, byte[] bytes) {
        Optional<PatientKey> key = patientId == null
                ? Optional.of(with(keys::system))
                : with(connection -> keys.find(connection, "Patient/" + patientId));
        return key.map(known -> commit(known, name, time, bytes));
    }

    private static Commitment commit(PatientKey key, String name, Instant time, byte[] bytes) {
        byte[] named = key.commitment(("entry-of/v1\n" + name).getBytes(StandardCharsets.UTF_8));
        byte[] prefix = "stored/v1\n".getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(prefix, prefix.length + bytes.length);
        System.arraycopy(bytes, 0, all, prefix.length, bytes.length);
        return new Commitment(EntryIds.of(time, named), Bytes.of(key.commitment(all)));
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
