package org.securemed.ledger.verify;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Evidence;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.RegisteredKey;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;

/**
 * Every column of every row of every table beside the log, read from the database's own catalogue so that none can be
 * forgotten, is changed; rows are deleted, forged, swapped between patients and put back from an earlier time. Each
 * time the verifier, given the key-encryption keys, must name the place.
 */
class StateTamperIT {
    private static final KeyEncryptionKeys FIRST = KeyEncryptionKeys.of(1, kek(1));
    private static final KeyEncryptionKeys BOTH = FIRST.and(2, kek(2));
    private static final ConsentLog LOG = new ConsentLog(FIRST);
    private static final Map<String, String> PSEUDONYMS = new LinkedHashMap<>();

    @BeforeAll
    static void patients_of_every_kind() throws Exception {
        know("system", LOG.commit(connection -> LOG.keys.system(connection)));
        for (String name : List.of("anna", "ben", "cora", "dora", "emil")) {
            know(name, LOG.key("Patient/" + name));
        }
        LOG.use(BOTH);
        LOG.commit(connection -> {
            LOG.keys.beginNewestEpoch(connection);
            return true;
        });
        for (String name : List.of("finn", "gina", "hugo")) {
            know(name, LOG.key("Patient/" + name));
        }
        LOG.record(ConsentLog.grant("Patient/anna", "c1", 1));
        LOG.record(ConsentLog.revoke("Patient/anna", "c1", 2));
        LOG.record(ConsentLog.grant("Patient/ben", "c1", 1));
        LOG.record(ConsentLog.grant("Patient/ben", "c2", 1));
        LOG.record(ConsentLog.grant("Patient/cora", "c1", 1));
        LOG.record(ConsentLog.grant("Patient/finn", "c1", 1));
        // Dora has a key and occurs nowhere; Emil and Hugo have been read.
        LOG.read(LOG.key("Patient/emil"), true);
        LOG.read(LOG.key("Patient/hugo"), true);
        LOG.read(LOG.commit(connection -> LOG.keys.system(connection)), false);
        LOG.fixture.database.tamper(
                "create schema backup",
                "create table backup.old_state as table ledger.consent_state",
                "create table backup.old_key as table ledger.patient_key");
        LOG.record(ConsentLog.revoke("Patient/ben", "c1", 2));
        twoTransitionsInTheOtherOrder();
        LOG.seal(LOG.erase(LOG.key("Patient/cora")).orElseThrow());
        LOG.ledger.publishCheckpoint();
        // On their way into the log.
        LOG.stage(ConsentLog.revoke("Patient/ben", "c2", 2));
        assertThat(LOG.erase(LOG.key("Patient/finn"))).isPresent();
        LOG.ledger.close();
        LOG.fixture.database.tamper(
                "do $$ declare t record; begin"
                        + " for t in select conrelid::regclass as r, conname from pg_constraint where contype = 'c'"
                        + " and connamespace = 'ledger'::regnamespace and conislocal loop"
                        + " execute format('alter table %s drop constraint %I', t.r, t.conname); end loop; end $$",
                "alter table ledger.patient_key drop constraint patient_key_lookup_key",
                "do $$ declare c record; begin"
                        + " for c in select table_name, column_name from information_schema.columns"
                        + " where table_schema = 'ledger' and is_nullable = 'NO' and table_name not like 'ledger\\_%'"
                        + " and column_name not in ('subject', 'pseudonym', 'only_row')"
                        + " and table_name <> 'flyway_schema_history' loop"
                        + " execute format('alter table ledger.%I alter column %I drop not null',"
                        + " c.table_name, c.column_name); end loop; end $$");
        for (String table : List.of("ledger_outbox", "ledger_staged")) {
            LOG.fixture.database.tamper("create table backup.%s as table ledger.%s".formatted(table, table));
        }
        for (String table : columns().keySet()) {
            LOG.fixture.database.tamper("create table backup.%s as table ledger.%s".formatted(table, table));
        }
    }

