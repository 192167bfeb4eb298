package org.securemed.fhir.integrity;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
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
            IntegrityProperties properties,
            Comparison comparison,
            Findings findings,
            IntegrityRecorder recorder,
            TransactionTemplate transaction) {
        this.rows = rows;
        this.replica = Optional.ofNullable(properties.replica())
                .map(other -> new StoredVersionRows(
                        new JdbcTemplate(new DriverManagerDataSource(other.url(), other.user(), other.password()))));
        this.comparison = comparison;
        this.findings = findings;
        this.recorder = recorder;
        this.transaction = transaction;
    }

    /** What came of it. */
    enum Outcome {
        RESTORED,
        /** It is as it was recorded. */
        INTACT,
        /** Nothing that was offered is what was recorded. */
        NOT_THE_RECORDED,
        /** HAPI's row is gone, or there is nothing to take it from. */
        NOT_THERE
    }

    /**
     * Restores a version.
     *
     * @param offered its text as an older copy of the database has it
     * @param by who asked, for the record
     */
    Outcome restore(String type, String id, long version, Optional<String> offered, String by) {
        Optional<StoredVersionRows.Row> there = rows.of(type, id, version);
        if (there.isEmpty()) {
            return Outcome.NOT_THERE;
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

    private boolean isRecorded(VersionBytes version) {
        return !comparison.verdict(version).state().isFinding()
                && comparison.verdict(version).state() != Verdict.State.ERASED;
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
