package org.securemed.fhir.integrity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Puts a whole resource back as it was recorded: its row, whichever of its versions are gone or altered, its place in
 * the owner index, and its search index with that of what refers to it. Versions come from what is left of them, from
 * what was sent, and from the replica; nothing is put back that is not what the ledger has a commitment to, under the
 * keys of exactly those patients whom it says.
 *
 * <p>The resource comes back in one transaction, and not before its newest version can. What refers to it is indexed
 * afterwards in small ones: interrupted, the same call goes on there.
 */
final class ResourceRestoration {
    private static final int REFERRERS = 50;

    private final StoredResourceRows resources;
    private final StoredVersionRows rows;
    private final Optional<StoredVersionRows> replica;
    private final RecordedVersions recordedVersions;
    private final Comparison comparison;
    private final Findings findings;
    private final IntegrityRecorder recorder;
    private final OwnerIndex index;
    private final Adoption adoption;
    private final SearchIndexes indexes;
    private final TransactionTemplate transaction;

    ResourceRestoration(
            StoredResourceRows resources,
            StoredVersionRows rows,
            Optional<StoredVersionRows> replica,
            RecordedVersions recordedVersions,
            Comparison comparison,
            Findings findings,
            IntegrityRecorder recorder,
            OwnerIndex index,
            Adoption adoption,
            SearchIndexes indexes,
            TransactionTemplate transaction) {
        this.resources = resources;
        this.rows = rows;
        this.replica = replica;
        this.recordedVersions = recordedVersions;
        this.comparison = comparison;
        this.findings = findings;
        this.recorder = recorder;
        this.index = index;
        this.adoption = adoption;
        this.indexes = indexes;
        this.transaction = transaction;
    }

    /** What became of a version. */
    enum State {
        INTACT,
        RESTORED,
        /** It is gone or altered, and nothing that is recorded was found to put in its place. */
        LOST
    }

    /** What came of it. */
    enum Outcome {
        /** Something was put back. */
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
        OWNERS_UNKNOWN
    }

    /**
     * An answer.
     *
     * @param versions what became of each, by its reference
     * @param referrers how many other resources were indexed again
     * @param unindexed how many could not be
     */
    record Result(Outcome outcome, Map<String, State> versions, int referrers, int unindexed) {
        static Result refused(Outcome outcome) {
            return new Result(outcome, Map.of(), 0, 0);
        }
    }

    /**
     * Restores a resource.
     *
     * @param sent versions as an older copy of the database has them
     * @param by who asked, for the record
     */
    Result restore(String type, String id, List<VersionBytes> sent, String by) {
        RecordedVersions.Recorded recorded = recordedVersions.of(type, id);
        if (recorded.isEmpty()) {
            return Result.refused(Outcome.UNKNOWN);
        }
        if (recorded.isWrittenAnew()) {
            return Result.refused(Outcome.WRITTEN_ANEW);
        }
        Work work = new Work(type, id, sent, recorded, by);
        Outcome outcome = transaction.execute(status -> {
            Outcome done = work.run();
            if (done != Outcome.RESTORED) {
                status.setRollbackOnly();
            }
            return done;
        });
        if (outcome != Outcome.RESTORED && outcome != Outcome.UNCHANGED) {
            return Result.refused(outcome);
        }
        if (outcome == Outcome.RESTORED) {
            recorder.seal(work.staged);
            indexes.forget();
        }
        work.states.forEach((reference, state) -> {
            if (state != State.LOST) {
                findings.close(reference);
            }
        });
        return referrers(outcome, work);
    }

    /** Indexes whatever mentions it and is not linked to it. */
    private Result referrers(Outcome outcome, Work work) {
        String reference = work.type + "/" + work.id;
        int done = 0;
        int failed = 0;
        long after = -1;
        List<StoredResourceRows.Referrer> batch;
        do {
            long from = after;
            batch = resources.unlinked(reference, work.key, from, REFERRERS);
            for (StoredResourceRows.Referrer referrer : batch) {
                after = referrer.key();
                try {
                    transaction.executeWithoutResult(status -> indexes.rebuild(referrer.type(), referrer.key()));
                    done++;
                } catch (IllegalStateException e) {
                    // One that somebody has spoilt keeps no other from being found.
                    failed++;
                }
            }
        } while (batch.size() == REFERRERS);
        return new Result(outcome, work.states, done, failed);
    }

