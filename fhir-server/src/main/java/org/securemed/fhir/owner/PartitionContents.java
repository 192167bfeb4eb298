package org.securemed.fhir.owner;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** What lies in partitions, counted and in pages: for those who look at many patients at once. Thread-safe. */
public final class PartitionContents {
    private static final String TYPE = "split_part(o.reference, '/', 1)";

    private static final String SINCE = " join hfj_resource r on r.res_type = " + TYPE
            + " and r.fhir_id = (split_part(o.reference, '/', 2) collate \"default\") and r.res_updated >= ?";

    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the FHIR store */
    public PartitionContents(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * How many resources of a type lie in a partition.
     *
     * @param count of those that aren't deleted, at least 1
     */
    public record Held(int partition, String type, long count) {}

    /** A resource and where it lies. */
    public record Place(int partition, String reference) {}

    /**
     * What lies in these partitions.
     *
     * @param since only what was written then or later; all if null
     */
    public List<Held> held(Collection<Integer> partitions, @Nullable Instant since) {
        List<Object> arguments = new ArrayList<>();
        if (since != null) {
            arguments.add(Timestamp.from(since));
        }
        arguments.add(partitions.toArray(Integer[]::new));
        return jdbc.query(
                "select o.partition_id, " + TYPE + ", count(*) from securemed.resource_owner o"
                        + (since == null ? "" : SINCE)
                        + " where o.partition_id = any(?) and not o.deleted group by 1, 2 order by 1, 2",
                (row, number) -> new Held(row.getInt(1), row.getString(2), row.getLong(3)),
                arguments.toArray());
    }

    /**
     * The resources of a type in these partitions, in the order of partition and id.
     *
     * @param after the last of the page before; null at first
     * @param since only what was written then or later; all if null
     */
    public List<Place> page(
            Collection<Integer> partitions, String type, @Nullable Place after, int limit, @Nullable Instant since) {
        List<Object> arguments = new ArrayList<>();
        if (since != null) {
            arguments.add(Timestamp.from(since));
        }
        arguments.add(partitions.toArray(Integer[]::new));
        arguments.add(type + "/");
        arguments.add(type + (char) ('/' + 1));
        if (after != null) {
            arguments.add(after.partition());
            arguments.add(after.reference());
        }
        arguments.add(limit);
        return jdbc.query(
                "select o.partition_id, o.reference from securemed.resource_owner o" + (since == null ? "" : SINCE)
                        + " where o.partition_id = any(?) and o.reference >= ? and o.reference < ? and not o.deleted"
                        + (after == null ? "" : " and (o.partition_id, o.reference) > (?, ?)")
                        + " order by o.partition_id, o.reference limit ?",
                (row, number) -> new Place(row.getInt(1), row.getString(2)),
                arguments.toArray());
    }

    /** Logical ids of all patients whom this server ever had, in order. */
    public List<String> patients() {
        return jdbc.queryForList("select patient_id from securemed.patient_partition order by 1", String.class);
    }
}
