package org.securemed.ledger.storage;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.WrappedKey;
import org.securemed.ledger.erasure.WrappedKeys;

/** The tables {@code ledger.patient_key} and {@code ledger.kek_epoch} of PostgreSQL. Stateless, thread-safe. */
public final class PatientKeyStore implements WrappedKeys {
    private static final String ROW = """
            select pseudonym, sealed_subject, wrapped, kek_epoch, created_in::text,
                   created_in is distinct from pg_current_xact_id_if_assigned() as settled
            from ledger.patient_key
            """;

    @Override
    public Optional<WrappedKey> findByLookup(Connection connection, List<byte[]> lookups) throws SQLException {
        List<WrappedKey> found = select(connection, ROW + "where lookup = any (?)", lookups.toArray(new byte[0][]));
        if (found.size() > 1) {
            throw new IllegalStateException("a patient has two living keys");
        }
        return found.stream().findFirst();
    }

    @Override
    public List<WrappedKey> find(Connection connection, Collection<Pseudonym> pseudonyms) throws SQLException {
        byte[][] wanted = pseudonyms.stream().map(Pseudonym::toByteArray).toArray(byte[][]::new);
        return select(connection, ROW + "where pseudonym = any (?) and destroyed_at is null", wanted);
    }

    @Override
    public boolean insert(Connection connection, WrappedKey key, byte[] lookup) throws SQLException {
        String sql = """
                insert into ledger.patient_key (pseudonym, lookup, sealed_subject, wrapped, kek_epoch, created_in)
                values (?, ?, ?, ?, ?, ?::text::xid8) on conflict do nothing
                """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, key.pseudonym().toByteArray());
            statement.setBytes(2, lookup);
            statement.setBytes(3, key.sealedSubject());
            statement.setBytes(4, key.wrapped());
            statement.setInt(5, key.epoch());
            statement.setString(6, Long.toUnsignedString(key.createdIn()));
            return statement.executeUpdate() == 1;
        }
    }

    @Override
    public boolean destroy(Connection connection, Pseudonym pseudonym, Instant at) throws SQLException {
        String sql = """
                update ledger.patient_key
                set lookup = null, sealed_subject = null, wrapped = null, kek_epoch = null, created_in = null,
                    destroyed_at = ?
                where pseudonym = ? and destroyed_at is null
                """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, OffsetDateTime.ofInstant(at, ZoneOffset.UTC));
            statement.setBytes(2, pseudonym.toByteArray());
            return statement.executeUpdate() == 1;
        }
    }

    @Override
    public int lockEpoch(Connection connection, int initial) throws SQLException {
        Optional<Integer> epoch = lockedEpoch(connection);
        if (epoch.isPresent()) {
            return epoch.get();
        }
        String sql = "insert into ledger.kek_epoch (epoch) values (?) on conflict do nothing";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, initial);
            statement.executeUpdate();
        }
        return lockedEpoch(connection).orElseThrow(() -> new IllegalStateException("the epoch in use is missing"));
    }

    @Override
    public long transaction(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select pg_current_xact_id()::text");
                ResultSet result = statement.executeQuery()) {
            result.next();
            return Long.parseUnsignedLong(result.getString(1));
        }
    }

    @Override
    public void moveEpoch(Connection connection, int epoch) throws SQLException {
        String sql = "update ledger.kek_epoch set epoch = ? where epoch < ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, epoch);
            statement.setInt(2, epoch);
            statement.executeUpdate();
        }
    }

    @Override
    public List<WrappedKey> lockOfOtherEpochs(Connection connection, int epoch, int limit) throws SQLException {
        String sql = ROW + "where kek_epoch <> ? and destroyed_at is null limit ? for update skip locked";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, epoch);
            statement.setInt(2, limit);
            return rows(statement);
        }
    }

    @Override
    public long countOfOtherEpochs(Connection connection, int epoch) throws SQLException {
        String sql = "select count(*) from ledger.patient_key where kek_epoch <> ? and destroyed_at is null";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, epoch);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    @Override
    public void replace(Connection connection, WrappedKey key, byte[] lookup) throws SQLException {
        String sql = "update ledger.patient_key set lookup = ?, wrapped = ?, kek_epoch = ? where pseudonym = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, lookup);
            statement.setBytes(2, key.wrapped());
            statement.setInt(3, key.epoch());
            statement.setBytes(4, key.pseudonym().toByteArray());
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("a locked patient key is gone");
            }
        }
    }

    private static Optional<Integer> lockedEpoch(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select epoch from ledger.kek_epoch for share");
                ResultSet result = statement.executeQuery()) {
            return result.next() ? Optional.of(result.getInt(1)) : Optional.empty();
        }
    }

    private static List<WrappedKey> select(Connection connection, String sql, byte[][] any) throws SQLException {
        Array array = connection.createArrayOf("bytea", any);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, array);
            return rows(statement);
        } finally {
            array.free();
        }
    }

    private static List<WrappedKey> rows(PreparedStatement statement) throws SQLException {
        List<WrappedKey> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(new WrappedKey(
                        Pseudonym.of(result.getBytes(1)),
                        result.getBytes(2),
                        result.getBytes(3),
                        result.getInt(4),
                        Long.parseUnsignedLong(result.getString(5)),
                        result.getBoolean(6)));
            }
        }
        return rows;
    }
}
