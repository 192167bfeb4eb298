package org.securemed.ledger.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.Ledger;

/**
 * Erases patients from the ledger: the key and the consent state go, the entry that says so is staged, all in the
 * caller's transaction. Every hash, proof and signature stays valid; what was sealed is noise. Thread-safe.
 */
public final class Erasure {
    private final PatientKeys keys;
    private final ConsentStateStore states;
    private final Ledger ledger;
    private final String instance;
    private final Clock clock;

    /**
     * @param ledger where the erasure is recorded
     * @param instance name of this server instance
     */
    public Erasure(PatientKeys keys, ConsentStateStore states, Ledger ledger, String instance, Clock clock) {
        this.keys = keys;
        this.states = states;
        this.ledger = ledger;
        this.instance = instance;
        this.clock = clock;
    }

    /**
     * Erases a patient when the transaction commits. After that, {@link Ledger#seal seal} the entry and
     * {@link PatientKeys#forget forget} the key, which a reader may have taken into memory meanwhile.
     *
     * @param connection READ COMMITTED, not in autocommit mode
     * @param actor pseudonym or client id of who orders it
     * @return the entry, staged; empty if the patient is erased already or was never known
     * @throws IllegalArgumentException for {@link Pseudonym#SYSTEM}, which is not a patient
     */
    public Optional<Entry> erase(Connection connection, Pseudonym patient, String actor) throws SQLException {
        Instant now = clock.instant();
        // The key first: its row is what a transition that makes a first consent state waits for.
        if (!keys.erase(connection, patient, now)) {
            return Optional.empty();
        }
        states.delete(connection, patient);
        Entry entry = Entry.builder(EntryIds.next(now), now, instance, Op.ERASE)
                .actor(actor)
                .patient(patient)
                .outcome(0)
                .build();
        ledger.stage(connection, List.of(entry));
        return Optional.of(entry);
    }
}
