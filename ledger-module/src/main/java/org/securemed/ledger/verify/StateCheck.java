package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.erasure.SealException;
import org.securemed.ledger.replay.StateSeal;
import org.securemed.ledger.verify.Rows.KeyRow;
import org.securemed.ledger.verify.Rows.PatientEntryRow;
import org.securemed.ledger.verify.Rows.PatientRow;
import org.securemed.ledger.verify.Rows.Raw;
import org.securemed.ledger.verify.Rows.StateRow;

/**
 * Checks the tables beside the log that only the keys can read: patients' keys, their epoch, and consent states.
 *
 * <p>For each patient: whoever occurs in the log has a key whose columns were all written together, or an entry that
 * says erased and a row that is empty since that time; replaying the transitions leads through the states that the
 * entries are committed to, and ends in the stored state. Transitions that wait in the outbox count, because the state
 * has them already.
 *
 * <p>All sources are read side by side in the order of the pseudonyms, so that memory is that of one patient. One
 * thread.
 */
final class StateCheck {
    static final String TABLE = "consent_state";

    private final StoredLog log;
    private final Findings findings;
    private final KeyCheck keyCheck;
    private final EpochCheck epochCheck;
    private final PendingEntries pending;

    private boolean anyKey;
    private boolean systemKey;

    StateCheck(StoredLog log, KeyEncryptionKeys epochs, PendingEntries pending, Findings findings) {
        this.log = log;
        this.findings = findings;
        this.pending = pending;
        this.keyCheck = new KeyCheck(epochs, findings);
        this.epochCheck = new EpochCheck(log, epochs, findings);
    }

    void run() throws SQLException {
        try (Cursor<PatientRow> patients = log.patients();
                Cursor<PatientEntryRow> entries = log.entriesByPatient(PendingEntries.OPS);
                Cursor<KeyRow> keys = log.patientKeys();
                Cursor<StateRow> states = log.consentStates()) {
            Streams streams = new Streams(patients, entries, keys, states);
            for (byte[] next = next(streams); next != null; next = next(streams)) {
                patient(next, streams);
            }
        }
        epochCheck.run(anyKey);
        if (!systemKey) {
            requireNothingSealedForTheSystem();
        }
    }

    private void patient(byte[] patient, Streams streams) throws SQLException {
        PatientRow occurs = streams.patients.peek();
        if (occurs != null) {
            occurs = same(patient, occurs.patient()) ? streams.patients.take() : null;
        }
        KeyRow keyRow = streams.keys.peek();
        if (keyRow != null) {
            keyRow = same(patient, keyRow.pseudonym()) ? streams.keys.take() : null;
        }
        StateRow stateRow = streams.states.peek();
        if (stateRow != null) {
            stateRow = same(patient, stateRow.subject()) ? streams.states.take() : null;
        }
        Pseudonym pseudonym = patient.length == Pseudonym.LENGTH ? Pseudonym.of(patient) : null;
        List<Entry> staged = pseudonym == null ? null : pending.take(pseudonym);
        boolean isSystem = Pseudonym.SYSTEM.equals(pseudonym);
        anyKey |= keyRow != null;
        systemKey |= keyRow != null && isSystem;

        // Whether the patient is erased is known at the end of the entries: until then nothing is held against anyone.
        Findings provisional = new Findings();
        PatientKey key = keyRow == null ? null : keyCheck.living(keyRow, provisional);
        if (key != null && !isSystem && !PatientKeys.isPatient(key.subject())) {
            findings.add(KeyCheck.TABLE, KeyCheck.row(patient), "sealed_subject", "a Patient", "something else");
            key = null;
        }
        ConsentReplay replay = key == null || isSystem ? null : new ConsentReplay(key, provisional);
        Instant erased = erasure(patient, streams.entries, staged, replay);
        if (erased != null) {
            erased(patient, keyRow, stateRow, erased);
            return;
        }
        ConsentState state = replay == null ? null : replay.finish();
        provisional.kept().forEach(findings::add);
        if (keyRow == null && (occurs != null || staged != null)) {
            String where = occurs != null ? CheckedEntry.row(occurs.firstSeq()) : "an entry in the outbox";
            findings.add(KeyCheck.TABLE, KeyCheck.row(patient), "*", "a row: " + where + " is about them", "none");
        }
        if (stateRow != null && (keyRow == null || isSystem)) {
            findings.add(TABLE, row(patient), "*", "no row: no patient has this pseudonym", "one");
        }
        if (key != null && state != null) {
            compare(patient, stateRow, state, key);
        }
    }

