package org.securemed.fhir.integrity;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import jakarta.persistence.PersistenceException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.springframework.core.NestedRuntimeException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Puts a whole resource back as it was recorded: its row, whichever of its versions are gone or altered, its place in
 * the owner index, and its search index with that of what refers to it; and takes away versions that the ledger knows
 * nothing of. Versions come from what is left of them, from what was sent, and from the replica; nothing is put back
 * that is not what the ledger has a commitment to, under the keys of exactly those patients whom it says.
 *
 * <p>The resource comes back in one transaction, and not before its newest version can. It and what refers to it are
 * indexed afterwards in small ones: interrupted, the same call goes on there, and of what refers to each other the last
 * that comes back brings the others into the index.
 */
final class ResourceRestoration {
    private static final int REFERRERS = 50;

    private final Parts parts;
    private final Findings findings;
    private final TransactionTemplate transaction;

    ResourceRestoration(Parts parts, Findings findings, TransactionTemplate transaction) {
        this.parts = parts;
        this.findings = findings;
        this.transaction = transaction;
    }

    /** What it is put together from. */
    record Parts(
            StoredResourceRows resources,
            StoredVersionRows rows,
            Optional<StoredVersionRows> replica,
            RecordedVersions recorded,
            Comparison comparison,
            IntegrityRecorder recorder,
            OwnerIndex index,
            Adoption adoption,
            SearchIndexes indexes) {}

    /** What became of a version. */
    enum State {
        INTACT,
        RESTORED,
        /** The ledger knows nothing of it: it was taken away. */
        REMOVED,
        /** It is gone or altered, and nothing that is recorded was found to put in its place. */
        LOST
    }

    /** What came of it. */
    enum Outcome {
        /** Something was put back or taken away. */
        RESTORED,
        /** All is as it was recorded, or what is not can't be helped. */
        UNCHANGED,
        /** Nothing is recorded of such a resource. */
        UNKNOWN,
        /** There is nothing to take the newest version from. */
        NOT_THERE,
        /** What was offered as the newest version is not what was recorded. */
        NOT_THE_RECORDED,
        /** Something else was stored under the name since. */
        WRITTEN_ANEW,
        /** What is left doesn't say to whom it belongs. */
        OWNERS_UNKNOWN,
        /** What would be taken away is more than its record can keep. */
        TOO_LARGE_TO_REMOVE
    }

    /**
     * An answer.
     *
     * @param patients logical ids of those to whom it belongs
     * @param versions what became of each, by its reference
     * @param referrers how many other resources were indexed again
     * @param unindexed how many could not be, itself among them: they refer to what is not there, or can't be read
     */
    record Result(Outcome outcome, Set<String> patients, Map<String, State> versions, int referrers, int unindexed) {}

    /**
     * Restores a resource.
     *
     * @param sent versions as an older copy of the database has them
     * @param by who asked, for the record
     */
    Result restore(String type, String id, List<VersionBytes> sent, String by) {
        RecordedVersions.Recorded recorded = parts.recorded().of(type, id);
        if (recorded.isEmpty()) {
            return new Result(Outcome.UNKNOWN, Set.of(), Map.of(), 0, 0);
        }
        ResourceRepair repair = new ResourceRepair(parts, type, id, sent, recorded, by);
        Outcome outcome = Objects.requireNonNull(transaction.execute(status -> {
            Outcome done = repair.run();
            if (done != Outcome.RESTORED) {
                status.setRollbackOnly();
            }
            return done;
        }));
        if (outcome != Outcome.RESTORED && outcome != Outcome.UNCHANGED) {
            return new Result(outcome, recorded.patients(), Map.of(), 0, 0);
        }
        if (outcome == Outcome.RESTORED) {
            parts.recorder().seal(repair.staged());
            parts.indexes().forget();
        }
        repair.states().forEach((reference, state) -> {
            if (state != State.LOST) {
                findings.close(reference);
            }
        });
        boolean indexed = !repair.isUnindexed() || isIndexed(new StoredResourceRows.Referrer(repair.key(), type));
        int[] referrers = referrers(type + "/" + id, repair.key());
        return new Result(
                outcome, recorded.patients(), repair.states(), referrers[0], referrers[1] + (indexed ? 0 : 1));
    }

    /** Indexes whatever mentions it and is not linked to it; says of how many it could, and of how many not. */
    private int[] referrers(String reference, long key) {
        int[] count = new int[2];
        long after = -1;
        List<StoredResourceRows.Referrer> batch;
        do {
            batch = parts.resources().unlinked(reference, key, after, REFERRERS);
            for (StoredResourceRows.Referrer referrer : batch) {
                after = referrer.key();
                count[isIndexed(referrer) ? 0 : 1]++;
            }
        } while (batch.size() == REFERRERS);
        return count;
    }

    /** One that somebody has spoilt, or is writing, keeps no other from being found. */
    private boolean isIndexed(StoredResourceRows.Referrer referrer) {
        try {
            return Boolean.TRUE.equals(transaction.execute(status -> {
                boolean indexed = parts.indexes().rebuild(referrer.type(), referrer.key());
                if (!indexed) {
                    status.setRollbackOnly();
                }
                return indexed;
            }));
        } catch (BaseServerResponseException | NestedRuntimeException | PersistenceException e) {
            return false;
        }
    }
}
