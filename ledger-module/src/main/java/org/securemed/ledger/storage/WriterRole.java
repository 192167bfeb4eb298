package org.securemed.ledger.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The database role that writes the log. It should not be the one that owns the tables, which may drop their triggers
 * and give itself every right.
 */
public final class WriterRole {
    private WriterRole() {}

    /**
     * Gives a role what writing a log needs, and takes from it what else it may have been given on its tables.
     *
     * @param owner a connection as the role that owns the tables
     * @param writer an existing role
     * @throws SQLException if there is no such role, or {@code owner} does not own the tables
     */
    public static void admit(Connection owner, String writer) throws SQLException {
        try (PreparedStatement admission = owner.prepareStatement("select ledger.admit_writer(?)")) {
            admission.setString(1, writer);
            admission.execute();
        }
    }

    /** Name of the role that a connection acts as. */
    public static String of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select current_user")) {
            row.next();
            return row.getString(1);
        }
    }

    /**
     * Whether the role of a connection could undo what protects the log: it owns a table, may become its owner, or is a
     * superuser.
     */
    public static boolean couldUndo(Connection connection) throws SQLException {
        // Before release 16, who may make roles may join any of them.
        String question = "select coalesce(bool_or(pg_has_role(current_user, c.relowner, 'MEMBER')), true)"
                + " or (select r.rolcreaterole from pg_roles r where r.rolname = current_user)"
                + " or has_parameter_privilege(current_user, 'session_replication_role', 'SET')"
                + " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                + " where n.nspname in ('ledger', 'witness') and c.relkind in ('r', 'p')";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