    /** One transaction's; confined to its thread. */
    private final class Work {
        private final String type;
        private final String id;
        private final List<VersionBytes> offered;
        private final RecordedVersions.Recorded recorded;
        private final String by;
        private final Map<String, State> states = new LinkedHashMap<>();
        private final List<Entry> staged = new ArrayList<>();
        private long key;

        Work(String type, String id, List<VersionBytes> sent, RecordedVersions.Recorded recorded, String by) {
            this.type = type;
            this.id = id;
            this.offered = new ArrayList<>(sent);
            this.recorded = recorded;
            this.by = by;
        }

        Outcome run() {
            resources.lock(type + "/" + id);
            index.forget(type + "/" + id);
            Optional<StoredResourceRows.Row> row = resources.find(type, id);
            row.ifPresent(there -> offered.addAll(rows.orphaned(there.key(), type, id)));
            replica.ifPresent(other -> other.of(type, id).forEach(copy -> offered.add(copy.bytes())));
            @Nullable Long orphan = row.isPresent() ? null : orphan();
            long newest = recorded.versions().last();
            if (row.isPresent() && row.get().newest() > newest) {
                // What is being stored right now is not in the log yet, and what somebody put there is another finding.
                newest = row.get().newest();
            }
            Optional<VersionBytes> head = head(newest);
            if (head.isEmpty()) {
                long wanted = newest;
                return offered.stream().anyMatch(copy -> copy.version() == wanted)
                        ? Outcome.NOT_THE_RECORDED
                        : Outcome.NOT_THERE;
            }
            boolean deleted = head.get().encoding().equals(StoredVersionRows.DELETED);
            boolean whole = row.isPresent()
                    && row.get().newest() == newest
                    && rows.of(type, id).stream()
                                    .filter(StoredVersionRows.Row::consistent)
                                    .filter(this::isRecorded)
                                    .count()
                            >= recorded.versions().size()
                    && index.find(type + "/" + id)
                            .filter(known -> known.patients().equals(recorded.patients()) && known.deleted() == deleted)
                            .isPresent();
            key = row.map(StoredResourceRows.Row::key).orElse(orphan == null ? 0 : orphan);
            if (whole) {
                recorded.versions().forEach(version -> states.put(name(version), State.INTACT));
                return Outcome.UNCHANGED;
            }
            if (row.isEmpty()) {
                key = resources.insert(
                        orphan == null ? left() : orphan,
                        type,
                        id,
                        Partition.QUARANTINE,
                        newest,
                        published(head.get()),
                        head.get().updated());
            }
            align(head.get(), deleted, Partition.QUARANTINE);
            recorded.versions().forEach(this::putBack);
            Optional<Ownership> ownership = ownership(deleted);
            if (ownership.isEmpty()) {
                return Outcome.OWNERS_UNKNOWN;
            }
            align(head.get(), deleted, ownership.get().partition());
            adoption.factsOf(type, id)
                    .ifPresentOrElse(
                            facts -> index.stored(type + "/" + id, ownership.get(), facts),
                            () -> index.stored(type + "/" + id, ownership.get()));
            if (staged.isEmpty()) {
                // The versions were left; what was gone is that they are this resource's.
                record(nothing(head.get()), head.get());
            }
            if (!deleted) {
                indexes.rebuild(type, key);
            }
            return Outcome.RESTORED;
        }

        private void align(VersionBytes head, boolean deleted, int partition) {
            resources.align(key, partition, head.version(), head.updated(), deleted ? head.updated() : null);
        }

