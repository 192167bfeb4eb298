package org.securemed.fhir.owner;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** HAPI's table of versions, read as it is. Thread-safe. */
public final class StoredVersionRows {
    /** The longest text that is read of what HAPI keeps as a large object; bytes. */
    static final int LONGEST = 64 * 1024 * 1024;

    /** A large object: null if there is none, also where one is named; cut off if it is too long to be a resource. */
    static final String LARGE = "case when v.res_text is not null and exists"
            + " (select 1 from pg_largeobject_metadata m where m.oid = v.res_text)"
            + " then lo_get(v.res_text, 0, " + LONGEST + ") end";

    private static final String COLUMNS =
            "select v.pid, r.res_type, r.fhir_id, v.res_ver, v.res_updated, v.res_encoding, v.source_uri, v.res_text_vc,"
                    + " " + LARGE + ", r.res_ver,"
                    + " (v.res_deleted_at is not null), (r.res_deleted_at is not null), v.res_type"
                    + " from hfj_res_ver v join hfj_resource r on r.res_id = v.res_id and r.partition_id is not distinct"
                    + " from v.partition_id";

    private static final String NEW_LARGE =
            "case when cast(? as bytea) is not null then lo_from_bytea(0, cast(? as bytea)) end";

    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the FHIR store */
    public StoredVersionRows(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A row.
     *
     * @param key HAPI's own; ascending in about the order of storing
     * @param bytes what is committed to
     * @param newest the version that HAPI takes for the newest of the resource
     * @param consistent whether the columns that repeat what {@code bytes} say agree with it
     */
    public record Row(long key, VersionBytes bytes, long newest, boolean consistent) {}

    /** Up to {@code limit} rows with keys greater than {@code after}, ascending. */
    public List<Row> after(long after, int limit) {
        return jdbc.query(COLUMNS + " where v.pid > ? order by v.pid limit ?", (row, number) -> row(row), after, limit);
    }

    /** All versions of a resource, the oldest first. */
    public List<Row> of(String type, String id) {
        return jdbc.query(
                COLUMNS + " where r.res_type = ? and r.fhir_id = ? order by v.res_ver",
                (row, number) -> row(row),
                type,
                id);
    }

    /** One version of a resource. */
    public Optional<Row> of(String type, String id, long version) {
        return jdbc
                .query(
                        COLUMNS + " where r.res_type = ? and r.fhir_id = ? and v.res_ver = ?",
                        (row, number) -> row(row),
                        type,
                        id,
                        version)
                .stream()
                .findFirst();
    }

    /** A resource's key there; empty if it has no such resource. */
    public OptionalLong key(String type, String id) {
        return jdbc
                .queryForList(
                        "select res_id from hfj_resource where res_type = ? and fhir_id = ?", Long.class, type, id)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /**
     * The versions that are there under a key, in whatever partition and of whatever resource: read as if they were of
     * this one.
     *
     * @param key HAPI's own of a resource, whose row may be gone
     */
    public List<Row> under(long key, String type, String id) {
        return jdbc.query(
                "select v.pid, ?, ?, v.res_ver, v.res_updated, v.res_encoding, v.source_uri, v.res_text_vc,"
                        + " " + LARGE + ", v.res_ver,"
                        + " (v.res_deleted_at is not null), (v.res_deleted_at is not null), v.res_type"
                        + " from hfj_res_ver v where v.res_id = ? order by v.res_ver",
                (row, number) -> row(row),
                type,
                id,
                key);
    }

    /** The version that HAPI takes for the newest of a resource; empty if it knows none. */
    public OptionalLong newest(String type, String id) {
        return jdbc
                .queryForList(
                        "select res_ver from hfj_resource where res_type = ? and fhir_id = ?", Long.class, type, id)
                .stream()
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /** How many rows there are, about. */
    public long estimate() {
        Long estimate = jdbc.queryForObject(
                "select greatest(0, reltuples)::bigint from pg_class where oid = 'hfj_res_ver'::regclass", Long.class);
        return estimate == null ? 0 : estimate;
    }

    /**
     * Puts back what was committed to.
     *
     * @param version whose row is there
     */
    public void restore(VersionBytes version) {
        boolean deleted = version.encoding().equals(DELETED);
        int changed = jdbc.update(
                "update hfj_res_ver v set res_updated = ?, res_encoding = ?, source_uri = ?, res_text_vc = ?,"
                        + " res_text = " + NEW_LARGE + ", res_type = r.res_type,"
                        + " res_deleted_at = case when ? then coalesce(v.res_deleted_at, ?) end"
                        + " from hfj_resource r where r.res_id = v.res_id and r.res_type = ? and r.fhir_id = ?"
                        + " and v.res_ver = ?",
                java.sql.Timestamp.from(version.updated()),
                version.encoding(),
                version.source(),
                inline(version),
                large(version),
                large(version),
                deleted,
                java.sql.Timestamp.from(version.updated()),
                version.type(),
                version.id(),
                version.version());
        if (changed != 1) {
            throw new IllegalStateException("one version was to be restored, not " + changed);
        }
    }

    /**
     * Puts back a version whose row is gone, while the resource's own is there.
     *
     * @return whether it was put back; false if the resource's row is gone, too, or one of this version is there
     */
    public boolean insert(VersionBytes version) {
        boolean deleted = version.encoding().equals(DELETED);
        java.sql.Timestamp updated = java.sql.Timestamp.from(version.updated());
        return jdbc.update(
                        "insert into hfj_res_ver (pid, partition_id, partition_date, res_deleted_at, res_version,"
                                + " has_tags, res_published, res_updated, res_encoding, res_text_vc, res_text, res_id, res_type,"
                                + " res_type_id, res_ver, source_uri)"
                                + " select nextval('seq_resource_history_id'), r.partition_id, r.partition_date,"
                                + " case when ? then cast(? as timestamp) end, r.res_version, r.has_tags,"
                                + " coalesce(r.res_published, cast(? as timestamp)), cast(? as timestamp), ?, ?, "
                                + NEW_LARGE
                                + ", r.res_id, r.res_type, r.res_type_id, ?, ?"
                                + " from hfj_resource r where r.res_type = ? and r.fhir_id = ? and not exists"
                                + " (select 1 from hfj_res_ver v where v.res_id = r.res_id and v.res_ver = ?)",
                        deleted,
                        updated,
                        updated,
                        updated,
                        version.encoding(),
                        inline(version),
                        large(version),
                        large(version),
                        version.version(),
                        version.source(),
                        version.type(),
                        version.id(),
                        version.version())
                == 1;
    }

    /**
     * Takes away a version with what hangs on it.
     *
     * @param key its own
     */
    public void remove(long key) {
        jdbc.update("delete from hfj_history_tag where res_ver_pid = ?", key);
        jdbc.update("delete from hfj_res_ver_prov where res_ver_pid = ?", key);
        if (jdbc.update("delete from hfj_res_ver where pid = ?", key) != 1) {
            throw new IllegalStateException("a version that was to be taken away is not there");
        }
    }

    /** HAPI's encoding of a deletion. */
    public static final String DELETED = "DEL";

    /** HAPI's encoding of a text as it is. */
    public static final String PLAIN = "JSON";

    /** HAPI's encoding of a text that is packed (gzip). */
    public static final String PACKED = "JSONC";

    /** Whether {@link #restore} and {@link #insert} can put a version where it was. */
    public static boolean isWritable(VersionBytes version) {
        return Set.of(PLAIN, PACKED, DELETED).contains(version.encoding());
    }

    private static @Nullable String inline(VersionBytes version) {
        return version.encoding().equals(PLAIN) ? new String(version.text(), StandardCharsets.UTF_8) : null;
    }

    private static byte @Nullable [] large(VersionBytes version) {
        return version.encoding().equals(PACKED) ? version.text() : null;
    }

    private static Row row(ResultSet row) throws SQLException {
        @Nullable String inline = row.getString(8);
        byte @Nullable [] large = row.getBytes(9);
        byte[] text = new byte[0];
        if (inline != null) {
            text = inline.getBytes(StandardCharsets.UTF_8);
        } else if (large != null) {
            text = large;
        }
        VersionBytes bytes = new VersionBytes(
                row.getString(2),
                row.getString(3),
                row.getLong(4),
                row.getTimestamp(5).toInstant(),
                row.getString(6),
                row.getString(7),
                text);
        long newest = row.getLong(10);
        boolean deleted = bytes.encoding().equals(DELETED);
        boolean consistent = row.getBoolean(11) == deleted
                && bytes.type().equals(row.getString(13))
                && bytes.version() <= newest
                && (bytes.version() != newest || row.getBoolean(12) == deleted);
        return new Row(row.getLong(1), bytes, newest, consistent);
    }
}
