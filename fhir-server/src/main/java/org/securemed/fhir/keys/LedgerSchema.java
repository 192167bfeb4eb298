package org.securemed.fhir.keys;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.database.Migrations;
import org.securemed.ledger.storage.WriterRole;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * The tables of the ledger; whoever needs them asks for this first. They belong to a role that only migrates them, if
 * one is named: the role that the server runs as then may write the log, and cannot undo what protects it.
 */
public final class LedgerSchema {
    private static final String NAME = "ledger";
    private static final String SCRIPTS = "db/ledger/postgresql";

    /**
     * Migrates the schema {@code ledger}: the log, the consent states and the patients' keys.
     *
     * @param dataSource as which the server runs
     * @param owner name of the role that owns the tables; null or blank when the server's own does
     * @param password of the owner
     * @throws IllegalStateException if the database refuses the owner, or the owner is not one
     */
    public LedgerSchema(DataSource dataSource, @Nullable String owner, @Nullable String password) {
        if (owner == null || owner.isBlank()) {
            Migrations.migrate(dataSource, NAME, SCRIPTS);
            return;
        }
        try (Connection writer = dataSource.getConnection()) {
            // A role in the URL would count for more than the owner's.
            String url = writer.getMetaData().getURL().replaceAll("(?<=[?&])(user|password)=[^&]*&?", "");
            DataSource owning = new DriverManagerDataSource(url, owner, password == null ? "" : password);
            Migrations.migrate(owning, NAME, SCRIPTS);
            String role = WriterRole.of(writer);
            if (!role.equals(owner)) {
                try (Connection connection = owning.getConnection()) {
                    WriterRole.admit(connection, role);
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "The role %s cannot prepare the ledger's tables: %s".formatted(owner, e.getMessage()), e);
        }
    }

    /**
     * Refuses a role that could undo what protects the log.
     *
     * @throws IllegalStateException saying what to do
     */
    public static void requireWriterOnly(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection()) {
            if (WriterRole.couldUndo(connection)) {
                throw new IllegalStateException(
                        ("The database role %s owns the ledger's tables or may become their owner:"
                                        + " it could drop what protects the log. Name another owner with"
                                        + " securemed.ledger.owner-username and .owner-password, see docs/operations.md.")
                                .formatted(WriterRole.of(connection)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("The rights of the database role cannot be found out.", e);
        }
    }
}
