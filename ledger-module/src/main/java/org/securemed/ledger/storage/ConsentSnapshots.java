package org.securemed.ledger.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.replay.LastTransition;
import org.securemed.ledger.replay.ReplayException;

/**
 * Snapshots of all consents, stated in the log: made from its entries, and compared with the stored states when these
 * are loaded, so that a state of yesterday that was put back decides nothing. Thread-safe.
 *
 * <p>Connections are in a transaction of isolation REPEATABLE READ, which sees the log and the states of one moment.
 */
public final class ConsentSnapshots {
    private static final int FETCH = 512;
    private static final int PAGE = 1_000;

    private final ConsentStateStore states;
    private final String origin;

    /** @param origin of the log */
    public ConsentSnapshots(ConsentStateStore states, String origin) {
        this.states = states;
        this.origin = origin;
    }

    /** Where the consents stand by the entries that are in the log now. Reads every transition. */
    public ConsentSnapshot take(Connection connection) throws SQLException {
        long size = size(connection);
        ConsentSnapshot.Builder snapshot = new ConsentSnapshot.Builder(origin, size);
        String sql = "select p, body from ledger.ledger_entry where log = 1 and p is not null and op = any(?)"
                + " and seq < ? order by p, seq";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, ops(connection));
            statement.setLong(2, size);
            statement.setFetchSize(FETCH);
            try (ResultSet rows = statement.executeQuery()) {
                Pseudonym patient = null;
                LastTransition last = new LastTransition();
                while (rows.next()) {
                    Pseudonym next = Pseudonym.of(rows.getBytes(1));
                    if (patient != null && !patient.equals(next)) {
                        last.addTo(snapshot, patient);
                        last = new LastTransition();
                    }
                    patient = next;
                    last.add(entry(rows.getBytes(2)));
                }
                if (patient != null) {
                    last.addTo(snapshot, patient);
                }
            }
        }
        return snapshot.build();
    }

    /** The newest snapshot that the log states; empty if there is none. */
    public Optional<ConsentSnapshot> newest(Connection connection) throws SQLException {
        String sql = "select body from ledger.ledger_entry where log = 1 and op = ? order by seq desc limit 1";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, Op.CONSENT_SNAPSHOT.code());
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(
                                ConsentSnapshot.parse(entry(row.getBytes(1)).statement()))
                        : Optional.empty();
            }
        } catch (ReplayException e) {
            throw new ConsentSnapshotException("the log's newest snapshot of consents is none");
        }
    }

    /**
     * What came into the log since somebody looked.
     *
     * @param patients whose consents it changes
     * @param size of the log; the index from which to look the next time
     */
    public record News(Set<Pseudonym> patients, long size) {
        public News {
            patients = Set.copyOf(patients);
        }
    }

    /** Whom the transitions and erasures are about that came into the log from index {@code from} on. */
    public News since(Connection connection, long from) throws SQLException {
        long size = size(connection);
        Set<Pseudonym> patients = new HashSet<>();
        if (size > from) {
            String sql = "select distinct p from ledger.ledger_entry"
                    + " where log = 1 and seq >= ? and op = any(?) and p is not null";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setLong(1, from);
                statement.setArray(2, ops(connection));
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        patients.add(Pseudonym.of(rows.getBytes(1)));
                    }
                }
            }
        }
        return new News(patients, size);
    }

    /** How many transitions and erasures came into the log from index {@code from} on. */
    public long changesSince(Connection connection, long from) throws SQLException {
        String sql = "select count(*) from ledger.ledger_entry where log = 1 and seq >= ? and op = any(?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, from);
            statement.setArray(2, ops(connection));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Hands every stored state to {@code each} as {@link ConsentStateStore#loadAll} does, and compares them with the
     * newest snapshot and the transitions since.
     *
     * @return how many states were handed over; nothing may be decided by them if this throws
     * @throws ConsentSnapshotException if they are not what the log says
     */
    public long loadAll(Connection connection, BiConsumer<Pseudonym, ConsentState> each) throws SQLException {
        Optional<ConsentSnapshot> stated = newest(connection);
        if (stated.isEmpty()) {
            return states.loadAll(connection, each);
        }
        long size = stated.get().size();
        Map<Pseudonym, Changed> changed = changedSince(connection, size);
        TreeMap<Pseudonym, Changed> left = new TreeMap<>(changed);
        ConsentSnapshot.Builder found = new ConsentSnapshot.Builder(origin, size);
        long count = states.loadAll(connection, (key, state, hash) -> {
            Pseudonym patient = key.pseudonym();
            while (!left.isEmpty() && left.firstKey().compareTo(patient) < 0) {
                left.firstEntry()
                        .getValue()
                        .before
                        .addTo(found, left.pollFirstEntry().getKey());
            }
            Changed since = left.remove(patient);
            if (since != null) {
                since.before.addTo(found, patient);
                if (state.version() != since.now.version()) {
                    throw new ConsentSnapshotException("a patient's consents are of version %d, in the log of %d"
                            .formatted(state.version(), since.now.version()));
                }
            } else if (state.version() > 0) {
                found.add(patient, state.version(), Bytes.of(key.commitment(hash)));
            }
            each.accept(patient, state);
        });
        left.forEach((patient, since) -> {
            since.before.addTo(found, patient);
            if (!since.now.isErased()) {
                throw new ConsentSnapshotException("a patient's consents are missing");
            }
        });
        if (!found.build().equals(stated.get())) {
            throw new ConsentSnapshotException("%d patients' consents are not those of the snapshot at %d entries"
                    .formatted(found.build().patients(), size));
        }
        return count;
    }

    /** Patients whose consents changed behind the snapshot, in the log or on the way there. */
    private static Map<Pseudonym, Changed> changedSince(Connection connection, long size) throws SQLException {
        Map<Pseudonym, Changed> changed = new TreeMap<>();
        String inLog = "select body from ledger.ledger_entry where log = 1 and seq >= ? and op = any(?) order by seq";
        try (PreparedStatement statement = connection.prepareStatement(inLog)) {
            statement.setLong(1, size);
            statement.setArray(2, ops(connection));
            take(statement, changed);
        }
        try (PreparedStatement statement = connection.prepareStatement("select body from ledger.ledger_outbox")) {
            take(statement, changed);
        }
        List<Pseudonym> patients = List.copyOf(changed.keySet());
        for (int from = 0; from < patients.size(); from += PAGE) {
            before(connection, size, patients.subList(from, Math.min(patients.size(), from + PAGE)), changed);
        }
        return changed;
    }

    /** What the entries below the snapshot's size say of these patients. */
    private static void before(
            Connection connection, long size, List<Pseudonym> patients, Map<Pseudonym, Changed> changed)
            throws SQLException {
        String sql = "select p, body from ledger.ledger_entry where log = 1 and p = any(?) and op = any(?)"
                + " and seq < ? order by p, seq";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bytea",
                            patients.stream().map(Pseudonym::toByteArray).toArray(byte[][]::new)));
            statement.setArray(2, ops(connection));
            statement.setLong(3, size);
            statement.setFetchSize(FETCH);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    Changed one = changed.get(Pseudonym.of(rows.getBytes(1)));
                    if (one != null) {
                        one.before.add(entry(rows.getBytes(2)));
                    }
                }
            }
        }
    }

    private static void take(PreparedStatement statement, Map<Pseudonym, Changed> changed) throws SQLException {
        statement.setFetchSize(FETCH);
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Entry entry = entry(rows.getBytes(1));
                Pseudonym patient = entry.patient();
                if (patient != null && LastTransition.relevantOps().contains(entry.op())) {
                    changed.computeIfAbsent(patient, one -> new Changed(new LastTransition(), new LastTransition()))
                            .now
                            .add(entry);
                }
            }
        }
    }

    private static long size(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("select size from ledger.ledger_head where log = 1");
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static java.sql.Array ops(Connection connection) throws SQLException {
        return connection.createArrayOf(
                "text", LastTransition.relevantOps().stream().map(Op::code).toArray());
    }

    private static Entry entry(byte[] body) {
        try {
            return Entry.parse(body);
        } catch (EntryException e) {
            throw new ConsentSnapshotException("an entry about a patient's consents does not read as one");
        }
    }

    /**
     * @param before what the entries below the snapshot's size say
     * @param now what those behind it say
     */
    private record Changed(LastTransition before, LastTransition now) {}
}
