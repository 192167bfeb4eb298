package org.securemed.ledger.verify;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Rows of one query, fetched as they are needed, with a look at the next. One thread. */
final class Cursor<T> implements AutoCloseable {
    private final PreparedStatement statement;
    private final ResultSet rows;
    private final Reader<T> reader;
    private @Nullable T next;

    Cursor(PreparedStatement statement, Reader<T> reader) throws SQLException {
        this.statement = statement;
        this.reader = reader;
        this.rows = statement.executeQuery();
        advance();
    }

    /** The next row without taking it; null at the end. */
    @Nullable
    T peek() {
        return next;
    }

    /** Takes the next row; null at the end. */
    @Nullable
    T take() throws SQLException {
        T taken = next;
        if (taken != null) {
            advance();
        }
        return taken;
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }

    private void advance() throws SQLException {
        next = rows.next() ? reader.read(rows) : null;
    }

    /** Reads one row. */
    @FunctionalInterface
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }
}