    /** Gina's second transition, signed with a key that her first registers, comes into the log before the first. */
    private static void twoTransitionsInTheOtherOrder() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        RegisteredKey key = new RegisteredKey(
                "k1",
                "Patient/gina",
                RegisteredKey.Algorithm.ED25519,
                Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()));
        Entry first = LOG.stage(new Transition.RegisterKey(
                "t1", "Patient/gina", Author.patient("Patient/gina", "session"), ConsentLog.NOW, key));
        Transition grant = new Transition.Grant(
                "t2",
                "Patient/gina",
                new Author(Author.Capacity.PATIENT, "Patient/gina", Evidence.signature("k1")),
                ConsentLog.NOW,
                "c1",
                1,
                "",
                Provision.permit().actor("Practitioner/x").build());
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(SignedTransition.bytesToSign(grant));
        Entry second = LOG.stage(SignedTransition.of(grant.canonicalBytes(), signature.sign()));
        LOG.seal(second);
        LOG.seal(first);
    }

    @AfterAll
    static void close() {
        LOG.close();
    }

    @Test
    void what_nobody_has_touched_is_whole() throws Exception {
        mutate();
        Report report = LOG.verify(BOTH);
        assertThat(report.findings()).isEmpty();
        assertThat(report.isWhole()).isTrue();
    }

    @Test
    void no_table_of_the_ledger_is_left_unchecked() throws Exception {
        // A new table needs a check, and then a place here; its columns are tampered with by themselves, in TamperIT
        // when its name begins with ledger_ and otherwise in this class.
        assertThat(tables("true"))
                .containsExactlyInAnyOrder(
                        BlockCheck.TABLE,
                        CheckedEntry.TABLE,
                        OutboxCheck.TABLE,
                        OutboxCheck.EVIDENCE,
                        StateCheck.TABLE,
                        KeyCheck.TABLE,
                        EpochCheck.TABLE,
                        "ledger_checkpoint",
                        "ledger_entry_id",
                        "ledger_head",
                        "ledger_tile",
                        "flyway_schema_history");
        for (String table : columns().keySet()) {
            assertThat(rows(table)).as(table).isNotEmpty();
        }
    }

    @TestFactory
    Stream<DynamicTest> every_changed_column_of_every_row_is_found_and_located() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, Map<String, String>> table : columns().entrySet()) {
            List<String> rows = rows(table.getKey());
            for (Map.Entry<String, String> column : table.getValue().entrySet()) {
                for (String change : changes(column.getKey(), column.getValue())) {
                    for (String row : rows) {
                        String sql = "update ledger.%s set %s = %s where %s and (%s) is distinct from %s"
                                .formatted(table.getKey(), column.getKey(), change, row, change, column.getKey());
                        tests.add(dynamicTest(
                                "%s.%s := %s, %s".formatted(table.getKey(), column.getKey(), change, name(row)),
                                () -> located(table.getKey(), column.getKey(), sql)));
                    }
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(200);
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> every_deleted_row_is_found_and_located() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (String table : columns().keySet()) {
            for (String row : rows(table)) {
                // Nothing was ever sealed with Dora's key: that it is gone changes nothing, and can't be known.
                if (!name(row).equals("dora")) {
                    tests.add(dynamicTest(
                            table + " " + name(row),
                            () -> located(table, "*", "delete from ledger.%s where %s".formatted(table, row))));
                }
            }
            tests.add(dynamicTest(table + " all", () -> located(table, "*", "delete from ledger." + table)));
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> every_forged_row_is_found_and_located() {
        String someone = "'\\x000102030405060708090a0b0c0d0e0f'";
        Map<String, String> forgeries = new LinkedHashMap<>();
        for (String to : List.of(pseudonym("dora"), pseudonym("cora"), pseudonym("system"), someone, "''")) {
            forgeries.put(
                    "insert into ledger.consent_state select %s, version, state_hash, sealed_state from backup.consent_state where %s"
                            .formatted(to, state("ben")),
                    "consent_state");
        }
        for (String to : List.of(someone, "''", "'\\xff'")) {
            forgeries.put(
                    "insert into ledger.patient_key select %s, lookup, sealed_subject, wrapped, kek_epoch, created_in,"
                                    .formatted(to)
                            + " destroyed_at from backup.patient_key where " + key("ben"),
                    "patient_key");
        }
        forgeries.put(
                "insert into ledger.patient_key (pseudonym, destroyed_at) values (%s, now())".formatted(someone),
                "patient_key");
        forgeries.put("insert into ledger.kek_epoch values (false, 2)", "kek_epoch");
        return forgeries.entrySet().stream()
                .map(forgery ->
                        dynamicTest(forgery.getKey(), () -> located(forgery.getValue(), "*", forgery.getKey())));
    }

    @TestFactory
    Stream<DynamicTest> rows_swapped_between_patients_are_found_and_located() {
        String swappedStates =
                "update ledger.consent_state s set %1$s from backup.consent_state b where (s.subject, b.subject)"
                        + " in ((%2$s, %3$s), (%3$s, %2$s))";
        String swappedKeys = "update ledger.patient_key k set %1$s from backup.patient_key b where (k.pseudonym,"
                + " b.pseudonym) in ((%2$s, %3$s), (%3$s, %2$s))";
        Map<String, String> swaps = new LinkedHashMap<>();
        for (String columns : List.of(
                "version = b.version, state_hash = b.state_hash, sealed_state = b.sealed_state",
                "state_hash = b.state_hash, sealed_state = b.sealed_state",
                "sealed_state = b.sealed_state")) {
            swaps.put(swappedStates.formatted(columns, pseudonym("ben"), pseudonym("gina")), "consent_state");
        }
        for (String columns : List.of(
                "lookup = b.lookup, sealed_subject = b.sealed_subject, wrapped = b.wrapped, kek_epoch = b.kek_epoch,"
                        + " created_in = b.created_in, destroyed_at = b.destroyed_at",
                "lookup = b.lookup, sealed_subject = b.sealed_subject",
                "sealed_subject = b.sealed_subject, wrapped = b.wrapped",
                "lookup = b.lookup")) {
            swaps.put(swappedKeys.formatted(columns, pseudonym("ben"), pseudonym("anna")), "patient_key");
            swaps.put(swappedKeys.formatted(columns, pseudonym("ben"), pseudonym("cora")), "patient_key");
        }
        return swaps.entrySet().stream()
                .map(swap -> dynamicTest(swap.getKey(), () -> located(swap.getValue(), "*", swap.getKey())));
    }

    @TestFactory
    Stream<DynamicTest> an_earlier_row_that_is_put_back_is_found_and_located() {
        Map<String, String> restored = new LinkedHashMap<>();
        restored.put(
                "update ledger.consent_state s set version = o.version, state_hash = o.state_hash,"
                        + " sealed_state = o.sealed_state from backup.old_state o where o.subject = s.subject and s."
                        + state("ben"),
                "consent_state");
        for (String erased : List.of("cora", "finn")) {
            restored.put(
                    "insert into ledger.consent_state select * from backup.old_state where " + state(erased),
                    "consent_state");
            restored.put(
                    "update ledger.patient_key k set lookup = o.lookup, sealed_subject = o.sealed_subject, wrapped ="
                            + " o.wrapped, kek_epoch = o.kek_epoch, created_in = o.created_in, destroyed_at = null from"
                            + " backup.old_key o where o.pseudonym = k.pseudonym and k." + key(erased),
                    "patient_key");
        }
        return restored.entrySet().stream()
                .map(row -> dynamicTest(row.getKey(), () -> located(row.getValue(), "*", row.getKey())));
    }

    @Test
    void a_transition_deleted_from_the_outbox_is_found_because_the_state_has_it() throws Exception {
        mutate("delete from ledger.ledger_outbox");
        List<Finding> findings = LOG.verify(BOTH).findings();
        mutate();
        assertThat(findings)
                .extracting(finding -> finding.table() + " " + finding.column())
                .contains("consent_state version", "patient_key destroyed_at", "ledger_outbox *");
    }

    @Test
    void keys_of_an_epoch_that_the_keystore_does_not_have_are_findings() throws Exception {
        mutate();
        assertThat(LOG.verify(KeyEncryptionKeys.of(2, kek(2))).findings())
                .allSatisfy(finding -> assertThat(finding.table()).isEqualTo("patient_key"))
                .anySatisfy(finding -> assertThat(finding.row()).isEqualTo("pseudonym " + PSEUDONYMS.get("anna")));
        assertThat(LOG.verify(FIRST).findings()).extracting(Finding::table).contains("kek_epoch", "patient_key");
    }

    private static void located(String table, String column, String sql) throws Exception {
        int changed;
        try {
            changed = mutate(sql);
        } catch (SQLException e) {
            // Not even a superuser gets a second row of a key in, or one without a key.
            assertThat(e.getSQLState()).isIn("23505", "23502");
            return;
        }
        if (changed == 0) {
            assertThat(sql)
                    .as("a change that changes nothing")
                    .startsWith("update")
                    .contains("null");
            return;
        }
        Report report = LOG.verify(BOTH);
        assertThat(report.findings()).as(sql).anySatisfy(finding -> {
            assertThat(finding.table()).isEqualTo(table);
            if (!column.equals("*") && !finding.column().equals("*")) {
                assertThat(List.of(finding.column().split("/"))).contains(column);
            }
        });
        // Located means that the operator is not sent all over the tables.
        assertThat(report.findingCount()).as(report.findings().toString()).isLessThan(15);
    }

    private static int mutate(String... sql) throws SQLException {
        int changed = 0;
        try (Connection connection = LOG.fixture.database.superuser();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String table : columns().keySet()) {
                statement.execute("truncate ledger." + table);
                statement.execute("insert into ledger.%s select * from backup.%s".formatted(table, table));
            }
            for (String table : List.of("ledger_outbox", "ledger_staged")) {
                statement.execute("delete from ledger." + table);
                statement.execute("insert into ledger.%s select * from backup.%s".formatted(table, table));
            }
            for (String one : sql) {
                statement.execute(one);
                changed += Math.max(0, statement.getUpdateCount());
            }
            connection.commit();
        }
        return changed;
    }

    private static List<String> changes(String column, String type) {
        return switch (type) {
            case "integer", "bigint" -> {
                String value = "coalesce(%s, 0)".formatted(column);
                yield List.of(value + " + 1", value + " - 1", value + " + 100000", "null");
            }
            case "bytea" ->
                List.of(
                        "coalesce(set_byte(%1$s, 0, get_byte(%1$s, 0) # 1), '\\x00')".formatted(column),
                        "coalesce(set_byte(%1$s, length(%1$s) - 1, get_byte(%1$s, length(%1$s) - 1) # 128), '\\x01')"
                                .formatted(column),
                        "coalesce(substr(%s, 2), '')".formatted(column),
                        "null");
            case "xid8" -> List.of("(coalesce(%s::text::bigint, 0) + 1)::text::xid8".formatted(column), "null");
            case "timestamp with time zone" ->
                List.of("coalesce(%s, now()) + interval '1 millisecond'".formatted(column), "'infinity'", "null");
            case "boolean" -> List.of("not " + column);
            default -> throw new IllegalStateException("no change is known for columns of type " + type);
        };
    }

    /** The tables that are not of the log itself, whose columns TamperIT changes. */
    private static Map<String, Map<String, String>> columns() throws SQLException {
        Map<String, Map<String, String>> columns = new LinkedHashMap<>();
        List<String> tables = tables("table_name not like 'ledger\\_%' and table_name <> 'flyway_schema_history'");
        try (Connection connection = LOG.fixture.database.superuser();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select table_name, column_name, data_type from"
                        + " information_schema.columns where table_schema = 'ledger'"
                        + " order by table_name, ordinal_position")) {
            while (rows.next()) {
                if (tables.contains(rows.getString(1))) {
                    columns.computeIfAbsent(rows.getString(1), table -> new LinkedHashMap<>())
                            .put(rows.getString(2), rows.getString(3));
                }
            }
        }
        return columns;
    }

    private static List<String> tables(String condition) throws SQLException {
        try (Connection connection = LOG.fixture.database.superuser();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select table_name from information_schema.tables join pg_class c"
                                + " on c.oid = format('ledger.%I', table_name)::regclass where table_schema = 'ledger'"
                                + " and not relispartition and " + condition + " order by 1")) {
            List<String> tables = new ArrayList<>();
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
            return tables;
        }
    }

    /** A condition for each row of a table, by its key. */
    private static List<String> rows(String table) throws SQLException {
        String key = requireNonNull(columns().get(table)).keySet().iterator().next();
        try (Connection connection = LOG.fixture.database.superuser();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select %1$s::text from backup.%2$s order by 1".formatted(key, table))) {
            List<String> conditions = new ArrayList<>();
            while (rows.next()) {
                conditions.add("%s = '%s'".formatted(key, rows.getString(1)));
            }
            return conditions;
        }
    }

    private static void know(String name, PatientKey key) {
        PSEUDONYMS.put(name, key.pseudonym().toString());
    }

    private static String name(String row) {
        return PSEUDONYMS.entrySet().stream()
                .filter(known -> row.contains(known.getValue()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(row);
    }

    private static String pseudonym(String name) {
        return "'\\x" + PSEUDONYMS.get(name) + "'::bytea";
    }

    private static String state(String name) {
        return "subject = " + pseudonym(name);
    }

    private static String key(String name) {
        return "pseudonym = " + pseudonym(name);
    }

    private static SecretKeySpec kek(int fill) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return new SecretKeySpec(bytes, "AES");
    }
}
