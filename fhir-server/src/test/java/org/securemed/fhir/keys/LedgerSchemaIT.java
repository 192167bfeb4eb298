package org.securemed.fhir.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class LedgerSchemaIT {
    private EmbeddedPostgres postgres;

    @BeforeEach
    void two_roles() throws IOException, SQLException {
        postgres = EmbeddedPostgres.builder().start();
        execute(
                postgres.getPostgresDatabase(),
                "create role keeper login",
                "create role server login",
                "create database clinic owner keeper",
                "grant create on database clinic to server");
    }

    @AfterEach
    void stop() throws IOException {
        postgres.close();
    }

    @Test
    void tables_of_another_owner_are_migrated_by_it_and_only_written_by_the_server() throws SQLException {
        DataSource server = as("server");
        new LedgerSchema(server, "keeper", "");
        assertThatCode(() -> LedgerSchema.requireWriterOnly(server)).doesNotThrowAnyException();
        assertThatThrownBy(() -> execute(server, "alter table ledger.ledger_entry disable trigger all"))
                .hasMessageContaining("must be owner");
        execute(server, "select ledger.add_entry_partition(10000000)");
        // Again, and without the owner: there is nothing to do.
        new LedgerSchema(server, "keeper", "");
        new LedgerSchema(server, null, null);
        assertThatCode(() -> LedgerSchema.requireWriterOnly(server)).doesNotThrowAnyException();
    }

    @Test
    void a_role_that_is_named_in_the_url_is_not_taken_for_the_owner() {
        String url = postgres.getJdbcUrl("server", "clinic");
        assertThat(url).contains("user=server");
        DataSource server = new DriverManagerDataSource(url);
        new LedgerSchema(server, "keeper", "");
        assertThatCode(() -> LedgerSchema.requireWriterOnly(server)).doesNotThrowAnyException();
    }

    @Test
    void one_role_for_both_is_enough_for_development_and_refused_where_it_matters() {
        DataSource keeper = as("keeper");
        new LedgerSchema(keeper, null, null);
        assertThatIllegalStateException()
                .isThrownBy(() -> LedgerSchema.requireWriterOnly(keeper))
                .withMessageContaining("keeper")
                .withMessageContaining("securemed.ledger.owner-username");
        assertThatIllegalStateException()
                .isThrownBy(() -> LedgerSchema.requireWriterOnly(postgres.getDatabase("postgres", "clinic")));
    }

    @Test
    void an_owner_that_does_not_exist_stops_the_start_and_is_named() {
        assertThatThrownBy(() -> new LedgerSchema(as("server"), "nobody", ""))
                .satisfies(failure -> assertThat(failure.toString()).contains("nobody"));
    }

    private DataSource as(String role) {
        return postgres.getDatabase(role, "clinic");
    }

    private static void execute(DataSource dataSource, String... statements) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
