package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;

/** Runs statements on one connection, and says in the log's words what went wrong. Not thread safe. */
final class Statements {
    private final Connection connection;

    Statements(Connection connection) {
        this.connection = connection;
    }

    Array array(String type, Object[] values) {
        try {
            return connection.createArrayOf(type, values);
        } catch (SQLException e) {
            throw unavailable("cannot use the connection", e);
        }
    }

    <T> Optional<T> one(String sql, Row<T> row, Object... values) {
        List<T> rows = list(sql, row, values);
        return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(0));
    }

    <T> List<T> list(String sql, Row<T> row, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(values));
            List<T> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(row.read(result));
                }
            }
            return rows;
        } catch (SQLException e) {
            throw unavailable("cannot read the ledger", e);
        } catch (IllegalArgumentException e) {
            throw new LogCorruptException(sql, "values this log writes", String.valueOf(e.getMessage()));
        }
    }

    /** Two queries, without parameters, in one round trip: the first row of each, if the first has one. */
    <A, B, T> Optional<T> two(String sql, Row<A> first, Row<B> second, BiFunction<A, Optional<B>, T> both) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
            Optional<A> one = row(statement, first);
            statement.getMoreResults();
            Optional<B> other = row(statement, second);
            return one.map(found -> both.apply(found, other));
        } catch (SQLException e) {
            throw unavailable("cannot read the ledger", e);
        } catch (IllegalArgumentException e) {
            throw new LogCorruptException(sql, "values this log writes", String.valueOf(e.getMessage()));
        }
    }

    private static <T> Optional<T> row(PreparedStatement statement, Row<T> row) throws SQLException {
        try (ResultSet result = statement.getResultSet()) {
            return result.next() ? Optional.of(row.read(result)) : Optional.empty();
        }
    }

    void update(String sql, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(values));
            if (statement.executeUpdate() != 1) {
                throw new LogCorruptException(sql, "one row", "another number of rows");
            }
        } catch (SQLException e) {
            throw unavailable("cannot write to the ledger", e);
        }
    }

    static void bind(PreparedStatement statement, List<Object> values) throws SQLException {
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            if (value instanceof byte[] bytes) {
                statement.setBytes(i + 1, bytes);
            } else if (value instanceof Array array) {
                statement.setArray(i + 1, array);
            } else {
                statement.setObject(i + 1, value);
            }
        }
    }

    static LedgerUnavailableException unavailable(String what, SQLException cause) {
        return new LedgerUnavailableException(what + ": " + cause.getSQLState(), cause);
    }

    /** Reads one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }
}
