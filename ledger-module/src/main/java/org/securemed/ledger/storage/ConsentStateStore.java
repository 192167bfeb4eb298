package org.securemed.ledger.storage;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.erasure.SealException;
import org.securemed.ledger.replay.StateSeal;

/**
 * The table {@code ledger.consent_state} of PostgreSQL: each patient's state, sealed with the patient's key.
 * Thread-safe.
 *
 * <p>Every method joins the transaction of the connection it is given. What {@link #apply} returns is true only once
 * that transaction has committed: a cache takes it then, not before.
 */
public final class ConsentStateStore {
    private static final int PAGE = 1000;

    private final PatientKeys keys;

    /** @param keys opens and seals the states */
    public ConsentStateStore(PatientKeys keys) {
        this.keys = keys;
    }

    /**
     * Applies a transition under the patient's row lock, which is held until the transaction ends.
     *
     * @param subject the patient's pseudonym
     * @return the outcome; a refused transition has changed nothing
     * @throws ConsentStateCorruptException if the stored state does not open or is not what was stored
     * @throws IllegalStateException if the patient is erased or unknown
     */
    public TransitionResult apply(Connection connection, Pseudonym subject, Transition transition) throws SQLException {
        return apply(connection, subject, state -> ConsentContract.apply(state, transition));
    }

    /** As {@link #apply(Connection, Pseudonym, Transition)}, for a transition signed by its author. */
    public TransitionResult apply(Connection connection, Pseudonym subject, SignedTransition transition)
            throws SQLException {
        return apply(connection, subject, state -> ConsentContract.apply(state, transition));
    }

    /** The state of a patient; the initial one if nothing was ever said; empty if the patient is erased or unknown. */
    public Optional<ConsentState> load(Connection connection, Pseudonym subject) throws SQLException {
        Optional<PatientKey> key = keys.find(connection, subject);
        if (key.isEmpty()) {
            return Optional.empty();
        }
        Optional<Row> row = select(connection, subject, "");
        return Optional.of(
                row.isPresent()
                        ? open(key.get(), row.get())
                        : ConsentState.initial(key.get().subject()));
    }

    /** The state of a patient if its version is higher than {@code known}; costs one index look-up if it is not. */
    public Optional<ConsentState> loadIfNewer(Connection connection, Pseudonym subject, long known)
            throws SQLException {
        return version(connection, subject) > known ? load(connection, subject) : Optional.empty();
    }