    /** Reads what happened to a patient; the time of the erasure, or null. */
    private static @Nullable Instant erasure(
            byte[] patient,
            Cursor<PatientEntryRow> entries,
            @Nullable List<Entry> staged,
            @Nullable ConsentReplay replay)
            throws SQLException {
        Instant erased = null;
        for (PatientEntryRow row = entries.peek(); row != null && same(patient, row.patient()); row = entries.peek()) {
            entries.take();
            Entry entry = entry(row);
            if (entry == null
                    || entry.patient() == null
                    || !same(patient, entry.patient().toByteArray())) {
                // The body and the columns beside it have been compared, with the entry's place.
                continue;
            }
            erased = take(entry, CheckedEntry.TABLE, CheckedEntry.row(row.seq()), erased, replay);
        }
        if (staged != null) {
            for (Entry entry : staged) {
                erased = take(entry, OutboxCheck.TABLE, "id " + entry.id(), erased, replay);
            }
        }
        return erased;
    }

    private static @Nullable Instant take(
            Entry entry, String table, String row, @Nullable Instant erased, @Nullable ConsentReplay replay) {
        if (entry.op().equals(Op.ERASE)) {
            return erased == null ? entry.time() : erased;
        }
        if (replay != null) {
            replay.add(table, row, entry);
        }
        return erased;
    }

    private void erased(byte[] patient, @Nullable KeyRow keyRow, @Nullable StateRow stateRow, Instant time) {
        if (keyRow == null) {
            findings.add(KeyCheck.TABLE, KeyCheck.row(patient), "*", "an empty row, destroyed at " + time, "none");
        } else {
            keyCheck.erased(keyRow, time);
        }
        if (stateRow != null) {
            findings.add(TABLE, row(patient), "*", "no row: the patient is erased", "one");
        }
    }

    private void compare(byte[] patient, @Nullable StateRow stored, ConsentState state, PatientKey key) {
        String place = row(patient);
        if (stored == null) {
            if (state.version() > 0) {
                findings.add(TABLE, place, "*", "version " + state.version(), "no row");
            }
            return;
        }
        findings.compare(TABLE, place, "version", state.version(), stored.version());
        findings.compare(TABLE, place, "state_hash", Raw.of(state.stateHash()), stored.hash());
        try {
            byte[] opened = StateSeal.open(key, state.version(), stored.sealed());
            if (!Arrays.equals(opened, state.canonicalBytes())) {
                findings.add(TABLE, place, "sealed_state", "what the transitions lead to", "another state");
            }
        } catch (SealException e) {
            findings.add(
                    TABLE,
                    place,
                    "sealed_state",
                    "the sealed state of version " + state.version(),
                    String.valueOf(e.getMessage()));
        }
    }

    /** Entries about no patient are sealed with the system's key, which is like a patient's. */
    private void requireNothingSealedForTheSystem() throws SQLException {
        try (Cursor<PatientEntryRow> rows = log.entriesOfTheSystem()) {
            for (PatientEntryRow row = rows.take(); row != null; row = rows.take()) {
                Entry entry = entry(row);
                if (entry != null && entry.patient() == null && entry.sealed() != null) {
                    findings.add(
                            KeyCheck.TABLE,
                            KeyCheck.row(Pseudonym.SYSTEM.toByteArray()),
                            "*",
                            "a row: %s is sealed with its key".formatted(CheckedEntry.row(row.seq())),
                            "none");
                    return;
                }
            }
        }
    }

    private byte @Nullable [] next(Streams streams) {
        PatientRow occurs = streams.patients.peek();
        KeyRow key = streams.keys.peek();
        StateRow state = streams.states.peek();
        Pseudonym staged = pending.first();
        byte[] next = occurs == null ? null : occurs.patient();
        next = key == null ? next : first(next, key.pseudonym());
        next = state == null ? next : first(next, state.subject());
        return staged == null ? next : first(next, staged.toByteArray());
    }

    private static byte[] first(byte @Nullable [] one, byte[] other) {
        return one == null || Arrays.compareUnsigned(other, one) < 0 ? other : one;
    }

    private static boolean same(byte[] one, byte[] other) {
        return Arrays.equals(one, other);
    }

    private static @Nullable Entry entry(PatientEntryRow row) {
        try {
            return Entry.parse(row.body());
        } catch (EntryException e) {
            // Said already, with the entry's place.
            return null;
        }
    }

    private static String row(byte[] subject) {
        return "subject " + Raw.of(subject);
    }

    private record Streams(
            Cursor<PatientRow> patients,
            Cursor<PatientEntryRow> entries,
            Cursor<KeyRow> keys,
            Cursor<StateRow> states) {}
}
