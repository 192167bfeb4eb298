package org.securemed.fhir.integrity;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/**
 * Compares stored versions with the commitments in the ledger. The entry of a version is found by the patient's key
 * alone: its id follows from the version's name and time. Thread-safe.
 */
final class Comparison {
    private final Ledger ledger;
    private final SubjectKeys keys;
    private final OwnerIndex index;
    private final WaitingEntries waiting;

    Comparison(Ledger ledger, SubjectKeys keys, OwnerIndex index, WaitingEntries waiting) {
        this.ledger = ledger;
        this.keys = keys;
        this.index = index;
        this.waiting = waiting;
    }

    /** Whether a row is what was recorded. */
    Verdict verdict(StoredVersionRows.Row row) {
        Verdict verdict = verdict(row.bytes());
        return row.consistent() || verdict.state().isFinding()
                ? verdict
                : new Verdict(verdict.reference(), Verdict.State.ALTERED, verdict.indexes());
    }

    /** Whether these bytes are what was recorded of the version. */
    Verdict verdict(VersionBytes version) {
        return verdict(version, patients(version.resource()));
    }

    /**
     * Whether these bytes are what was recorded of the version, each of these patients having an entry of it.
     *
     * @param patients logical ids; none if it belongs to nobody
     */
    Verdict verdict(VersionBytes version, Set<String> patients) {
        List<Long> indexes = new ArrayList<>();
        Verdict.State worst = Verdict.State.INTACT;
        for (@Nullable String patient : keysOf(patients)) {
            Verdict.State state = keys.committed(patient, version.reference(), version.updated(), version.canonical())
                    .map(expected -> state(expected, indexes))
                    .orElse(Verdict.State.ERASED);
            worst = worse(worst, state);
        }
        return new Verdict(version.reference(), worst, indexes);
    }

    private static Verdict.State worse(Verdict.State one, Verdict.State other) {
        return one.isFinding() || !other.isFinding() && one == Verdict.State.ERASED ? one : other;
    }

    private Verdict.State state(SubjectKeys.Commitment expected, List<Long> indexes) {
        Optional<StoredEntry> entry = ledger.read(expected.entry());
        if (entry.isEmpty()) {
            Optional<Entry> staged = waiting.find(expected.entry());
            if (staged.isPresent()) {
                return expected.commitment().equals(staged.get().resourceCommitment())
                        ? Verdict.State.PENDING
                        : Verdict.State.ALTERED;
            }
            // It may have come in between the two looks.
            entry = ledger.read(expected.entry());
        }
        if (entry.isEmpty()) {
            return Verdict.State.UNRECORDED;
        }
        indexes.add(entry.get().index());
        return expected.commitment().equals(entry.get().entry().resourceCommitment())
                ? Verdict.State.INTACT
                : Verdict.State.ALTERED;
    }

    /** Logical ids of the patients whose keys commit to it; null stands for the system's key. */
    private static Set<@Nullable String> keysOf(Set<String> patients) {
        if (!patients.isEmpty()) {
            return new HashSet<>(patients);
        }
        Set<@Nullable String> system = new HashSet<>();
        system.add(null);
        return system;
    }

    /** Logical ids of the patients to whom a resource belongs. */
    Set<String> patients(String resource) {
        return index.find(resource).map(Ownership::patients).orElse(Set.of());
    }
}
