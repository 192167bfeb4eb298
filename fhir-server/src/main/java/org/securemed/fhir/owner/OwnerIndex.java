package org.securemed.fhir.owner;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Our own table of whom each stored resource belongs to, deleted ones included. It is written in the transaction that
 * writes the resource, and read before any of the store's tables is. Thread-safe.
 *
 * <p>What is read may be remembered: a transaction writes its own owners only when it commits, so that no row read here
 * can be rolled back, and owners never change.
 */
public class OwnerIndex {
    private static final int CACHED = 200_000;
    private static final int BATCH = 500;

    /** How long this instance may overlook that another one has stored the first common resource of some patients. */
    private static final Duration JOINT_FRESHNESS = Duration.ofSeconds(10);

    private final JdbcTemplate jdbc;
    private final Cache<String, Ownership> byReference =
            Caffeine.newBuilder().maximumSize(CACHED).build();
    private final Cache<String, Integer> partitionByPatient =
            Caffeine.newBuilder().maximumSize(CACHED).build();
    private final Cache<Integer, Set<String>> patientsByPartition =
            Caffeine.newBuilder().maximumSize(CACHED).build();
    private final Cache<String, List<JointPartition>> jointsByPatient = Caffeine.newBuilder()
            .maximumSize(CACHED)
            .expireAfterWrite(JOINT_FRESHNESS)
            .build();

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

    /** Lets the next question about {@code reference} be answered by the table and not from memory. */
    public void forget(String reference) {
        byReference.invalidate(reference);
    }

    /** To whom each of {@code references} belongs; those that were never stored are missing from the answer. */
    public Map<String, Ownership> findAll(Collection<String> references) {
        Optional<OwnerWrites> pending = OwnerWrites.current(this);
        Map<String, Ownership> found = new HashMap<>();
        Set<String> missing = new TreeSet<>();
        for (String reference : references) {
            Optional<Ownership> known = pending.flatMap(writes -> writes.find(reference))
                    .or(() -> Optional.ofNullable(byReference.getIfPresent(reference)));
            known.ifPresentOrElse(ownership -> found.put(reference, ownership), () -> missing.add(reference));
        }
        if (missing.isEmpty()) {
            return found;
        }
        Map<String, Ownership> read = new HashMap<>();
        String query = "select reference, partition_id, patients, deleted from securemed.resource_owner"
                + " where reference = ";
        RowCallbackHandler keep =
                row -> read.put(row.getString(1), new Ownership(row.getInt(2), strings(row, 3), row.getBoolean(4)));
        // The database plans the question for one reference once, and that for several each time.
        if (missing.size() == 1) {
            jdbc.query(query + "?", keep, missing.iterator().next());
        } else {
            jdbc.query(query + "any(?)", keep, (Object) missing.toArray(String[]::new));
        }
        byReference.putAll(read);
        found.putAll(read);
        return found;
    }

    /** The partition of a patient; empty if this server never had a patient of that id. */
    public Optional<Integer> partitionOf(String patientId) {
        return Optional.ofNullable(partitionsOf(List.of(patientId)).get(patientId));
    }

    /** The partition of each of these patients; those whom this server never had are missing from the answer. */
    public Map<String, Integer> partitionsOf(Collection<String> patientIds) {
        Map<String, Integer> found = new HashMap<>(partitionByPatient.getAllPresent(patientIds));
        if (found.size() < Set.copyOf(patientIds).size()) {
            String[] missing = patientIds.stream()
                    .filter(patient -> !found.containsKey(patient))
                    .toArray(String[]::new);
            Map<String, Integer> read = new HashMap<>();
            jdbc.query(
                    "select patient_id, partition_id from securemed.patient_partition where patient_id = any(?)",
                    row -> {
                        read.put(row.getString(1), row.getInt(2));
                    },
                    (Object) missing);
            partitionByPatient.putAll(read);
            found.putAll(read);
        }
        return found;
    }

    /**
     * Logical ids of all patients whom this server ever had, in their order.
     *
     * @param patientId the last one of the page before, or the empty string
     */
    public List<String> patientsAfter(String patientId, int limit) {
        return jdbc.queryForList(
                "select patient_id from securemed.patient_partition where patient_id > ? order by patient_id limit ?",
                String.class,
                patientId,
                limit);
    }

    /**
     * A partition of exactly these patients; empty if they have nothing in common yet.
     *
     * @param patients two or more
     */
    public Optional<Integer> jointPartitionOf(Set<String> patients) {
        return jdbc
                .queryForList(
                        "select partition_id from securemed.joint_partition where patients = ?::text[] order by 1 limit 1",
                        Integer.class,
                        (Object) sorted(patients))
                .stream()
                .findFirst();
    }

