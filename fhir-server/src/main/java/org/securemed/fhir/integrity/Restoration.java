package org.securemed.fhir.integrity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Puts the committed bytes of a version back where something else is, and records what was there before. What is put
 * there is compared with the commitment first, wherever it comes from. Thread-safe; one restoration of a resource at a
 * time.
 */
final class Restoration {
    private final StoredResourceRows resources;
    private final StoredVersionRows rows;
    private final Optional<StoredVersionRows> replica;
    private final Comparison comparison;
    private final Findings findings;
    private final IntegrityRecorder recorder;
    private final TransactionTemplate transaction;

    Restoration(
            StoredResourceRows resources,
            StoredVersionRows rows,
            Optional<StoredVersionRows> replica,
            Comparison comparison,
            Findings findings,
            IntegrityRecorder recorder,
            TransactionTemplate transaction) {
        this.resources = resources;
        this.rows = rows;
        this.replica = replica;
        this.comparison = comparison;
        this.findings = findings;
        this.recorder = recorder;
        this.transaction = transaction;
    }

    /**
     * A version's text as an older copy of the database has it.
     *
     * @param encoding HAPI's name of its form
     * @param updated when it was stored; null if that is as the row says
     * @param source {@code meta.source}, with {@code updated}; null if there is none
     */
    record Offer(
            byte[] text,
            String encoding,
            @Nullable Instant updated,
            @Nullable String source) {}

    /** What came of it. */
    enum Outcome {
        RESTORED,
        /** It is as it was recorded. */
        INTACT,
        /** Nothing that was offered is what was recorded. */
        NOT_THE_RECORDED,
        /** HAPI's row of the resource is gone, or there is nothing to take it from. */
        NOT_THERE
    }

    /**
     * Restores a version.
     *
     * @param by who asked, for the record
     */
    Outcome restore(String type, String id, long version, Optional<Offer> offer, String by) {
        List<Entry> staged = new ArrayList<>();
        Outcome outcome = Objects.requireNonNull(transaction.execute(status -> {
            resources.lock(type + "/" + id);
            return restore(type, id, version, offer, by, staged);
        }));
        if (outcome == Outcome.RESTORED) {
            recorder.seal(staged);
        }
        if (outcome == Outcome.RESTORED || outcome == Outcome.INTACT) {
            findings.close(type + "/" + id + "/_history/" + version);
        }
        return outcome;
    }

    private Outcome restore(
            String type, String id, long version, Optional<Offer> offer, String by, List<Entry> staged) {
        Optional<StoredVersionRows.Row> there = rows.of(type, id, version);
        if (there.isPresent() && !comparison.verdict(there.get()).state().isFinding()) {
            return Outcome.INTACT;
        }
        Optional<VersionBytes> before = there.map(StoredVersionRows.Row::bytes);
        List<VersionBytes> copies = new ArrayList<>();
        offer.ifPresent(sent -> {
            if (sent.updated() != null) {
                copies.add(bytes(type, id, version, sent, sent.updated(), sent.source()));
            }
            // Only the text was changed.
            before.ifPresent(row -> copies.add(bytes(type, id, version, sent, row.updated(), row.source())));
        });
        replica.flatMap(other -> other.of(type, id, version))
                .map(StoredVersionRows.Row::bytes)
                .ifPresent(copies::add);
        Optional<VersionBytes> after = copies.stream()
                .filter(this::isRecorded)
                .findFirst()
                // Only the columns beside the text were changed.
                .or(() -> before.filter(this::isRecorded));
        if (after.isEmpty()) {
            return copies.isEmpty() ? Outcome.NOT_THERE : Outcome.NOT_THE_RECORDED;
        }
        if (there.isPresent()) {
            rows.restore(after.get());
        } else if (!rows.insert(after.get())) {
            return Outcome.NOT_THERE;
        }
        staged.addAll(recorder.restored(
                comparison.patients(after.get().resource()),
                before.orElseGet(() -> nothing(after.get())),
                after.get(),
                by));
        return Outcome.RESTORED;
    }

    /** What there was of a version whose row was gone. */
    static VersionBytes nothing(VersionBytes of) {
        return new VersionBytes(of.type(), of.id(), of.version(), of.updated(), "", null, new byte[0]);
    }

    private boolean isRecorded(VersionBytes version) {
        return StoredVersionRows.isWritable(version)
                && comparison.verdict(version).state().isRecorded();
    }

    private static VersionBytes bytes(
            String type, String id, long version, Offer offer, Instant updated, @Nullable String source) {
        return new VersionBytes(type, id, version, updated, offer.encoding(), source, offer.text());
    }
}
