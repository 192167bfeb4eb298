package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.storage.PostgresLogStore;

/**
 * Every column of every table of the log, read from the database's own catalogue so that none can be forgotten, is
 * changed in the first, the middle and the last row; rows are deleted and forged; the tail is cut off. Each time the
 * verifier must name the place.
 */
class TamperIT {
    private static final LogFixture FIXTURE = LogFixture.cosigned();
    private static SignedNote handedOut;

    @BeforeAll
    static void a_log_with_two_instances_tiles_checkpoints_and_a_staged_row() throws Exception {
        SigningKey second = SigningKey.generate("server-2", new SecureRandom());
        try (Ledger one = FIXTURE.open();
                Ledger two = FIXTURE.open(new PostgresLogStore(FIXTURE.database.dataSource()), second)) {
            for (int block = 1; block <= 40; block++) {
                Ledger ledger = block % 3 == 0 ? two : one;
                ledger.append(Submission.of(entries(block), List.of())).get(10, TimeUnit.SECONDS);
                if (block % 10 == 0) {
                    ledger.publishCheckpoint();
                }
            }
            List<Entry> sealed = entries(3);
            stage(one, sealed);
            FIXTURE.database.tamper(
                    "create schema backup", "create table backup.taken_in as table ledger.ledger_staged");
            one.seal(sealed).get(10, TimeUnit.SECONDS);
            one.publishCheckpoint();
            handedOut = one.checkpoint().orElseThrow();
            stage(one, entries(3));
        }
        FIXTURE.database.tamper(
                "do $$ declare t record; begin"
                        + " for t in select conrelid::regclass as r, conname from pg_constraint where contype = 'c'"
                        + " and connamespace = 'ledger'::regnamespace and conislocal loop"
                        + " execute format('alter table %s drop constraint %I', t.r, t.conname); end loop; end $$",
                "alter table ledger.ledger_entry alter column op drop not null");
        for (String table : tables()) {
            FIXTURE.database.tamper("create table backup.%s as table ledger.%s".formatted(table, table));
        }
    }

    @AfterAll
    static void close() {
        FIXTURE.close();
    }

    @Test
    void an_untouched_log_is_whole() throws Exception {
        mutate();
        Report report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isEqualTo(3 + 820 + 3);
        assertThat(report.isWhole()).isTrue();
    }

