package org.securemed.ledger.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.verify.Verifier;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WriterRoleIT {
    private static final String OWNER = "ledger_owner";
    private static final String WRITER = "ledger_writer";
    private static final List<String> LOG = List.of(
            "ledger.ledger_head",
            "ledger.ledger_entry",
            "ledger.ledger_entry_000000",
            "ledger.ledger_entry_id",
            "ledger.ledger_block",
            "ledger.ledger_tile",
            "ledger.ledger_checkpoint",
            "ledger.ledger_outbox",
            "ledger.ledger_staged",
            "witness.cosignature");

    private final LedgerDatabase database = LedgerDatabase.ownedBy(OWNER);
    private final SigningKey logKey = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());

    @BeforeAll
    void a_log_written_by_a_role_that_owns_nothing() throws Exception {
        try (Connection superuser = database.connect("postgres");
                Statement statement = superuser.createStatement()) {
            statement.execute("drop role if exists " + WRITER);
            statement.execute("create role " + WRITER + " login");
        }
        try (Connection owner = database.connect(OWNER)) {
            WriterRole.admit(owner, WRITER);
        }
        try (Ledger ledger = open()) {
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                entries.add(LogFixture.entry("a" + i));
            }
            ledger.append(Submission.of(entries, List.of())).get(10, TimeUnit.SECONDS);
            ledger.publishCheckpoint();
        }
    }

    @AfterAll
    void close() throws Exception {
        try (Connection superuser = database.connect("postgres");
                Statement statement = superuser.createStatement()) {
            statement.execute("drop owned by " + WRITER);
        }
        database.close();
    }

    @Test
    void it_writes_a_whole_log_and_makes_partitions() throws Exception {
        open().close();
        try (Connection writer = database.connect(WRITER);
                Statement statement = writer.createStatement()) {
            statement.execute("select ledger.add_entry_partition(10000000)");
            assertThatThrownBy(() -> statement.execute("delete from ledger.ledger_entry_000001"))
                    .isInstanceOf(SQLException.class);
            assertThat(new Verifier(logKey.verifyKey()).verify(writer).findings())
                    .isEmpty();
        }
    }

    @Test
    void it_cannot_change_what_is_written_nor_get_the_right_to() throws Exception {
        try (Connection writer = database.connect(WRITER);
                Statement statement = writer.createStatement()) {
            assertThat(WriterRole.of(writer)).isEqualTo(WRITER);
            assertThat(WriterRole.couldUndo(writer)).isFalse();
            for (String table : LOG) {
                for (String attempt : List.of(
                        "truncate %s",
                        "alter table %s disable trigger all",
                        "alter table %s owner to " + WRITER,
                        "alter table %s rename to gone",
                        "create trigger mine before insert on %s execute function ledger.refuse()",
                        "drop table %s cascade")) {
                    assertRefused(statement, attempt.formatted(table));
                }
                // Whether this is an error or a warning, it changes nothing.
                tryTo(statement, "grant all on %s to %s".formatted(table, WRITER));
                if (!table.equals("ledger.ledger_head")) {
                    assertRefused(statement, "update %s set log = log".formatted(table));
                }
                if (!table.equals("ledger.ledger_outbox") && !table.equals("ledger.ledger_staged")) {
                    assertRefused(statement, "delete from %s".formatted(table));
                }
            }
            for (String attempt : List.of(
                    "update ledger.ledger_head set size = size - 1",
                    "drop trigger entry_kept on ledger.ledger_entry",
                    "drop function ledger.refuse() cascade",
                    "create or replace function ledger.refuse() returns trigger language plpgsql"
                            + " as 'begin return null; end'",
                    "create table ledger.mine (x int)",
                    "drop schema ledger cascade",
                    "alter schema ledger owner to " + WRITER,
                    "select ledger.admit_writer('" + WRITER + "')",
                    "set session_replication_role = replica",
                    "set role " + OWNER,
                    "grant " + OWNER + " to " + WRITER)) {
                assertRefused(statement, attempt);
            }
            assertThat(new Verifier(logKey.verifyKey()).verify(writer).findings())
                    .isEmpty();
        }
    }

    @Test
    void an_owner_a_member_of_the_owner_and_a_superuser_could_undo_it() throws Exception {
        for (String role : List.of(OWNER, "postgres")) {
            try (Connection connection = database.connect(role)) {
                assertThat(WriterRole.couldUndo(connection)).isTrue();
            }
        }
        try (Connection superuser = database.connect("postgres");
                Statement statement = superuser.createStatement();
                Connection writer = database.connect(WRITER)) {
            statement.execute("grant " + OWNER + " to " + WRITER);
            assertThat(WriterRole.couldUndo(writer)).isTrue();
            statement.execute("revoke " + OWNER + " from " + WRITER);
            assertThat(WriterRole.couldUndo(writer)).isFalse();
            statement.execute("alter role " + WRITER + " createrole");
            assertThat(WriterRole.couldUndo(writer)).isTrue();
            statement.execute("alter role " + WRITER + " nocreaterole");
            statement.execute("grant set on parameter session_replication_role to " + WRITER);
            assertThat(WriterRole.couldUndo(writer)).isTrue();
            statement.execute("revoke set on parameter session_replication_role from " + WRITER);
            assertThat(WriterRole.couldUndo(writer)).isFalse();
        }
    }

    private Ledger open() {
        return Ledger.open(
                new PostgresLogStore(database.dataSource(WRITER)),
                logKey,
                SigningKey.generate("server-1", new SecureRandom()),
                CheckpointVault.none(),
                LedgerOptions.defaults().creating(),
                Clock.systemUTC(),
                Alarm.logging());
    }

    private static void assertRefused(Statement statement, String attempt) {
        assertThatThrownBy(() -> statement.execute(attempt)).as(attempt).isInstanceOf(SQLException.class);
    }

    private static void tryTo(Statement statement, String attempt) {
        try {
            statement.execute(attempt);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("42501");
        }
    }
}
