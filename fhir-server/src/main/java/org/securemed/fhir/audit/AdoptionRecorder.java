package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.AdoptedVersions;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Ledger;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Commits to what was stored before the ledger knew of it, as it is when it is taken in. What the ledger knows already
 * stays as it was recorded. Thread-safe.
 */
public final class AdoptionRecorder implements AdoptedVersions {
    /** A version was found and taken in. */
    public static final Op ADOPT = new Op("adopt");

    private final EntryFactory entries;
    private final LedgerGateway gateway;
    private final Ledger ledger;
    private final SubjectKeys keys;

    AdoptionRecorder(EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys) {
        this.entries = entries;
        this.gateway = gateway;
        this.ledger = ledger;
        this.keys = keys;
    }

    @Override
    public void adopted(VersionBytes version, Set<String> patients) {
        Set<@Nullable String> owners = new HashSet<>(patients);
        if (owners.isEmpty()) {
            owners.add(null);
        }
        List<Entry> made = new ArrayList<>();
        for (@Nullable String patient : owners) {
            SubjectKeys.Commitment commitment =
                    keys.commit(patient, version.reference(), version.updated(), version.canonical());
            if (ledger.read(commitment.entry()).isEmpty()) {
                made.add(entries.adopted(ADOPT, patient, version, commitment));
            }
        }
        if (!made.isEmpty()) {
            gateway.stage(made);
            ofTransaction().staged.addAll(made);
        }
    }

    private Adopted ofTransaction() {
        for (TransactionSynchronization known : TransactionSynchronizationManager.getSynchronizations()) {
            if (known instanceof Adopted adopted) {
                return adopted;
            }
        }
        Adopted adopted = new Adopted(gateway);
        TransactionSynchronizationManager.registerSynchronization(adopted);
        return adopted;
    }

    /** What one transaction took in; in the log before the next one begins. */
    private static final class Adopted implements TransactionSynchronization {
        private final LedgerGateway gateway;
        private final List<Entry> staged = new ArrayList<>();

        Adopted(LedgerGateway gateway) {
            this.gateway = gateway;
        }

        @Override
        public void afterCommit() {
            gateway.seal(staged);
        }
    }
}
