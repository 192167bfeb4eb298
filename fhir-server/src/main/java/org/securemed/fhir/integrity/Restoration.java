package org.securemed.fhir.integrity;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Puts the committed bytes of a version back where something else is, and records what was there before. What is put
 * there is compared with the commitment first, wherever it comes from.
 */
final class Restoration {
    private final StoredVersionRows rows;
    private final Optional<StoredVersionRows> replica;
    private final Comparison comparison;
    private final Findings findings;
    private final IntegrityRecorder recorder;
    private final TransactionTemplate transaction;

    Restoration(
            StoredVersionRows rows,
            Optional<StoredVersionRows> replica,
            Comparison comparison,
            Findings findings,
            IntegrityRecorder recorder,
            TransactionTemplate transaction) {
        this.rows = rows;
        this.replica = replica;
        this.comparison = comparison;
        this.findings = findings;
        this.recorder = recorder;
        this.transaction = transaction;
    }

    /**
     * What is stored beside a version's text.
     *
     * @param updated when it was stored
     * @param source {@code meta.source}; null if there is none
     */
    record Beside(Instant updated, @Nullable String source) {}

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
     * @param offered its text as an older copy of the database has it
     * @param beside what that copy has beside the text, if the row is gone
     * @param by who asked, for the record
     */
    Outcome restore(
            String type, String id, long version, Optional<String> offered, Optional<Beside> beside, String by) {
        Optional<StoredVersionRows.Row> there = rows.of(type, id, version);
        if (there.isEmpty()) {
            return putBack(type, id, version, offered, beside, by);
        }
        if (!comparison.verdict(there.get()).state().isFinding()) {
            findings.close(there.get().bytes().reference());
            return Outcome.INTACT;
        }
        VersionBytes before = there.get().bytes();
        Optional<VersionBytes> copied =
                replica.flatMap(other -> other.of(type, id, version)).map(StoredVersionRows.Row::bytes);
        Optional<VersionBytes> after = offered.map(text -> with(before, text))
                .filter(this::isRecorded)
                .or(() -> copied.filter(this::isRecorded))
                // Only the columns beside the text were changed.
                .or(() -> Optional.of(before).filter(this::isRecorded));
        if (after.isEmpty()) {
            return offered.isPresent() || copied.isPresent() ? Outcome.NOT_THE_RECORDED : Outcome.NOT_THERE;
        }
        List<Entry> staged = new ArrayList<>();
        transaction.executeWithoutResult(status -> {
            staged.addAll(recorder.restored(comparison.patients(before.resource()), before, after.get(), by));
            rows.restore(after.get());
        });
        recorder.seal(staged);
        findings.close(before.reference());
        return Outcome.RESTORED;
    }

    /** A row that is gone: nothing tells the time of the version and its source but a copy. */
    private Outcome putBack(
            String type, String id, long version, Optional<String> offered, Optional<Beside> beside, String by) {
        Optional<VersionBytes> sent = beside.flatMap(told -> offered.map(text -> new VersionBytes(
                type, id, version, told.updated(), "JSON", told.source(), text.getBytes(StandardCharsets.UTF_8))));
        Optional<VersionBytes> copied =
                replica.flatMap(other -> other.of(type, id, version)).map(StoredVersionRows.Row::bytes);
        Optional<VersionBytes> after = sent.filter(this::isRecorded).or(() -> copied.filter(this::isRecorded));
        if (after.isEmpty()) {
            return sent.isPresent() || copied.isPresent() ? Outcome.NOT_THE_RECORDED : Outcome.NOT_THERE;
        }
        VersionBytes nothing = new VersionBytes(type, id, version, after.get().updated(), "", null, new byte[0]);
        List<Entry> staged = new ArrayList<>();
        Boolean put = transaction.execute(status -> {
            if (!rows.insert(after.get())) {
                return false;
            }
            staged.addAll(recorder.restored(comparison.patients(nothing.resource()), nothing, after.get(), by));
            return true;
        });
        if (!Boolean.TRUE.equals(put)) {
            return Outcome.NOT_THERE;
        }
        recorder.seal(staged);
        findings.close(nothing.reference());
        return Outcome.RESTORED;
    }

    private boolean isRecorded(VersionBytes version) {
        Verdict.State state = comparison.verdict(version).state();
        return !state.isFinding() && state != Verdict.State.ERASED && StoredVersionRows.isWritable(version);
    }

    private static VersionBytes with(VersionBytes row, String text) {
        return new VersionBytes(
                row.type(),
                row.id(),
                row.version(),
                row.updated(),
                "JSON",
                row.source(),
                text.getBytes(StandardCharsets.UTF_8));
    }
}
