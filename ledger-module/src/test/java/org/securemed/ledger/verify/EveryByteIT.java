package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;

/**
 * One bit of a byte is flipped in every column of every table of the schema, read from the database's own catalogue, in
 * rows at the ends and in the middle: every byte with {@code -Dledger.exhaustive=true} (minutes), otherwise a seeded
 * sample. The verifier, with the keys, must not find the log whole.
 */
class EveryByteIT {
    private static final long SEED = Long.getLong("ledger.seed", 20_261_122);
    private static final boolean ALL = Boolean.getBoolean("ledger.exhaustive");
    /** Of a column in one row: flips in a sample. */
    private static final int SAMPLE = 2;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @TempDir
    Path directory;

    private int flips;
    private int impossible;

    @Test
    void no_flipped_byte_in_any_stored_column_survives_verification() throws Exception {
        KeyEncryptionKeys epochs =
                KeyEncryptionKeys.openOrCreate(directory.resolve("kek.p12"), "test-only".toCharArray());
        try (ConsentLog log = new ConsentLog(epochs)) {
            fill(log);
            log.ledger.close();
            assertThat(log.verify(epochs).findings()).isEmpty();
            List<String> survivors = new ArrayList<>();
            try (Connection connection = log.fixture.database.superuser()) {
                dropChecks(connection);
                for (Map.Entry<String, Map<String, String>> table :
                        columns(connection).entrySet()) {
                    for (String row : rows(connection, table.getKey())) {
                        String at = row;
                        for (Map.Entry<String, String> column : table.getValue().entrySet()) {
                            at = flip(connection, table.getKey(), at, column, log, epochs, survivors);
                        }
                    }
                }
            }
            System.out.printf("%,d flipped, of which %,d cannot be stored%n", flips, impossible);
            assertThat(survivors).as("seed %d", SEED).isEmpty();
            assertThat(flips - impossible).isGreaterThan(300);
            assertThat(log.verify(epochs).findings()).isEmpty();
        }
    }

    private static void fill(ConsentLog log) throws Exception {
        log.record(ConsentLog.grant("Patient/anna", "c1", 1));
        log.record(ConsentLog.revoke("Patient/anna", "c1", 2));
        log.record(ConsentLog.grant("Patient/ben", "c2", 1));
        log.seal(log.erase(log.key("Patient/carl")).orElseThrow());
        log.read(log.key("Patient/ben"), true);
        log.read(log.commit(connection -> log.keys.system(connection)), false);
        String patient = "Patient/dora";
        List<Entry> reads = new ArrayList<>();
        for (int i = 0; i < 260; i++) {
            reads.add(LogFixture.builder("actor")
                    .patient(log.key(patient).pseudonym())
                    .build());
        }
        log.ledger.append(Submission.of(reads.subList(0, 200), List.of())).join();
        log.ledger.publishCheckpoint();
        log.ledger.append(Submission.of(reads.subList(200, 260), List.of())).join();
        log.ledger.publishCheckpoint();
        log.stage(ConsentLog.grant("Patient/ben", "c3", 1));
    }

    /** Flips a column's bytes one after the other, and back; where the row is then. */
    private String flip(
            Connection connection,
            String table,
            String place,
            Map.Entry<String, String> column,
            ConsentLog log,
            KeyEncryptionKeys epochs,
            List<String> survivors)
            throws SQLException {
        String row = place;
        if (isNull(connection, table, row, column.getKey())) {
            return row;
        }
        for (String change : changes(connection, table, row, column)) {
            flips++;
            String at;
            try {
                at = update(connection, table, column.getKey(), change, row);
            } catch (SQLException e) {
                // No text in this encoding, or a second row of a key: not even a superuser gets that in.
                assertThat(e.getSQLState()).as(change).isIn("22021", "23505", "23514", "22P02", "22003", "23502");
                impossible++;
                continue;
            }
            if (log.verify(epochs).isWhole()) {
                survivors.add(table + "." + column.getKey() + " " + change + " of row " + row);
            }
            // The same flip again; where it went is where it is now.
            row = update(connection, table, column.getKey(), undo(change), at);
        }
        return row;
    }

