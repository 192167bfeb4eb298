package org.securemed.ledger.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.verify.Verifier;

class PostgresLogStoreIT extends LogStoreContract {
    private final LedgerDatabase database = LedgerDatabase.create();

    @AfterEach
    void close() {
        database.close();
    }

    @Override
    LogStore store() {
        return new PostgresLogStore(database.dataSource());
    }

    @Override
    DataSource dataSource() {
        return database.dataSource();
    }

    @Override
    void verify(SigningKey key) throws Exception {
        super.verify(key);
        try (Connection connection = dataSource().getConnection()) {
            assertThat(new Verifier(key.verifyKey()).verify(connection).findings())
                    .isEmpty();
        }
    }

    @Test
    void the_role_that_owns_the_tables_may_not_change_what_is_written_and_triggers_stop_those_who_may()
            throws Exception {
        try (LedgerDatabase owned = LedgerDatabase.ownedBy("application");
                Connection connection = owned.connect("application");
                Statement statement = connection.createStatement()) {
            statement.execute("insert into ledger.ledger_entry (log, seq, t_ms, leaf, body, op)"
                    + " values (1, 0, 0, sha256(''), '\\x00', 'read')");
            statement.execute("insert into ledger.ledger_entry_id values (gen_random_uuid(), 0)");
            for (String table : new String[] {
                "ledger.ledger_entry",
                "ledger.ledger_entry_000000",
                "ledger.ledger_entry_id",
                "ledger.ledger_block",
                "ledger.ledger_tile",
                "ledger.ledger_checkpoint",
                "witness.cosignature"
            }) {
                for (String change : new String[] {"delete from %s", "truncate %s"}) {
                    assertThatThrownBy(() -> statement.execute(change.formatted(table)))
                            .isInstanceOf(SQLException.class)
                            .hasMessageMatching("(?s).*(permission denied|is refused).*");
                    assertThatThrownBy(() -> asSuperuser(owned, change.formatted(table)))
                            .as(change.formatted(table))
                            .isInstanceOf(SQLException.class)
                            .hasMessageContaining("is refused");
                }
                assertThatThrownBy(() -> statement.execute("update %s set log = log".formatted(table)))
                        .isInstanceOf(SQLException.class);
            }
            // And yet it can write a log.
            try (LogStore.Session session = new PostgresLogStore(owned.dataSource("application")).write()) {
                assertThat(session.isEmpty()).isFalse();
            }
        }
    }

    private static void asSuperuser(LedgerDatabase database, String sql) throws SQLException {
        try (Connection connection = database.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
