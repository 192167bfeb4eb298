package org.securemed.ledger.erasure;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.securemed.ledger.entry.Pseudonym;

/**
 * The keys of all patients: found, made, destroyed and re-wrapped. Thread-safe.
 *
 * <p>Every method joins the transaction of the connection it is given, which must be READ COMMITTED. A key made in a
 * transaction that is rolled back is gone; it is kept in memory only after its transaction has committed.
 */
public final class PatientKeys {
    private static final Pattern PATIENT = Pattern.compile("Patient/[A-Za-z0-9\\-.]{1,64}");

    private static final String SYSTEM = "system";

    private final WrappedKeys rows;
    private final KeyEncryptionKeys epochs;
    private final KeyCache cache;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param rows the table
     * @param epochs the key-encryption keys
     * @param clock the time of the cache
     * @param cached how many keys are kept unwrapped in memory
     * @param maxAge how long at most; the time after which an erasure by another instance is in force here
     */
    public PatientKeys(WrappedKeys rows, KeyEncryptionKeys epochs, Clock clock, int cached, Duration maxAge) {
        this.rows = rows;
        this.epochs = epochs;
        this.cache = new KeyCache(cached, maxAge, clock);
    }

    /** Whether {@code subject} is a relative literal reference to a Patient; nobody else gets a key. */
    public static boolean isPatient(String subject) {
        return PATIENT.matcher(subject).matches();
    }

    /**
     * The key of a patient, made if there is none. Of several who make it at the same time all get the same.
     *
     * @param subject {@code Patient/…}
     * @throws KeyEpochException if this instance lacks the key-encryption key in use
     */
    public PatientKey forPatient(Connection connection, String subject) throws SQLException {
        if (!isPatient(subject)) {
            throw new IllegalArgumentException("not a reference to a Patient");
        }
        Optional<PatientKey> cached = cache.get(subject);
        if (cached.isPresent()) {
            return cached.get();
        }
        Optional<PatientKey> found = find(connection, subject);
        return found.isPresent() ? found.get() : make(connection, subject, Pseudonym.random(random));
    }

    /** The key of a patient, if the patient has one and is not erased. */
    public Optional<PatientKey> find(Connection connection, String subject) throws SQLException {
        Optional<PatientKey> cached = cache.get(subject);
        if (cached.isPresent()) {
            return cached;
        }
        return rows.findByLookup(connection, epochs.lookups(subject)).map(this::unwrapAndKeep);
    }

    /** The key of a pseudonym; empty if it was erased or never was. */
    public Optional<PatientKey> find(Connection connection, Pseudonym pseudonym) throws SQLException {
        return Optional.ofNullable(find(connection, Set.of(pseudonym)).get(pseudonym));
    }

    /** The keys of several pseudonyms with one query; the erased and unknown ones are missing. */
    public Map<Pseudonym, PatientKey> find(Connection connection, Collection<Pseudonym> pseudonyms)
            throws SQLException {
        Map<Pseudonym, PatientKey> keys = new HashMap<>();
        for (Pseudonym pseudonym : pseudonyms) {
            cache.get(pseudonym).ifPresent(key -> keys.put(pseudonym, key));
        }
        List<Pseudonym> others =
                pseudonyms.stream().filter(one -> !keys.containsKey(one)).toList();
        if (!others.isEmpty()) {
            for (WrappedKey row : rows.find(connection, others)) {
                keys.put(row.pseudonym(), unwrapAndKeep(row));
            }
        }
        return keys;
    }

    /** The key of entries that concern no patient, with {@link Pseudonym#SYSTEM}. */
    public PatientKey system(Connection connection) throws SQLException {
        Optional<PatientKey> found = find(connection, Pseudonym.SYSTEM);
        return found.isPresent() ? found.get() : make(connection, SYSTEM, Pseudonym.SYSTEM);
    }