    private List<String> changes(Connection connection, String table, String row, Map.Entry<String, String> column)
            throws SQLException {
        String name = column.getKey();
        return switch (column.getValue()) {
            case "bytea" ->
                places(connection, table, row, "length(" + name + ")").stream()
                        .map(at -> flipped(name, at))
                        .toList();
            case "text" ->
                places(connection, table, row, "octet_length(" + name + ")").stream()
                        .map(at ->
                                "convert_from(%s, 'UTF8')".formatted(flipped("convert_to(" + name + ", 'UTF8')", at)))
                        .toList();
            case "uuid" ->
                places(connection, table, row, "16").stream()
                        .map(at -> "encode(%s, 'hex')::uuid".formatted(flipped("uuid_send(" + name + ")", at)))
                        .toList();
            case "bigint" -> bits(name, "bigint", 8);
            case "integer" -> bits(name, "integer", 4);
            case "smallint" -> bits(name, "smallint", 2);
            case "boolean" -> List.of("not " + name);
            case "xid8" -> List.of("((%s::text::bigint # 1)::text)::xid8".formatted(name));
            case "timestamp with time zone" -> List.of(name + " + interval '1 millisecond'");
            default -> throw new IllegalStateException("no flip is known for columns of type " + column.getValue());
        };
    }

    private static String undo(String change) {
        return change.replace("+ interval", "- interval");
    }

    private String flipped(String bytes, int at) {
        return "set_byte(%1$s, %2$d, get_byte(%1$s, %2$d) # %3$d)".formatted(bytes, at, 1 << random.nextInt(8));
    }

    /** One bit of each byte, but the sign's, which would only be out of range. */
    private List<String> bits(String name, String type, int bytes) {
        return some(bytes)
                .mapToObj(at -> "(%s # (1::%s << %d))"
                        .formatted(name, type, Math.min(8 * at + random.nextInt(8), 8 * bytes - 2)))
                .toList();
    }

    private List<Integer> places(Connection connection, String table, String row, String length) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "select coalesce(%s, 0) from ledger.%s where ctid = '%s'".formatted(length, table, row))) {
            found.next();
            return some(found.getInt(1)).boxed().toList();
        }
    }

    private static boolean isNull(Connection connection, String table, String row, String column) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "select %s is null from ledger.%s where ctid = '%s'".formatted(column, table, row))) {
            found.next();
            return found.getBoolean(1);
        }
    }

    private IntStream some(int length) {
        return IntStream.range(0, length).filter(at -> ALL || random.nextInt(length) < SAMPLE);
    }

    /** Changes one row; where it is then. */
    private static String update(Connection connection, String table, String column, String value, String row)
            throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet moved = statement.executeQuery("update ledger.%s set %s = %s where ctid = '%s' returning ctid"
                        .formatted(table, column, value, row))) {
            moved.next();
            return moved.getString(1);
        }
    }

    private static List<String> rows(Connection connection, String table) throws SQLException {
        List<String> all = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select ctid from ledger.%s order by ctid".formatted(table))) {
            while (rows.next()) {
                all.add(rows.getString(1));
            }
        }
        int last = all.size() - 1;
        return Stream.of(0, 1, 2, last / 2, 255, 256, last - 1, last)
                .filter(at -> at >= 0 && at <= last)
                .distinct()
                .map(all::get)
                .toList();
    }

    private static void dropChecks(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("do $$ declare t record; begin"
                    + " for t in select conrelid::regclass as r, conname from pg_constraint where contype = 'c'"
                    + " and connamespace = 'ledger'::regnamespace and conislocal loop"
                    + " execute format('alter table %s drop constraint %I', t.r, t.conname); end loop; end $$");
        }
    }

    private static Map<String, Map<String, String>> columns(Connection connection) throws SQLException {
        Map<String, Map<String, String>> columns = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select table_name, column_name, data_type"
                        + " from information_schema.columns c join pg_class p"
                        + " on p.oid = format('ledger.%I', table_name)::regclass"
                        + " where table_schema = 'ledger' and p.relkind = 'r' and table_name not like 'flyway%'"
                        + " order by table_name, ordinal_position")) {
            while (rows.next()) {
                columns.computeIfAbsent(rows.getString(1), table -> new LinkedHashMap<>())
                        .put(rows.getString(2), rows.getString(3));
            }
        }
        assertThat(columns.keySet())
                .containsAll(Arrays.asList("ledger_entry_000000", "ledger_block", "patient_key", "consent_state"));
        return columns;
    }
}
