package org.securemed.fhir.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentSnapshotException;
import org.securemed.ledger.storage.ConsentSnapshots;
import org.securemed.ledger.storage.ConsentSnapshots.News;
import org.securemed.ledger.storage.ConsentStateStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The patients' consent states in memory, and for each possible requester the patients who name them. A decision reads
 * these; whether the state was still current is checked by the block that records the decision. Thread-safe.
 */
public final class ConsentStates {
    private static final Logger log = LoggerFactory.getLogger(ConsentStates.class);

    private final ConsentStateStore store;
    private final ConsentSnapshots snapshots;
    private final SubjectKeys keys;
    private final DataSource dataSource;
    private final Object following = new Object();
    /** Index of the first entry of the log that was not followed; of whoever holds {@code following}, once loaded. */
    private volatile long followed;

    private final Map<Pseudonym, ConsentState> states = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> patientsByKey = new ConcurrentHashMap<>();

    ConsentStates(ConsentStateStore store, ConsentSnapshots snapshots, SubjectKeys keys, DataSource dataSource) {
        this.store = store;
        this.snapshots = snapshots;
        this.keys = keys;
        this.dataSource = dataSource;
    }

    /**
     * Reads all states; to be done before the first request is answered.
     *
     * @throws ConsentSnapshotException if they are not what the log says: then nothing may be answered
     */
    void load() {
        long loaded = with(connection -> {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try {
                followed = snapshots.since(connection, Long.MAX_VALUE).size();
                return snapshots.loadAll(connection, this::put);
            } finally {
                connection.rollback();
            }
        });
        log.atInfo().addKeyValue("patients", loaded).log("consent states loaded");
    }

    /**
     * Reads anew whatever the log says has changed since this was last asked, at whichever instance. A decision that
     * rests on a state of before is refused by the block that records it; a permit that came meanwhile would never be
     * found without this.
     */
    void follow() {
        synchronized (following) {
            News news = with(connection -> snapshots.since(connection, followed));
            news.patients().forEach(this::refresh);
            followed = news.size();
        }
    }

    /** The patient in the ledger. */
    Pseudonym subject(String patientId) {
        return keys.subject(patientId);
    }

    /** The state of a patient of this server, as far as this instance knows it. */
    ConsentState of(String patientId) {
        ConsentState state = states.get(keys.subject(patientId));
        return state == null ? ConsentState.initial("Patient/" + patientId) : state;
    }

    /** Logical ids of the patients who name any of these keys ({@link ConsentContract#grantees}). */
    Set<String> patientsNaming(Set<String> grantees) {
        return patientsNaming(grantees, patient -> true, Integer.MAX_VALUE);
    }

    /**
     * Logical ids of those of them whom {@code counts} admits.
     *
     * @param most so many, and one more if there are more: an organization may be named by very many
     */
    Set<String> patientsNaming(Set<String> grantees, Predicate<String> counts, int most) {
        Set<String> patients = new HashSet<>();
        for (String grantee : grantees) {
            for (String patient : patientsByKey.getOrDefault(grantee, Set.of())) {
                if (!patients.contains(patient) && counts.test(patient)) {
                    patients.add(patient);
                    if (patients.size() > most) {
                        return patients;
                    }
                }
            }
        }
        return patients;
    }

    /** Whether more than {@code few} patients, counted once for each key, name any of these keys. */
    boolean namingMoreThan(Set<String> grantees, int few) {
        int naming = 0;
        for (String grantee : grantees) {
            naming += patientsByKey.getOrDefault(grantee, Set.of()).size();
        }
        return naming > few;
    }

    /** Patients with an active Consent whose period is over, as far as this instance knows; at most {@code limit}. */
    List<Pseudonym> withPeriodsOver(Instant now, int limit) {
        return states.entrySet().stream()
                .filter(known -> over(known.getValue(), now).findAny().isPresent())
                .limit(limit)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The active Consents of a state whose period is over. */
    static Stream<ConsentRecord> over(ConsentState state, Instant now) {
        return state.active().stream()
                .filter(consent -> consent.activeProvision()
                        .filter(provision -> !provision.period().until().isAfter(now))
                        .isPresent());
    }

    /** Reads a patient's state anew if another instance has changed it. */
    public void refresh(Pseudonym subject) {
        ConsentState known = states.get(subject);
        long version = known == null ? 0 : known.version();
        Optional<ConsentState> newer = with(connection -> store.loadIfNewer(connection, subject, version));
        newer.ifPresent(state -> put(subject, state));
    }

    /** Takes a state that a committed transaction has written. */
    synchronized void put(Pseudonym subject, ConsentState state) {
        ConsentState before = states.get(subject);
        if (before != null && before.version() >= state.version()) {
            return;
        }
        String patient = state.subject().substring("Patient/".length());
        Set<String> now = ConsentContract.grantees(state);
        if (before != null) {
            for (String grantee : ConsentContract.grantees(before)) {
                if (!now.contains(grantee)) {
                    patientsByKey.getOrDefault(grantee, Set.of()).remove(patient);
                }
            }
        }
        for (String grantee : now) {
            patientsByKey
                    .computeIfAbsent(grantee, key -> ConcurrentHashMap.newKeySet())
                    .add(patient);
        }
        states.put(subject, state);
    }

    private <T> T with(Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("the consent states cannot be read", e);
        }
    }

    private interface Work<T> {
        T run(Connection connection) throws SQLException;
    }
}