    @TestFactory
    Stream<DynamicTest> every_changed_column_of_every_table_is_found_and_located() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, Map<String, String>> table : columns().entrySet()) {
            for (Map.Entry<String, String> column : table.getValue().entrySet()) {
                for (String change : changes(column.getKey(), column.getValue())) {
                    for (Place place : Place.values()) {
                        String sql = "update ledger.%s set %s = %s where ctid = %s"
                                .formatted(
                                        part(table.getKey()), column.getKey(), change, place.of(part(table.getKey())));
                        tests.add(dynamicTest(
                                "%s.%s %s := %s".formatted(table.getKey(), column.getKey(), place, change),
                                () -> located(table.getKey(), column.getKey(), sql)));
                    }
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(100);
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> every_deleted_row_is_found_and_located() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (String table : tables()) {
            for (Place place : Place.values()) {
                String sql = "delete from ledger.%s where ctid = %s".formatted(part(table), place.of(part(table)));
                tests.add(dynamicTest(table + " " + place, () -> located(table, "*", sql)));
            }
            tests.add(dynamicTest(table + " all", () -> located(table, "*", "delete from ledger." + table)));
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> every_forged_row_is_found_and_located() {
        Map<String, String> forgeries = new LinkedHashMap<>();
        forgeries.put(
                "ledger_entry",
                "insert into ledger.ledger_entry select log, seq + 1, t_ms, leaf, body, p, actor, op"
                        + " from ledger.ledger_entry order by seq desc limit 1");
        forgeries.put(
                "ledger_entry_id",
                "insert into ledger.ledger_entry_id select gen_random_uuid(), seq from ledger.ledger_entry_id"
                        + " where seq = 400");
        forgeries.put(
                "ledger_block",
                "insert into ledger.ledger_block select log, block_no + 1, first_seq + n, n, prev, root, inst, key_id,"
                        + " sig, t_ms from ledger.ledger_block order by block_no desc limit 1");
        forgeries.put(
                "ledger_tile",
                "insert into ledger.ledger_tile select log, level, n + 1, hashes, root from ledger.ledger_tile"
                        + " order by n desc limit 1");
        forgeries.put(
                "ledger_tile ",
                "insert into ledger.ledger_tile select log, 2, 0, hashes, root from ledger.ledger_tile limit 1");
        forgeries.put(
                "ledger_tile  ",
                "insert into ledger.ledger_tile select log, 9, 0, hashes, root from ledger.ledger_tile limit 1");
        forgeries.put(
                "ledger_checkpoint",
                "insert into ledger.ledger_checkpoint select log, size - 1, prev_size, note from"
                        + " ledger.ledger_checkpoint order by size desc limit 1");
        forgeries.put(
                "ledger_head",
                "insert into ledger.ledger_head select 2, block_no, block_hash, size, frontier, t_ms, checkpoint_size"
                        + " from ledger.ledger_head");
        forgeries.put(
                "ledger_outbox",
                "insert into ledger.ledger_outbox select gen_random_uuid(), inst, body, key_id, sig"
                        + " from ledger.ledger_outbox limit 1");
        forgeries.put(
                "ledger_outbox ",
                "insert into ledger.ledger_outbox select i.id, 'server-1', e.body, b.key_id, b.sig"
                        + " from ledger.ledger_entry e join ledger.ledger_entry_id i on i.seq = e.seq,"
                        + " ledger.ledger_block b where e.seq = 5 and b.block_no = 1");
        forgeries.put(
                "ledger_staged",
                "insert into ledger.ledger_staged select gen_random_uuid(), inst, leaf, key_id, sig"
                        + " from ledger.ledger_staged limit 1");
        forgeries.put(
                "ledger_staged ",
                "insert into ledger.ledger_staged select i.id, s.inst, e.leaf, s.key_id, s.sig"
                        + " from ledger.ledger_entry e join ledger.ledger_entry_id i on i.seq = e.seq,"
                        + " (select * from ledger.ledger_staged limit 1) s where e.seq = 5");
        forgeries.put("ledger_staged  ", "insert into ledger.ledger_staged select * from backup.taken_in limit 1");
        return forgeries.entrySet().stream()
                .map(forgery -> dynamicTest(
                        forgery.getKey(), () -> located(forgery.getKey().strip(), "*", forgery.getValue())));
    }

    @Test
    void a_cosignature_that_was_taken_away_is_found_and_located() throws Exception {
        mutate("update ledger.ledger_checkpoint set note = regexp_replace(note, '— [^ ]*/pq [^\\n]*\\n', '')"
                + " where size = (select max(size) from ledger.ledger_checkpoint)");
        assertThat(verify().findings())
                .singleElement()
                .asString()
                .contains("ledger_checkpoint size 826, note")
                .contains("a cosignature by");
    }

    @Test
    void two_changes_far_apart_are_both_located() throws Exception {
        mutate(
                "update ledger.ledger_entry set body = set_byte(body, 9, 88) where seq = 300",
                "update ledger.ledger_entry set leaf = sha256(body) where seq = 820");
        assertThat(verify().findings())
                .extracting(finding -> finding.row() + " " + finding.column())
                .contains("seq 300 body", "seq 820 leaf");
    }

    @Test
    void a_changed_body_with_a_matching_leaf_hash_is_located_by_its_tile() throws Exception {
        mutate("update ledger.ledger_entry set actor = 'actor-X', body = replace(convert_from(body, 'UTF8'),"
                + " actor, 'actor-X')::bytea, leaf = sha256('\\x00'::bytea || replace(convert_from(body, 'UTF8'),"
                + " actor, 'actor-X')::bytea) where seq = 100");
        assertThat(verify().findings())
                .extracting(finding -> finding.table() + " " + finding.row() + " " + finding.column())
                .contains("ledger_entry seq 100 body", "ledger_entry seq 100 leaf");
    }

    @Test
    void a_changed_body_with_a_matching_leaf_hash_beyond_the_tiles_is_located_to_its_block() throws Exception {
        mutate("update ledger.ledger_entry set actor = 'actor-X', body = replace(convert_from(body, 'UTF8'),"
                + " actor, 'actor-X')::bytea, leaf = sha256('\\x00'::bytea || replace(convert_from(body, 'UTF8'),"
                + " actor, 'actor-X')::bytea) where seq = 823");
        assertThat(verify().findings())
                .anySatisfy(finding -> assertThat(finding.row()).matches("seq 82\\d to 82\\d"));
    }

    @Test
    void a_tail_cut_off_with_its_blocks_and_head_is_found_against_a_checkpoint_that_was_handed_out() throws Exception {
        Frontier.Builder tree = Frontier.EMPTY.extend();
        long size;
        try (Connection connection = FIXTURE.database.superuser();
                Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("select first_seq + n from ledger.ledger_block where block_no = 20")) {
                row.next();
                size = row.getLong(1);
            }
            try (ResultSet rows = statement.executeQuery("select leaf from ledger.ledger_entry order by seq")) {
                while (tree.size() < size && rows.next()) {
                    tree.add(Hash.of(rows.getBytes(1)));
                }
            }
        }
        String frontier = java.util.HexFormat.of().formatHex(tree.build().toByteArray());
        mutate(
                "update ledger.ledger_head h set block_no = 20, block_hash = b.prev, t_ms = c.t_ms, size = " + size
                        + ", frontier = '\\x" + frontier + "', checkpoint_size = (select max(size) from"
                        + " ledger.ledger_checkpoint where size <= " + size + ") from ledger.ledger_block b,"
                        + " ledger.ledger_block c where b.block_no = 21 and c.block_no = 20",
                "delete from ledger.ledger_block where block_no > 20",
                "delete from ledger.ledger_entry where seq >= " + size,
                "delete from ledger.ledger_entry_id where seq >= " + size,
                "delete from ledger.ledger_tile where (n + 1) * 256 > " + size,
                "delete from ledger.ledger_checkpoint where size > " + size);
        assertThat(verify().findings()).isEmpty();
        Report report = verify(new Verifier(FIXTURE.logKey.verifyKey()).against("an auditor", handedOut));
        assertThat(report.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.row()).isEqualTo("seq %d to 825".formatted(size)));
    }

    private static void located(String table, String column, String sql) throws Exception {
        try {
            mutate(sql);
        } catch (SQLException e) {
            // Not even a superuser gets a second row of a key in, or a row into no partition.
            assertThat(e.getSQLState()).isIn("23505", "23514");
            return;
        }
        Report report = verify();
        assertThat(report.findings()).as(sql).anySatisfy(finding -> {
            assertThat(finding.table()).isEqualTo(table);
            if (!column.equals("*") && !finding.column().equals("*")) {
                assertThat(List.of(finding.column().split("/"))).contains(column);
            }
        });
        // Located means that the operator is not sent all over the log.
        if (!sql.startsWith("delete from ledger." + table)) {
            assertThat(report.findingCount()).as(report.findings().toString()).isLessThan(10);
        }
    }

    private static void mutate(String... sql) throws SQLException {
        List<String> statements = new ArrayList<>();
        for (String table : tables()) {
            statements.add("truncate ledger." + table);
            statements.add("insert into ledger.%s select * from backup.%s".formatted(table, table));
        }
        statements.addAll(List.of(sql));
        FIXTURE.database.tamper(statements.toArray(String[]::new));
    }

    private static Report verify() throws SQLException {
        return verify(new Verifier(FIXTURE.logKey.verifyKey()));
    }

    private static Report verify(Verifier verifier) throws SQLException {
        try (Connection connection = FIXTURE.database.dataSource().getConnection()) {
            return verifier.verify(connection);
        }
    }

    private static List<String> changes(String column, String type) {
        return switch (type) {
            case "smallint" -> List.of(column + " + 1", column + " + 100");
            case "integer", "bigint" -> List.of(column + " + 1", column + " + 100000", column + " - 1");
            case "bytea" ->
                List.of(
                        "coalesce(set_byte(%1$s, 0, get_byte(%1$s, 0) # 1), '\\x00')".formatted(column),
                        "coalesce(set_byte(%1$s, length(%1$s) - 1, get_byte(%1$s, length(%1$s) - 1) # 128), '\\x01')"
                                .formatted(column),
                        "coalesce(substr(%s, 2), '')".formatted(column));
            case "text" ->
                List.of(
                        "coalesce(%s, '') || 'x'".formatted(column),
                        "'x' || coalesce(%s, '')".formatted(column),
                        "case when %s = 'server-2' then 'server-1' else 'server-2' end".formatted(column));
            case "uuid" -> List.of("gen_random_uuid()");
            default -> throw new IllegalStateException("no change is known for columns of type " + type);
        };
    }

    @TestFactory
    Stream<DynamicTest> every_column_set_to_null_is_found_and_located() {
        return Stream.of("p", "actor", "op")
                .map(column -> dynamicTest(
                        column,
                        () -> located(
                                "ledger_entry",
                                column,
                                "update ledger.ledger_entry set %s = null where seq = 77".formatted(column))));
    }

    private static List<String> tables() throws SQLException {
        return List.copyOf(columns().keySet());
    }

    private static Map<String, Map<String, String>> columns() throws SQLException {
        Map<String, Map<String, String>> columns = new LinkedHashMap<>();
        try (Connection connection = FIXTURE.database.superuser();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select table_name, column_name, data_type"
                        + " from information_schema.columns join pg_class c on c.oid = format('ledger.%I', table_name)::regclass"
                        + " where table_schema = 'ledger' and table_name like 'ledger\\_%' and not relispartition"
                        + " order by table_name, ordinal_position")) {
            while (rows.next()) {
                columns.computeIfAbsent(rows.getString(1), table -> new LinkedHashMap<>())
                        .put(rows.getString(2), rows.getString(3));
            }
        }
        return columns;
    }

    private static String part(String table) {
        return table.equals("ledger_entry") ? "ledger_entry_000000" : table;
    }

    private static void stage(Ledger ledger, List<Entry> entries) throws SQLException {
        try (Connection connection = FIXTURE.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            ledger.stage(connection, entries);
            connection.commit();
        }
    }

    private static List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(LogFixture.entry("actor-" + i));
        }
        return entries;
    }

    private enum Place {
        FIRST("0"),
        MIDDLE("(select count(*) / 2 from ledger.%s)"),
        LAST("(select count(*) - 1 from ledger.%s)");

        private final String offset;

        Place(String offset) {
            this.offset = offset;
        }

        String of(String table) {
            return "(select ctid from ledger.%s order by ctid offset %s limit 1)"
                    .formatted(table, offset.formatted(table));
        }
    }
}