    /** The partitions of what any of {@code patients} has in common with others. */
    public Collection<JointPartition> jointPartitions(Collection<String> patients) {
        Set<JointPartition> joints = new LinkedHashSet<>();
        List<String> missing = new ArrayList<>();
        for (String patient : patients) {
            List<JointPartition> cached = jointsByPatient.getIfPresent(patient);
            if (cached == null) {
                missing.add(patient);
            } else {
                joints.addAll(cached);
            }
        }
        if (!missing.isEmpty()) {
            List<JointPartition> read = jdbc.query(
                    "select partition_id, patients from securemed.joint_partition where patients && ?::text[] order by 1",
                    (row, number) -> new JointPartition(row.getInt(1), strings(row, 2)),
                    (Object) missing.toArray(String[]::new));
            joints.addAll(read);
            missing.forEach(patient -> jointsByPatient.put(
                    patient,
                    read.stream()
                            .filter(joint -> joint.patients().contains(patient))
                            .toList()));
        }
        return joints;
    }

    /** Whose partition this is; empty for one of those that are no patient's. */
    public Optional<Set<String>> patientsOf(int partition) {
        if (!Partition.isPatients(partition)) {
            return Optional.empty();
        }
        Set<String> cached = patientsByPartition.getIfPresent(partition);
        if (cached != null) {
            return Optional.of(cached);
        }
        Optional<Ownership> pending = OwnerWrites.current(this).flatMap(writes -> writes.of(partition));
        if (pending.isPresent()) {
            return pending.map(Ownership::patients);
        }
        List<Set<String>> found = jdbc.query(
                "select array[patient_id] from securemed.patient_partition where partition_id = ?"
                        + " union all select patients from securemed.joint_partition where partition_id = ?",
                (row, number) -> strings(row, 1),
                partition,
                partition);
        found.forEach(patients -> patientsByPartition.put(partition, patients));
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
     * @throws IllegalStateException if no transaction is active
     */
    public void stored(String reference, Ownership ownership) {
        OwnerWrites.begin(this).add(reference, new OwnerWrites.Stored(ownership, null));
    }

    /**
     * Records that a version of a resource was stored, in the caller's transaction.
     *
     * @param reference {@code Type/id}
     * @param facts what consents may ask of this version, in a form that is the caller's affair
     * @throws IllegalStateException if no transaction is active
     */
    public void stored(String reference, Ownership ownership, String facts) {
        OwnerWrites.begin(this).add(reference, new OwnerWrites.Stored(ownership, facts));
    }

    /**
     * Begins to keep what the caller's transaction stores; to be called before it commits if {@link #stored} may be
     * called only while it does.
     */
    public void expectStored() {
        OwnerWrites.begin(this);
    }

    /**
     * References of what lies in these partitions and isn't deleted, in the order of type and id.
     *
     * @param after the last reference of the page before, or the empty string
     */
    public List<String> contents(Collection<Integer> partitions, String after, int limit) {
        return jdbc.queryForList(
                "select reference from securemed.resource_owner"
                        + " where partition_id = any(?) and not deleted and reference > ? order by reference limit ?",
                String.class,
                partitions.toArray(Integer[]::new),
                after,
                limit);
    }

    /**
     * What consents may ask of the newest version of each of {@code references}; of a deletion, of the version before
     * it. Missing from the answer is what was never stored.
     */
    public Map<String, String> facts(Collection<String> references) {
        Map<String, String> found = new HashMap<>();
        jdbc.query(
                "select reference, facts from securemed.resource_owner where reference = any(?) and facts is not null",
                row -> {
                    found.put(row.getString(1), row.getString(2));
                },
                (Object) references.toArray(String[]::new));
        OwnerWrites.current(this)
                .ifPresent(writes -> references.forEach(
                        reference -> writes.facts(reference).ifPresent(facts -> found.put(reference, facts))));
        return found;
    }

    /** How many resources were ever stored, and aren't deleted. */
    public long count() {
        Long count = jdbc.queryForObject("select count(*) from securemed.resource_owner where not deleted", Long.class);
        return count == null ? 0 : count;
    }

    /** References of what isn't deleted, in the order of type and id. */
    public List<String> after(String reference, int limit) {
        return jdbc.queryForList(
                "select reference from securemed.resource_owner where reference > ? and not deleted"
                        + " order by reference limit ?",
                String.class,
                reference,
                limit);
    }

    /**
     * What lies in these partitions, is of this type, and isn't deleted.
     *
     * @param references only these; all if null
     */
    public List<Located> located(
            Collection<Integer> partitions, String type, @Nullable Collection<String> references, boolean withFacts) {
        if (partitions.isEmpty()) {
            return List.of();
        }
        List<Object> arguments = new ArrayList<>(List.of(
                type, type.length() + 2, partitions.toArray(Integer[]::new), type + "/", type + (char) ('/' + 1)));
        if (references != null) {
            arguments.add(references.toArray(String[]::new));
        }
        return jdbc.query(
                "select r.res_id, o.reference, o.partition_id" + (withFacts ? ", o.facts" : ", null")
                        + " from securemed.resource_owner o join hfj_resource r on r.res_type = ?"
                        + " and r.fhir_id = (substr(o.reference, ?) collate \"default\")"
                        + " where o.partition_id = any(?) and o.reference >= ? and o.reference < ? and not o.deleted"
                        + (references == null ? "" : " and o.reference = any(?)"),
                (row, number) -> new Located(row.getLong(1), row.getString(2), row.getInt(3), row.getString(4)),
                arguments.toArray());
    }

    /**
     * HAPI's keys of resources, by which a study knows them.
     *
     * @param references {@code Type/id}; those that were never stored are missing from the answer
     */
    public Map<String, Long> keys(Collection<String> references) {
        Set<String> wanted = Set.copyOf(references);
        Map<String, Long> keys = new HashMap<>();
        if (!wanted.isEmpty()) {
            jdbc.query(
                    "select res_type || '/' || fhir_id, res_id from hfj_resource where fhir_id = any(?)",
                    row -> {
                        if (wanted.contains(row.getString(1))) {
                            keys.merge(row.getString(1), row.getLong(2), Math::min);
                        }
                    },
                    (Object) wanted.stream()
                            .map(reference -> reference.substring(reference.indexOf('/') + 1))
                            .toArray(String[]::new));
        }
        return keys;
    }

    /** The resources ({@code Type/id}) with these of HAPI's keys; those that there aren't are missing. */
    public Map<Long, String> references(Collection<Long> keys) {
        Map<Long, String> references = new HashMap<>();
        if (!keys.isEmpty()) {
            jdbc.query(
                    "select res_id, res_type || '/' || fhir_id from hfj_resource where res_id = any(?)",
                    row -> {
                        references.put(row.getLong(1), row.getString(2));
                    },
                    (Object) keys.toArray(Long[]::new));
        }
        return references;
    }

    void write(Map<String, OwnerWrites.Stored> writes) {
        List<Map.Entry<String, OwnerWrites.Stored>> all = List.copyOf(writes.entrySet());
        jdbc.batchUpdate(
                "insert into securemed.patient_partition (patient_id, partition_id) values (?, ?)"
                        + " on conflict (patient_id) do nothing",
                all.stream()
                        .filter(entry -> entry.getKey().startsWith("Patient/")
                                && Partition.isPatients(
                                        entry.getValue().ownership().partition())
                                && !isKnown(entry.getKey(), entry.getValue().ownership()))
                        .toList(),
                BATCH,
                (statement, entry) -> {
                    statement.setString(1, entry.getKey().substring("Patient/".length()));
                    statement.setInt(2, entry.getValue().ownership().partition());
                });
        jdbc.batchUpdate(
                "insert into securemed.joint_partition (partition_id, patients) values (?, ?)"
                        + " on conflict (partition_id) do nothing",
                all.stream()
                        .filter(entry -> isJoint(entry.getValue().ownership()))
                        .toList(),
                BATCH,
                (statement, entry) -> {
                    statement.setInt(1, entry.getValue().ownership().partition());
                    setStrings(statement, 2, entry.getValue().ownership().patients());
                });
        jdbc.batchUpdate(
                "insert into securemed.resource_owner as o (reference, partition_id, patients, deleted, facts)"
                        + " values (?, ?, ?, ?, ?)"
                        + " on conflict (reference) do update set partition_id = excluded.partition_id,"
                        + " patients = excluded.patients, deleted = excluded.deleted,"
                        + " facts = coalesce(excluded.facts, o.facts)"
                        + " where (o.partition_id, o.patients, o.deleted, o.facts) is distinct from"
                        + " (excluded.partition_id, excluded.patients, excluded.deleted,"
                        + " coalesce(excluded.facts, o.facts))",
                all,
                BATCH,
                (statement, entry) -> {
                    statement.setString(1, entry.getKey());
                    statement.setInt(2, entry.getValue().ownership().partition());
                    setStrings(statement, 3, entry.getValue().ownership().patients());
                    statement.setBoolean(4, entry.getValue().ownership().deleted());
                    statement.setString(5, entry.getValue().facts());
                });
    }

    void forget(Map<String, OwnerWrites.Stored> stored) {
        stored.forEach((reference, write) -> {
            Ownership ownership = write.ownership();
            byReference.invalidate(reference);
            if (isJoint(ownership)) {
                jointsByPatient.invalidateAll(ownership.patients());
            }
        });
    }

    /** Whether this was committed before, in the same partition: then so was the partition. */
    private boolean isKnown(String reference, Ownership ownership) {
        Ownership known = byReference.getIfPresent(reference);
        return known != null && known.partition() == ownership.partition();
    }

    private static boolean isJoint(Ownership ownership) {
        return Partition.isPatients(ownership.partition())
                && ownership.patients().size() > 1;
    }

    private static String[] sorted(Set<String> patients) {
        return new TreeSet<>(patients).toArray(String[]::new);
    }

    private static void setStrings(PreparedStatement statement, int index, Set<String> values) throws SQLException {
        statement.setArray(index, statement.getConnection().createArrayOf("text", sorted(values)));
    }

    private static Set<String> strings(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column);
        return Set.of((String[]) array.getArray());
    }
}
