package org.securemed.fhir.owner;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * HAPI's table of resources, one row for all versions of each, as far as a row that is gone has to be put back.
 * Thread-safe.
 */
public final class StoredResourceRows {
    private static final String INDEX_TABLES = "select k.table_name, k.column_name from information_schema.columns k"
            + " where k.table_schema = current_schema() and (k.column_name = 'src_resource_id' and k.table_name ="
            + " 'hfj_res_link' or k.column_name = 'res_id' and (k.table_name like 'hfj\\_spidx\\_%' or k.table_name"
            + " like 'hfj\\_idx\\_cmb\\_%' or k.table_name = 'hfj_res_param_present'))";

    /** HAPI's {@code EntityIndexStatusEnum}. */
    private static final int INDEXED = 1;

    private static final int UNINDEXED = 2;

    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the FHIR store, so that writes join its transactions */
    public StoredResourceRows(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A row.
     *
     * @param key HAPI's own
     * @param newest the version that HAPI takes for the newest
     * @param indexed whether HAPI takes it for indexed
     */
    public record Row(long key, long newest, boolean indexed) {}

    /** Lets nobody else put back this resource until the caller's transaction ends. */
    public void lock(String reference) {
        jdbc.query("select pg_advisory_xact_lock(hashtextextended('restore ' || ?, 0))", row -> {}, (Object) reference);
    }

    /** A resource's row, locked until the caller's transaction ends; empty if it is gone. */
    public Optional<Row> find(String type, String id) {
        return jdbc
                .query(
                        "select res_id, res_ver, sp_index_status is not null and sp_index_status <> " + UNINDEXED
                                + " from hfj_resource where res_type = ? and fhir_id = ? for update",
                        (row, number) -> new Row(row.getLong(1), row.getLong(2), row.getBoolean(3)),
                        type,
                        id)
                .stream()
                .findFirst();
    }

    /** Whether there is no resource with this key, while something that is left still speaks of one of this type. */
    public boolean isLeft(long key, String type) {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "select not exists (select 1 from hfj_resource where res_id = ?)"
                        + " and (exists (select 1 from hfj_res_ver where res_id = ? and res_type = ?)"
                        + " or exists (select 1 from hfj_res_link where target_resource_id = ?"
                        + " and target_resource_type = ?))",
                Boolean.class,
                key,
                key,
                type,
                key,
                type));
    }

    /**
     * Puts back a row.
     *
     * @param key as it was, if it is known and {@linkplain #isLeft left}
     * @param published when the first version was stored
     * @return its key; empty if somebody stored one of this name or key meanwhile
     */
    public OptionalLong insert(
            @Nullable Long key,
            String type,
            String id,
            int partition,
            long newest,
            Instant published,
            Instant updated) {
        return jdbc
                .queryForList(
                        "insert into hfj_resource (res_id, partition_id, has_tags, res_published, res_updated, res_version,"
                                + " fhir_id, sp_has_links, sp_coords_present, sp_date_present, sp_number_present,"
                                + " sp_quantity_present, sp_quantity_nrml_present, sp_string_present, sp_token_present,"
                                + " sp_uri_present, sp_cmpstr_uniq_present, sp_cmptoks_present, search_url_present, res_type,"
                                + " res_type_id, res_ver) values (coalesce(?, nextval('seq_resource_id')), ?, false, ?, ?, 'R4',"
                                + " ?, false, false, false, false, false, false, false, false, false, false, false, false, ?,"
                                + " (select res_type_id from hfj_resource_type where res_type = ?), ?)"
                                + " on conflict do nothing returning res_id",
                        Long.class,
                        key,
                        partition,
                        Timestamp.from(published),
                        Timestamp.from(updated),
                        id,
                        type,
                        type,
                        newest)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /**
     * Lets a resource's row say what its newest version says, and its versions lie where it does. Its index rows go:
     * they are to be written anew, and until then HAPI takes it for not indexed.
     *
     * @param deleted when it was deleted; null if it was not
     */
    public void align(long key, int partition, long newest, Instant updated, @Nullable Instant deleted) {
        jdbc.query(
                        INDEX_TABLES,
                        (row, number) -> "delete from " + row.getString(1) + " where " + row.getString(2) + " = ?")
                .forEach(sql -> jdbc.update(sql, key));
        @Nullable Timestamp deletion = deleted == null ? null : Timestamp.from(deleted);
        jdbc.update(
                "update hfj_resource set partition_id = ?, res_ver = ?, res_updated = ?, res_deleted_at ="
                        + " case when cast(? as timestamp) is null then null else coalesce(res_deleted_at, ?) end,"
                        + " sp_index_status = " + (deleted == null ? UNINDEXED : INDEXED)
                        + ", sp_has_links = false, sp_coords_present = false,"
                        + " sp_date_present = false, sp_number_present = false, sp_quantity_present = false,"
                        + " sp_quantity_nrml_present = false, sp_string_present = false, sp_token_present = false,"
                        + " sp_uri_present = false, sp_cmpstr_uniq_present = false, sp_cmptoks_present = false"
                        + " where res_id = ?",
                partition,
                newest,
                Timestamp.from(updated),
                deletion,
                deletion,
                key);
        jdbc.update(
                "update hfj_res_ver set partition_id = ? where res_id = ? and partition_id is distinct from ?",
                partition,
                key,
                partition);
        jdbc.update("update hfj_res_link set target_res_partition_id = ? where target_resource_id = ?", partition, key);
    }

    /** A row by its key. */
    public record Referrer(long key, String type) {}

    /**
     * Resources whose newest version mentions another one that the index of links doesn't lead to, by their keys.
     *
     * @param reference {@code Type/id} of the other
     * @param key the other's
     * @param after the last key before
     */
    public List<Referrer> unlinked(String reference, long key, long after, int most) {
        return jdbc.query(
                "select r.res_id, r.res_type from hfj_resource r join hfj_res_ver v on v.res_id = r.res_id"
                        + " and v.res_ver = r.res_ver where r.res_id > ? and r.res_id <> ? and r.res_deleted_at is null"
                        + " and strpos(v.res_text_vc, ?) > 0 and not exists (select 1 from hfj_res_link l"
                        + " where l.src_resource_id = r.res_id and l.target_resource_id = ?)"
                        + " order by r.res_id limit ?",
                (row, number) -> new Referrer(row.getLong(1), row.getString(2)),
                after,
                key,
                reference,
                key,
                most);
    }

    /** Keys of the resources of a type of which there are versions and no row, ascending. */
    public Set<Long> orphans(String type) {
        return Set.copyOf(jdbc.queryForList(
                "select distinct v.res_id from hfj_res_ver v where v.res_type = ? and not exists"
                        + " (select 1 from hfj_resource r where r.res_id = v.res_id)",
                Long.class,
                type));
    }
}
