package org.securemed.fhir.integrity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.integrity.ResourceRestoration.Outcome;
import org.securemed.fhir.integrity.ResourceRestoration.Parts;
import org.securemed.fhir.integrity.ResourceRestoration.State;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.UnreadableTextException;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;

/** One restoration of one resource, in the caller's transaction and confined to its thread. */
final class ResourceRepair {
    private final Parts parts;
    private final String type;
    private final String id;
    private final String name;
    private final List<VersionBytes> offered;
    private final String by;
    private final Map<String, State> states = new LinkedHashMap<>();
    private final List<Entry> staged = new ArrayList<>();
    private RecordedVersions.Recorded recorded;
    private long key;
    private boolean unindexed;

    /**
     * @param sent versions as an older copy of the database has them
     * @param recorded what the ledger says, a while ago
     * @param by who asked, for the record
     */
    ResourceRepair(
            Parts parts,
            String type,
            String id,
            List<VersionBytes> sent,
            RecordedVersions.Recorded recorded,
            String by) {
        this.parts = parts;
        this.type = type;
        this.id = id;
        this.name = type + "/" + id;
        this.offered = new ArrayList<>(sent);
        this.recorded = recorded;
        this.by = by;
    }

    /** What became of each version, by its reference. */
    Map<String, State> states() {
        return states;
    }

    /** What is to be sealed after the commit. */
    List<Entry> staged() {
        return staged;
    }

    /** Whether it is to be indexed after the commit: what it refers to may be what comes back next. */
    boolean isUnindexed() {
        return unindexed;
    }

    /** HAPI's key of the resource. */
    long key() {
        return key;
    }

    /** Does it; what was written must be rolled back unless it says that it has restored something. */
    Outcome run() {
        parts.resources().lock(name);
        parts.index().forget(name);
        Optional<StoredResourceRows.Row> row = parts.resources().find(type, id);
        // From here on nobody can write it.
        recorded = parts.recorded().completed(type, id, recorded);
        if (recorded.isWrittenAnew()) {
            return Outcome.WRITTEN_ANEW;
        }
        @Nullable Long orphan = row.isPresent() ? null : orphan();
        @Nullable Long left = row.isPresent() ? Long.valueOf(row.get().key()) : orphan;
        List<StoredVersionRows.Row> there =
                left == null ? List.of() : parts.rows().under(left, type, id);
        there.forEach(version -> offered.add(version.bytes()));
        parts.replica().ifPresent(other -> other.of(type, id).forEach(copy -> offered.add(copy.bytes())));

        List<StoredVersionRows.Row> unknown = there.stream()
                .filter(version -> !recorded.versions().contains(version.bytes().version()))
                .toList();
        long newest = recorded.versions().last();
        Optional<VersionBytes> head = recordedCopy(newest);
        if (head.isEmpty()) {
            return offered.stream().anyMatch(copy -> copy.version() == newest)
                    ? Outcome.NOT_THE_RECORDED
                    : Outcome.NOT_THERE;
        }
        boolean deleted = head.get().encoding().equals(StoredVersionRows.DELETED);
        if (row.isPresent() && unknown.isEmpty() && isWhole(row.get(), newest, deleted)) {
            key = row.get().key();
            unindexed = !deleted && !row.get().indexed();
            recorded.versions().forEach(version -> states.put(name(version), State.INTACT));
            return Outcome.UNCHANGED;
        }
        return repair(row.isPresent() ? left : null, orphan, head.get(), deleted, unknown);
    }

    private boolean isWhole(StoredResourceRows.Row row, long newest, boolean deleted) {
        long whole = parts.rows().of(type, id).stream()
                .filter(StoredVersionRows.Row::consistent)
                .filter(version -> isRecorded(version.bytes()))
                .count();
        return row.newest() == newest
                && whole == recorded.versions().size()
                && parts.index()
                        .find(name)
                        .filter(known -> known.patients().equals(recorded.patients()) && known.deleted() == deleted)
                        .isPresent();
    }

    /**
     * Puts everything right.
     *
     * @param present HAPI's key of the resource; null if its row is gone
     * @param orphan the key under which versions are left without a row; null if there are none
     */
    private Outcome repair(
            @Nullable Long present,
            @Nullable Long orphan,
            VersionBytes head,
            boolean deleted,
            List<StoredVersionRows.Row> unknown) {
        OptionalLong used = present != null
                ? OptionalLong.of(present)
                : parts.resources()
                        .insert(
                                orphan == null ? left() : orphan,
                                type,
                                id,
                                Partition.QUARANTINE,
                                head.version(),
                                published(head),
                                head.updated());
        if (used.isEmpty()) {
            return Outcome.WRITTEN_ANEW;
        }
        key = used.getAsLong();
        align(head, deleted, Partition.QUARANTINE);
        recorded.versions().forEach(this::putBack);
        for (StoredVersionRows.Row version : unknown) {
            Outcome taken = takeAway(version);
            if (taken != Outcome.RESTORED) {
                return taken;
            }
        }
        Optional<Ownership> ownership = ownership(deleted);
        if (ownership.isEmpty()) {
            return Outcome.OWNERS_UNKNOWN;
        }
        align(head, deleted, ownership.get().partition());
        parts.adoption()
                .factsOf(type, id, asRecorded())
                .ifPresentOrElse(
                        facts -> parts.index().stored(name, ownership.get(), facts),
                        () -> parts.index().stored(name, ownership.get()));
        if (staged.isEmpty()) {
            // The versions were left; what was gone is that they are this resource's.
            record(Restoration.nothing(head), head);
        }
        unindexed = !deleted;
        return Outcome.RESTORED;
    }

