package org.securemed.fhir.owner;

import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The resources in HAPI's tables that are not in the owner index, not in the partition that it says, or of which it
 * doesn't know what consents may ask: stored by a HAPI server without this gate. Thread-safe.
 */
public final class UnownedResources {
    private static final String UNOWNED = " from hfj_resource r left join securemed.resource_owner o"
            + " on o.reference = (r.res_type || '/' || r.fhir_id) collate \"C\""
            + " where (o.reference is null or r.partition_id is null or r.partition_id <> o.partition_id"
            + " or o.facts is null and r.res_deleted_at is null)";

    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the FHIR store */
    public UnownedResources(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A resource.
     *
     * @param key HAPI's own
     */
    record Resource(long key, String type, String id, boolean deleted) {
        String reference() {
            return type + "/" + id;
        }
    }

    /** Whether there is any; reads the whole index if there is none. */
    public boolean any() {
        return Boolean.TRUE.equals(jdbc.queryForObject("select exists (select 1" + UNOWNED + ")", Boolean.class));
    }

    /** How many there are. */
    public long count() {
        Long count = jdbc.queryForObject("select count(*)" + UNOWNED, Long.class);
        return count == null ? 0 : count;
    }

    /**
     * Whether HAPI keeps tags, labels or profiles in tables that all resources share, which this server doesn't read.
     */
    boolean haveSharedTags() {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "select exists (select 1 from hfj_res_tag) or exists (select 1 from hfj_history_tag)", Boolean.class));
    }

    /**
     * The next of them in the order of their keys.
     *
     * @param patients whether to look for Patients, or for all else
     * @param after the last key before
     */
    List<Resource> next(boolean patients, long after, int most) {
        return jdbc.query(
                "select r.res_id, r.res_type, r.fhir_id, r.res_deleted_at is not null" + UNOWNED
                        + " and (r.res_type = 'Patient') = ? and r.res_id > ? order by r.res_id limit ?",
                (row, number) -> new Resource(row.getLong(1), row.getString(2), row.getString(3), row.getBoolean(4)),
                patients,
                after,
                most);
    }
}
