package org.securemed.fhir.owner;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Puts resources with all their versions and index rows into partitions. HAPI's hashes of search parameters do not
 * depend on the partition as this server is set up, so that nothing has to be indexed anew.
 */
final class PartitionMove {
    private static final String TABLES = "select k.table_name, k.column_name from information_schema.columns c"
            + " join information_schema.columns k using (table_schema, table_name)"
            + " where c.table_schema = current_schema() and c.column_name = 'partition_id'"
            + " and k.column_name in ('res_id', 'src_resource_id', 'res_pid') and c.table_name like 'hfj\\_%'"
            // Lives for minutes, and has the partition in its key.
            + " and c.table_name <> 'hfj_res_search_url'";

    private static final String FROM = " from (select unnest(?::bigint[]) as key, unnest(?::int[]) as partition) moved";

    private final JdbcTemplate jdbc;
    private final List<String> statements;

    PartitionMove(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
        this.statements = jdbc.query(
                TABLES,
                (row, number) -> "update " + row.getString(1) + " set partition_id = moved.partition" + FROM + " where "
                        + row.getString(1) + "." + row.getString(2) + " = moved.key");
        if (statements.stream().noneMatch(sql -> sql.startsWith("update hfj_resource "))
                || statements.stream().noneMatch(sql -> sql.startsWith("update hfj_spidx_token "))
                || statements.stream().noneMatch(sql -> sql.startsWith("update hfj_res_link "))) {
            throw new IllegalStateException("HAPI's tables are not as they should be");
        }
    }

    /** Moves them, in the caller's transaction: partitions by HAPI's keys. */
    void move(Map<Long, Integer> partitions) {
        Long[] keys = partitions.keySet().toArray(Long[]::new);
        Integer[] numbers = partitions.values().toArray(Integer[]::new);
        statements.forEach(sql -> jdbc.update(sql, keys, numbers));
        jdbc.update(
                "update hfj_res_link set target_res_partition_id = moved.partition" + FROM
                        + " where hfj_res_link.target_resource_id = moved.key",
                keys,
                numbers);
    }
}