    private void align(VersionBytes head, boolean deleted, int partition) {
        parts.resources().align(key, partition, head.version(), head.updated(), deleted ? head.updated() : null);
    }

    private void putBack(long version) {
        Optional<StoredVersionRows.Row> there = parts.rows().of(type, id, version);
        if (there.filter(row -> row.consistent() && isRecorded(row.bytes())).isPresent()) {
            states.put(name(version), State.INTACT);
            return;
        }
        Optional<VersionBytes> copy = recordedCopy(version);
        if (copy.isEmpty()) {
            states.put(name(version), State.LOST);
            return;
        }
        if (there.isPresent()) {
            parts.rows().restore(copy.get());
            record(there.get().bytes(), copy.get());
        } else if (parts.rows().insert(copy.get())) {
            record(Restoration.nothing(copy.get()), copy.get());
        } else {
            throw new IllegalStateException("a version that was gone is there");
        }
        states.put(name(version), State.RESTORED);
    }

    /**
     * Takes away a version of which the ledger knows nothing. All that it knows has been looked at, and nobody can have
     * written since; and should the log itself have been cut, the record of this keeps what was there.
     */
    private Outcome takeAway(StoredVersionRows.Row version) {
        VersionBytes bytes = version.bytes();
        if (parts.comparison().verdict(bytes, recorded.patients()).state() != Verdict.State.UNRECORDED) {
            // There is an entry of it that can't be read: that is for those who look after the log.
            return Outcome.NOT_THE_RECORDED;
        }
        if (!parts.recorder().keeps(bytes)) {
            return Outcome.TOO_LARGE_TO_REMOVE;
        }
        parts.rows().remove(version.key());
        record(bytes, Restoration.nothing(bytes));
        states.put(bytes.reference(), State.REMOVED);
        return Outcome.RESTORED;
    }

    private Optional<VersionBytes> recordedCopy(long version) {
        return offered.stream()
                .filter(copy -> copy.version() == version)
                .filter(StoredVersionRows::isWritable)
                .filter(this::isRecorded)
                .findFirst();
    }

    /** The key under which versions are left without the resource's row. */
    private @Nullable Long orphan() {
        for (long candidate : parts.resources().orphans(type)) {
            if (parts.rows().under(candidate, type, id).stream().anyMatch(version -> isRecorded(version.bytes()))) {
                return candidate;
            }
        }
        return null;
    }

    /** The key that the replica has, if something that is left here still speaks of it. */
    private @Nullable Long left() {
        OptionalLong known = parts.replica().map(other -> other.key(type, id)).orElse(OptionalLong.empty());
        return known.isPresent() && parts.resources().isLeft(known.getAsLong(), type) ? known.getAsLong() : null;
    }

    private Instant published(VersionBytes head) {
        return recorded.versions().stream()
                .flatMap(version -> recordedCopy(version).stream())
                .findFirst()
                .orElse(head)
                .updated();
    }

    /** Those whom the ledger says, where they are by what the index and the recorded versions themselves say. */
    private Optional<Ownership> ownership(boolean deleted) {
        Set<String> patients = recorded.patients();
        Ownership told;
        try {
            told = parts.adoption().ownersOf(type, id, deleted, asRecorded());
        } catch (UnreadableTextException e) {
            return Optional.empty();
        }
        Optional<Ownership> known =
                parts.index().find(name).filter(owners -> owners.patients().equals(patients));
        boolean toldOf = told.patients().equals(patients);
        if (!toldOf && known.isEmpty()) {
            return Optional.empty();
        }
        int partition = told.partition();
        if (known.isPresent()) {
            int indexed = known.get().partition();
            boolean theirs =
                    parts.index().patientsOf(indexed).filter(patients::equals).isPresent();
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

    /** What is still altered says nothing about the resource. */
    private LongPredicate asRecorded() {
        return version -> {
            @Nullable State state = states.get(name(version));
            return state == State.INTACT || state == State.RESTORED;
        };
    }

    private void record(VersionBytes before, VersionBytes after) {
        staged.addAll(parts.recorder().restored(recorded.patients(), before, after, by));
    }

    private boolean isRecorded(VersionBytes version) {
        return parts.comparison().verdict(version, recorded.patients()).state().isRecorded();
    }

    private String name(long version) {
        return name + "/_history/" + version;
    }
}
