package org.securemed.fhir.owner;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Our own table of whom each stored resource belongs to, deleted ones included. It is written in the transaction that
 * writes the resource, and read before any of the store's tables is. Thread-safe.
 */
public class OwnerIndex {
    private static final int CACHED = 200_000;

    private final JdbcTemplate jdbc;
    private final Cache<String, Ownership> byReference =
            Caffeine.newBuilder().maximumSize(CACHED).build();
    private final Cache<String, Integer> partitionByPatient =
            Caffeine.newBuilder().maximumSize(CACHED).build();
    private final Cache<Integer, String> patientByPartition =
            Caffeine.newBuilder().maximumSize(CACHED).build();

    /** @param jdbc on the data source of the FHIR store, so that writes join its transactions */
    public OwnerIndex(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * To whom {@code reference} belongs; empty if no such resource was ever stored.
     *
     * @param reference {@code Type/id}
     */
    public Optional<Ownership> find(String reference) {
        return Optional.ofNullable(findAll(List.of(reference)).get(reference));
    }

    /** To whom each of {@code references} belongs; those that were never stored are missing from the answer. */
    public Map<String, Ownership> findAll(Collection<String> references) {
        Map<String, Ownership> found = new HashMap<>();
        Set<String> missing = new TreeSet<>();
        for (String reference : references) {
            Ownership cached = byReference.getIfPresent(reference);
            if (cached == null) {
                missing.add(reference);
            } else {
                found.put(reference, cached);
            }
        }
        if (missing.isEmpty()) {
            return found;
        }
        Map<String, Ownership> read = new HashMap<>();
        jdbc.query(
                "select reference, partition_id, patients, deleted from securemed.resource_owner"
                        + " where reference = any(?)",
                row -> {
                    read.put(row.getString(1), new Ownership(row.getInt(2), strings(row, 3), row.getBoolean(4)));
                },
                (Object) missing.toArray(String[]::new));
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            // Inside a transaction the row may be one that is yet to be rolled back.
            byReference.putAll(read);
        }
        found.putAll(read);
        return found;
    }

    /** The partition of a patient; empty if this server never had a patient of that id. */
    public Optional<Integer> partitionOf(String patientId) {
        Integer cached = partitionByPatient.getIfPresent(patientId);
        if (cached != null) {
            return Optional.of(cached);
        }
        List<Integer> found = jdbc.queryForList(
                "select partition_id from securemed.patient_partition where patient_id = ?", Integer.class, patientId);
        found.forEach(partition -> remember(patientId, partition));
        return found.stream().findFirst();
    }

    /** The patient whose partition this is; empty for a partition that is no patient's. */
    public Optional<String> patientOf(int partition) {
        if (!Partition.isPatient(partition)) {
            return Optional.empty();
        }
        String cached = patientByPartition.getIfPresent(partition);
        if (cached != null) {
            return Optional.of(cached);
        }
        List<String> found = jdbc.queryForList(
                "select patient_id from securemed.patient_partition where partition_id = ?", String.class, partition);
        found.forEach(patient -> remember(patient, partition));
        return found.stream().findFirst();
    }

    /** A partition number that was never given out before. It is lost if the caller's transaction is rolled back. */
    public int nextPartition() {
        return jdbc.queryForObject("select nextval('securemed.patient_partition_seq')", Integer.class);
    }

    /**
     * Records that a resource was stored, in the caller's transaction.
     *
     * @param reference {@code Type/id}
     */
    public void stored(String reference, Ownership ownership) {
        if (reference.startsWith("Patient/") && Partition.isPatient(ownership.partition())) {
            jdbc.update(
                    "insert into securemed.patient_partition (patient_id, partition_id) values (?, ?)"
                            + " on conflict (patient_id) do nothing",
                    reference.substring("Patient/".length()),
                    ownership.partition());
        }
        jdbc.update(
                "insert into securemed.resource_owner (reference, partition_id, patients, deleted) values (?, ?, ?, ?)"
                        + " on conflict (reference) do update set partition_id = excluded.partition_id,"
                        + " patients = excluded.patients, deleted = excluded.deleted, changed_at = now()",
                reference,
                ownership.partition(),
                new TreeSet<>(ownership.patients()).toArray(String[]::new),
                ownership.deleted());
        byReference.invalidate(reference);
    }

    /**
     * References of what lies in a patient's partition and isn't deleted, in the order of type and id.
     *
     * @param after the last reference of the page before, or the empty string
     */
    public List<String> contents(int partition, String after, int limit) {
        return jdbc.queryForList(
                "select reference from securemed.resource_owner"
                        + " where partition_id = ? and not deleted and reference > ? order by reference limit ?",
                String.class,
                partition,
                after,
                limit);
    }

    private void remember(String patientId, int partition) {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            partitionByPatient.put(patientId, partition);
            patientByPartition.put(partition, patientId);
        }
    }

    private static Set<String> strings(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column);
        return Set.of((String[]) array.getArray());
    }
}
