package org.securemed.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.storage.ConsentStateStore;
import org.securemed.ledger.storage.Erasure;
import org.securemed.ledger.storage.PatientKeyStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** A log with patients' keys and consents, written as a server writes them. */
public final class ConsentLog implements AutoCloseable {
    public static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    public final LogFixture fixture = new LogFixture();
    public final Ledger ledger = fixture.open();
    public PatientKeys keys;
    public ConsentStateStore states;

    public ConsentLog(KeyEncryptionKeys epochs) {
        keys = keys(epochs);
        states = new ConsentStateStore(keys);
    }

    /** Goes on with these keys, as after a restart. */
    public void use(KeyEncryptionKeys epochs) {
        keys = keys(epochs);
        states = new ConsentStateStore(keys);
    }

    /** The keys as another instance sees them, with nothing in memory. */
    public static PatientKeys keys(KeyEncryptionKeys epochs) {
        return new PatientKeys(new PatientKeyStore(), epochs, Clock.systemUTC(), 100, Duration.ofHours(1));
    }

    /** A transaction of its own. */
    public <T> T commit(Work<T> work) {
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            T result = work.in(connection);
            connection.commit();
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public PatientKey key(String patient) {
        return commit(connection -> keys.forPatient(connection, patient));
    }

    /** Applies and stages a transition that is not in the log yet. */
    public Entry stage(Transition transition) {
        return commit(connection -> {
            PatientKey key = keys.forPatient(connection, transition.subject());
            TransitionResult.Applied applied = applied(states.apply(connection, key.pseudonym(), transition));
            Instant now = Instant.now();
            return staged(
                    connection,
                    RecordedTransition.entry(EntryIds.next(now), now, "server-1", key, transition, applied.state()));
        });
    }

    public Entry stage(SignedTransition signed) {
        return commit(connection -> {
            PatientKey key = keys.forPatient(connection, signed.transition().subject());
            TransitionResult.Applied applied = applied(states.apply(connection, key.pseudonym(), signed));
            Instant now = Instant.now();
            return staged(
                    connection,
                    RecordedTransition.entry(EntryIds.next(now), now, "server-1", key, signed, applied.state()));
        });
    }

    public void seal(Entry entry) throws Exception {
        ledger.seal(List.of(entry)).get(10, TimeUnit.SECONDS);
    }

    public void record(Transition transition) throws Exception {
        seal(stage(transition));
    }

    /** A read whose details are sealed with the key of the patient, or the system's. */
    public Entry read(PatientKey key, boolean ofPatient) throws Exception {
        Instant now = Instant.now();
        UUID id = EntryIds.next(now);
        Entry entry = Entry.builder(id, now, "server-1", Op.READ)
                .patient(ofPatient ? key.pseudonym() : null)
                .sealed(Bytes.of(key.seal(id.toString(), new byte[] {1, 2, 3})))
                .build();
        LogFixture.append(ledger, entry);
        return entry;
    }

    public Erasure erasure() {
        return new Erasure(keys, states, ledger, "server-1", Clock.systemUTC());
    }

    /** Erases, and leaves the entry in the outbox. */
    public Optional<Entry> erase(PatientKey key) {
        return commit(connection -> erasure().erase(connection, key.pseudonym(), "administrator"));
    }

    public Report verify(KeyEncryptionKeys epochs) throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            return new Verifier(fixture.logKey.verifyKey()).opening(epochs).verify(connection);
        }
    }

    public static Transition grant(String patient, String consent, long version) {
        return new Transition.Grant(
                UUID.randomUUID().toString(),
                patient,
                Author.patient(patient, "session"),
                NOW.plus(version, ChronoUnit.MINUTES),
                consent,
                version,
                "",
                Provision.permit().actor("Practitioner/" + consent).build());
    }

    public static Transition revoke(String patient, String consent, long version) {
        return new Transition.Revoke(
                UUID.randomUUID().toString(), patient, Author.patient(patient, "session"), NOW, consent, version);
    }

    @Override
    public void close() {
        ledger.close();
        fixture.close();
    }

    private Entry staged(Connection connection, Entry.Builder builder) {
        Entry entry = builder.actor("app").build();
        ledger.stage(connection, List.of(entry));
        return entry;
    }

    private static TransitionResult.Applied applied(TransitionResult result) {
        return result.fold(applied -> applied, refused -> {
            throw new IllegalStateException(refused.text());
        });
    }

    /** What is done in a transaction. */
    public interface Work<T> {
        T in(Connection connection) throws SQLException;
    }
}