    /** Version of the stored state, 0 if there is none. */
    public long version(Connection connection, Pseudonym subject) throws SQLException {
        String sql = "select version from ledger.consent_state where subject = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, subject.toByteArray());
            try (ResultSet result = statement.executeQuery()) {
                return result.next() ? result.getLong(1) : 0;
            }
        }
    }

    /**
     * Hands every stored state to {@code each}, in the order of the pseudonyms; states of erased patients are left out.
     * Reads page by page: a state that changes meanwhile may be seen before or after.
     *
     * @return how many states were handed over
     */
    public long loadAll(Connection connection, BiConsumer<Pseudonym, ConsentState> each) throws SQLException {
        return loadAll(connection, (key, state, hash) -> each.accept(key.pseudonym(), state));
    }

    /** The same, with what else is known of each. */
    long loadAll(Connection connection, Each each) throws SQLException {
        long count = 0;
        List<Row> page = page(connection, null);
        while (!page.isEmpty()) {
            Map<Pseudonym, PatientKey> found =
                    keys.find(connection, page.stream().map(Row::subject).toList());
            for (Row row : page) {
                PatientKey key = found.get(row.subject());
                if (key != null) {
                    each.take(key, open(key, row), row.hash());
                    count++;
                }
            }
            page = page(connection, page.get(page.size() - 1).subject());
        }
        return count;
    }

    /** Deletes the state of a patient who is being erased; false if there was none. */
    public boolean delete(Connection connection, Pseudonym subject) throws SQLException {
        String sql = "delete from ledger.consent_state where subject = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, subject.toByteArray());
            return statement.executeUpdate() == 1;
        }
    }

    private TransitionResult apply(
            Connection connection, Pseudonym subject, Function<ConsentState, TransitionResult> transition)
            throws SQLException {
        PatientKey key = keys.find(connection, subject)
                .orElseThrow(() -> new IllegalStateException("the patient is erased or unknown"));
        ConsentState state = lock(connection, key);
        TransitionResult result = transition.apply(state);
        if (result instanceof TransitionResult.Applied applied) {
            update(connection, key, applied.state());
        }
        return result;
    }

    private static ConsentState lock(Connection connection, PatientKey key) throws SQLException {
        Optional<Row> row = select(connection, key.pseudonym(), " for update");
        if (row.isEmpty()) {
            insert(connection, key, ConsentState.initial(key.subject()));
            row = select(connection, key.pseudonym(), " for update");
        }
        return open(key, row.orElseThrow(() -> new IllegalStateException("the patient has been erased")));
    }

    /** For the living only: the key in hand may come from a cache that an erasure has not reached yet. */
    private static void insert(Connection connection, PatientKey key, ConsentState state) throws SQLException {
        String sql = """
                insert into ledger.consent_state (version, state_hash, sealed_state, subject)
                select ?, ?, ?, pseudonym from ledger.patient_key
                where pseudonym = ? and destroyed_at is null for share
                on conflict do nothing
                """;
        write(connection, sql, key, state);
    }

    private static void update(Connection connection, PatientKey key, ConsentState state) throws SQLException {
        String sql = "update ledger.consent_state set version = ?, state_hash = ?, sealed_state = ? where subject = ?";
        if (write(connection, sql, key, state) != 1) {
            throw new IllegalStateException("a locked consent state is gone");
        }
    }

    private static int write(Connection connection, String sql, PatientKey key, ConsentState state)
            throws SQLException {
        byte[] bytes = state.canonicalBytes();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, state.version());
            statement.setBytes(2, sha256(bytes));
            statement.setBytes(3, StateSeal.seal(key, state.version(), bytes));
            statement.setBytes(4, key.pseudonym().toByteArray());
            return statement.executeUpdate();
        }
    }

    private static Optional<Row> select(Connection connection, Pseudonym subject, String lock) throws SQLException {
        String sql = "select subject, version, state_hash, sealed_state from ledger.consent_state where subject = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql + lock)) {
            statement.setBytes(1, subject.toByteArray());
            return rows(statement).stream().findFirst();
        }
    }

    private static List<Row> page(Connection connection, @Nullable Pseudonym after) throws SQLException {
        String sql = """
                select subject, version, state_hash, sealed_state from ledger.consent_state
                where subject > ? order by subject limit ?
                """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, after == null ? new byte[0] : after.toByteArray());
            statement.setInt(2, PAGE);
            return rows(statement);
        }
    }

    private static List<Row> rows(PreparedStatement statement) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(new Row(
                        Pseudonym.of(result.getBytes(1)), result.getLong(2), result.getBytes(3), result.getBytes(4)));
            }
        }
        return rows;
    }

    /** The seal authenticates the bytes and binds them to patient and version; the hash column must say the same. */
    private static ConsentState open(PatientKey key, Row row) {
        try {
            byte[] bytes = StateSeal.open(key, row.version, row.sealed);
            ConsentState state = ConsentState.restore(bytes);
            boolean asStored = state.version() == row.version
                    && state.subject().equals(key.subject())
                    && MessageDigest.isEqual(sha256(bytes), row.hash);
            if (!asStored) {
                throw new ConsentStateCorruptException(row.subject, row.version, null);
            }
            return state;
        } catch (SealException | TransitionException e) {
            throw new ConsentStateCorruptException(row.subject, row.version, e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Takes one patient's state. */
    @FunctionalInterface
    interface Each {
        /** @param hash of the state */
        void take(PatientKey key, ConsentState state, byte[] hash);
    }

    /** A row as it is stored; the arrays are its own. */
    private record Row(Pseudonym subject, long version, byte[] hash, byte[] sealed) {}
}