        private void putBack(long version) {
            Optional<StoredVersionRows.Row> there = rows.of(type, id, version);
            if (there.filter(row -> row.consistent() && isRecorded(row)).isPresent()) {
                states.put(name(version), State.INTACT);
                return;
            }
            Optional<VersionBytes> copy = there.map(StoredVersionRows.Row::bytes)
                    .filter(this::isRecorded)
                    .or(() -> recordedCopy(version));
            if (copy.isEmpty()) {
                states.put(name(version), State.LOST);
                return;
            }
            if (there.isPresent()) {
                rows.restore(copy.get());
                record(there.get().bytes(), copy.get());
            } else if (rows.insert(copy.get())) {
                record(nothing(copy.get()), copy.get());
            } else {
                throw new IllegalStateException("a version that was gone is there");
            }
            states.put(name(version), State.RESTORED);
        }

        /** The newest version as it was recorded, from wherever it is. */
        private Optional<VersionBytes> head(long newest) {
            return rows.of(type, id, newest)
                    .map(StoredVersionRows.Row::bytes)
                    .filter(this::isRecorded)
                    .or(() -> recordedCopy(newest));
        }

        private Optional<VersionBytes> recordedCopy(long version) {
            return offered.stream()
                    .filter(copy -> copy.version() == version)
                    .filter(StoredVersionRows::isWritable)
                    .filter(this::isRecorded)
                    .findFirst();
        }

        /** The key under which versions are left without the resource's row; what is among them is offered, too. */
        private @Nullable Long orphan() {
            for (long candidate : resources.orphans(type)) {
                List<VersionBytes> versions = rows.orphaned(candidate, type, id);
                if (versions.stream().anyMatch(this::isRecorded)) {
                    offered.addAll(versions);
                    return candidate;
                }
            }
            return null;
        }

        /** The key that the replica has, if something that is left here still speaks of it. */
        private @Nullable Long left() {
            OptionalLong known = replica.map(other -> other.key(type, id)).orElse(OptionalLong.empty());
            return known.isPresent() && resources.isLeft(known.getAsLong(), type) ? known.getAsLong() : null;
        }

        private Instant published(VersionBytes head) {
            return offered.stream()
                    .filter(this::isRecorded)
                    .min(Comparator.comparingLong(VersionBytes::version))
                    .map(VersionBytes::updated)
                    .orElse(head.updated());
        }

        /** Those whom the ledger says, where they are by what the index and the versions themselves say. */
        private Optional<Ownership> ownership(boolean deleted) {
            Set<String> patients = recorded.patients();
            Ownership told = adoption.ownersOf(type, id, deleted);
            Optional<Ownership> known = index.find(type + "/" + id)
                    .filter(owners -> owners.patients().equals(patients));
            boolean toldOf = told.patients().equals(patients);
            if (!toldOf && known.isEmpty()) {
                return Optional.empty();
            }
            int partition = told.partition();
            if (known.isPresent()) {
                int indexed = known.get().partition();
                boolean theirs =
                        index.patientsOf(indexed).filter(patients::equals).isPresent();
                // Where the two differ in what kind of partition it is, the one that fewer may see.
                if (Partition.isPatients(indexed)
                        ? theirs && (!toldOf || Partition.isPatients(partition))
                        : indexed != Partition.SHARED) {
                    partition = indexed;
                } else if (!toldOf) {
                    return Optional.empty();
                }
            }
            return Optional.of(new Ownership(partition, patients, deleted));
        }

        private void record(VersionBytes before, VersionBytes after) {
            staged.addAll(recorder.restored(recorded.patients(), before, after, by));
        }

        private boolean isRecorded(StoredVersionRows.Row row) {
            return isRecorded(row.bytes());
        }

        private boolean isRecorded(VersionBytes version) {
            Verdict.State state =
                    comparison.verdict(version, recorded.patients()).state();
            return state == Verdict.State.INTACT || state == Verdict.State.PENDING;
        }

        private VersionBytes nothing(VersionBytes of) {
            return new VersionBytes(type, id, of.version(), of.updated(), "", null, new byte[0]);
        }

        private String name(long version) {
            return type + "/" + id + "/_history/" + version;
        }
    }
}
