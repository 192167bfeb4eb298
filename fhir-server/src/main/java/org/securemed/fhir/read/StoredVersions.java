package org.securemed.fhir.read;

import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;

/** HAPI's tables of resources and their versions, read in one query. Thread-safe. */
final class StoredVersions {
    /** Only what HAPI keeps as plain text, and what takes nothing from other tables. */
    private static final String NEWEST =
            "select v.res_ver, r.res_updated, r.partition_id, v.res_text_vc from hfj_resource r join hfj_res_ver v"
                    + " on v.res_id = r.res_id and v.res_ver = r.res_ver"
                    + " where r.res_type = ? and r.fhir_id = ? and r.partition_id = ? and r.res_deleted_at is null"
                    + " and v.res_encoding = 'JSON' and v.res_text_vc is not null and v.source_uri is null"
                    + " and v.request_id is null";

    private final JdbcTemplate jdbc;

    StoredVersions(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** The newest version in a partition; empty if there is none, it is a deletion, or not kept as plain text. */
    Optional<StoredVersion> newest(String type, String id, int partition) {
        return jdbc
                .query(
                        NEWEST,
                        (row, number) -> new StoredVersion(
                                type,
                                id,
                                row.getLong(1),
                                row.getTimestamp(2).toInstant(),
                                row.getInt(3),
                                row.getString(4)),
                        type,
                        id,
                        partition)
                .stream()
                .findFirst();
    }
}
