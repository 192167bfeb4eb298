package org.securemed.ledger.erasure;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.securemed.ledger.entry.Pseudonym;

/** The table of patient keys. Every method works in the transaction of the connection it is given. */
public interface WrappedKeys {
    /** The living row found by one of {@code lookups}. */
    Optional<WrappedKey> findByLookup(Connection connection, List<byte[]> lookups) throws SQLException;

    /** The living rows of {@code pseudonyms}, in any order. */
    List<WrappedKey> find(Connection connection, Collection<Pseudonym> pseudonyms) throws SQLException;

    /** Inserts a row; false if a row with this pseudonym or lookup is there already. */
    boolean insert(Connection connection, WrappedKey key, byte[] lookup) throws SQLException;

    /** Empties a living row, leaving pseudonym and time; false if there is none. */
    boolean destroy(Connection connection, Pseudonym pseudonym, Instant at) throws SQLException;

    /**
     * The epoch in use, which can't change before the transaction ends; {@code initial} becomes it if there is none.
     */
    int lockEpoch(Connection connection, int initial) throws SQLException;

    /** Number of the connection's transaction. */
    long transaction(Connection connection) throws SQLException;

    /** Moves the epoch in use forward to {@code epoch}; waits for transactions that hold it. */
    void moveEpoch(Connection connection, int epoch) throws SQLException;

    /** Locks up to {@code limit} living rows of other epochs than {@code epoch}, those that nobody else has locked. */
    List<WrappedKey> lockOfOtherEpochs(Connection connection, int epoch, int limit) throws SQLException;

    /** Number of living rows of other epochs than {@code epoch}. */
    long countOfOtherEpochs(Connection connection, int epoch) throws SQLException;

    /** Replaces wrapping, epoch and lookup of a row that is locked. */
    void replace(Connection connection, WrappedKey key, byte[] lookup) throws SQLException;
}