    /**
     * Destroys the key of a patient: what was sealed with it can't be read any more, and what it committed to can't be
     * recomputed. Copies of the row in old pages, the write-ahead log and backups die with the epoch's key-encryption
     * key. Erasing a patient takes more: the state of the consents goes too, and the log says so. That is
     * {@link org.securemed.ledger.storage.Erasure}.
     *
     * @param at when; kept in milliseconds
     * @return whether there was a living key
     */
    public boolean erase(Connection connection, Pseudonym pseudonym, Instant at) throws SQLException {
        if (pseudonym.equals(Pseudonym.SYSTEM)) {
            throw new IllegalArgumentException("the system is not a patient");
        }
        cache.evict(pseudonym);
        return rows.destroy(connection, pseudonym, at.truncatedTo(ChronoUnit.MILLIS));
    }

    /** Forgets a key in memory, such as that of a patient whom another instance has erased. */
    public void forget(Pseudonym pseudonym) {
        cache.evict(pseudonym);
    }

    /**
     * Makes the newest epoch that this instance has the one in use. All instances must have its key before. To be
     * committed before {@link #rewrap}.
     */
    public void beginNewestEpoch(Connection connection) throws SQLException {
        rows.lockEpoch(connection, epochs.newestEpoch());
        rows.moveEpoch(connection, epochs.newestEpoch());
    }

    /**
     * Wraps up to {@code limit} keys of older epochs under the one in use. To be called, with a commit after each call,
     * until it returns 0; then the older epochs' keys can be destroyed.
     *
     * @return how many were re-wrapped
     */
    public int rewrap(Connection connection, int limit) throws SQLException {
        KeyEncryptionKeys.Epoch epoch = epochs.epoch(rows.lockEpoch(connection, epochs.newestEpoch()));
        List<WrappedKey> old = rows.lockOfOtherEpochs(connection, epoch.number(), limit);
        for (WrappedKey row : old) {
            byte[] keys = unwrapped(row);
            PatientKey key = opened(row, keys);
            WrappedKey renewed = new WrappedKey(
                    row.pseudonym(),
                    row.sealedSubject(),
                    epoch.wrap(row.pseudonym(), row.createdIn(), keys),
                    epoch.number(),
                    row.createdIn(),
                    row.settled());
            AesGcm.wipe(keys);
            rows.replace(connection, renewed, epoch.lookup(key.subject()));
        }
        return old.size();
    }

    /** How many living keys are wrapped under other epochs than the one in use. */
    public long toRewrap(Connection connection) throws SQLException {
        return rows.countOfOtherEpochs(connection, rows.lockEpoch(connection, epochs.newestEpoch()));
    }

    private PatientKey make(Connection connection, String subject, Pseudonym pseudonym) throws SQLException {
        // The epoch stays locked (shared) until commit: two instances never make a key under different epochs.
        KeyEncryptionKeys.Epoch epoch = epochs.epoch(rows.lockEpoch(connection, epochs.newestEpoch()));
        byte[] keys = PatientKey.newKeyBytes();
        PatientKey key = PatientKey.generate(pseudonym, subject, keys, random);
        long transaction = rows.transaction(connection);
        byte[] wrapped = epoch.wrap(pseudonym, transaction, keys);
        WrappedKey row = new WrappedKey(pseudonym, key.sealedSubject(), wrapped, epoch.number(), transaction, false);
        AesGcm.wipe(keys);
        if (rows.insert(connection, row, epoch.lookup(subject))) {
            return key;
        }
        return rows.findByLookup(connection, epochs.lookups(subject))
                .map(this::unwrapAndKeep)
                .orElseThrow(() -> new IllegalStateException("a patient key was there and is gone"));
    }

    private PatientKey unwrapAndKeep(WrappedKey row) {
        byte[] keys = unwrapped(row);
        PatientKey key = opened(row, keys);
        AesGcm.wipe(keys);
        if (row.settled()) {
            cache.put(key);
        }
        return key;
    }

    private byte[] unwrapped(WrappedKey row) {
        try {
            return epochs.epoch(row.epoch()).unwrap(row);
        } catch (SealException e) {
            throw new KeyCorruptException(row.pseudonym(), e);
        }
    }

    private static PatientKey opened(WrappedKey row, byte[] keys) {
        try {
            return PatientKey.open(row, keys);
        } catch (SealException e) {
            throw new KeyCorruptException(row.pseudonym(), e);
        }
    }
}
