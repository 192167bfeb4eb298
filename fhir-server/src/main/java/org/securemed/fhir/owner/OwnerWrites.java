package org.securemed.fhir.owner;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The owners of what one database transaction stores. They are written right before it commits, all at once; until then
 * the transaction itself reads them here. What is added while it is committing, as HAPI does with conditional deletes,
 * is written at once. Confined to the transaction's thread.
 */
final class OwnerWrites implements TransactionSynchronization {
    private final OwnerIndex index;
    private final Map<String, Stored> byReference = new TreeMap<>();
    private final Map<Integer, Ownership> byPartition = new LinkedHashMap<>();
    private boolean committing;

    /**
     * What is written of one resource.
     *
     * @param facts null if they stay what they were
     */
    record Stored(Ownership ownership, @Nullable String facts) {}

    private OwnerWrites(OwnerIndex index) {
        this.index = index;
    }

    /** Those of the transaction that is active on this thread, if it has stored anything. */
    static Optional<OwnerWrites> current(OwnerIndex index) {
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            for (TransactionSynchronization known : TransactionSynchronizationManager.getSynchronizations()) {
                if (known instanceof OwnerWrites writes && writes.index == index) {
                    return Optional.of(writes);
                }
            }
        }
        return Optional.empty();
    }

    /** Those of the transaction that is active on this thread. */
    static OwnerWrites begin(OwnerIndex index) {
        return current(index).orElseGet(() -> {
            OwnerWrites writes = new OwnerWrites(index);
            TransactionSynchronizationManager.registerSynchronization(writes);
            return writes;
        });
    }

    void add(String reference, Stored stored) {
        Stored merged = byReference.merge(
                reference,
                stored,
                (before, now) -> new Stored(now.ownership(), now.facts() == null ? before.facts() : now.facts()));
        byPartition.put(stored.ownership().partition(), stored.ownership());
        if (committing) {
            index.write(Map.of(reference, merged));
        }
    }

    Optional<Ownership> find(String reference) {
        return Optional.ofNullable(byReference.get(reference)).map(Stored::ownership);
    }

    Optional<String> facts(String reference) {
        return Optional.ofNullable(byReference.get(reference)).map(Stored::facts);
    }

    Optional<Ownership> of(int partition) {
        return Optional.ofNullable(byPartition.get(partition));
    }

    /** Before the recorder, which looks up the owners of what was written. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void beforeCommit(boolean readOnly) {
        committing = true;
        index.write(byReference);
    }

    @Override
    public void afterCommit() {
        index.forget(byReference);
    }
}
