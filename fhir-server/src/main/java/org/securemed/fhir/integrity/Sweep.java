package org.securemed.fhir.integrity;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.WrittenVersions;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Compares all stored versions with the ledger, and the ledger's writes with what is stored, batch by batch: first
 * every row of HAPI's, which finds what was changed or put there; then every recorded write, which finds what was taken
 * away. Where it is, is stored: after a restart it goes on, and of several instances one works on a batch.
 */
final class Sweep {
    private final StoredVersionRows rows;
    private final Comparison comparison;
    private final Findings findings;
    private final WrittenVersions written;
    private final Ledger ledger;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final Clock clock;

    Sweep(
            StoredVersionRows rows,
            Comparison comparison,
            Findings findings,
            WrittenVersions written,
            Ledger ledger,
            JdbcTemplate jdbc,
            TransactionTemplate transaction,
            Clock clock) {
        this.rows = rows;
        this.comparison = comparison;
        this.findings = findings;
        this.written = written;
        this.ledger = ledger;
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.clock = clock;
    }

    /**
     * How far it is.
     *
     * @param phase {@code stored}, {@code recorded} or {@code done}
     * @param placeTime of the last entry that was looked at; milliseconds
     * @param place the last key or index that was looked at
     * @param checked versions and entries that were looked at
     * @param uncheckable of which the patient's key is destroyed
     * @param findings how many differed
     * @param endedAt null while it runs
     */
    record Status(
            String phase,
            long placeTime,
            long place,
            long checked,
            long uncheckable,
            long findings,
            Instant begunAt,
            @Nullable Instant endedAt) {
        boolean isDone() {
            return phase.equals("done");
        }
    }

    /** Where the present or last round is; empty if there was none. */
    Optional<Status> status() {
        return read("");
    }

    /** Begins a round, unless one is under way. */
    void begin() {
        jdbc.update(
                "insert into integrity.sweep (id, phase, place_time, place, checked, uncheckable, findings, begun_at)"
                        + " values (1, 'stored', 0, -1, 0, 0, 0, ?) on conflict (id) do update set phase = 'stored',"
                        + " place_time = 0, place = -1, checked = 0, uncheckable = 0, findings = 0,"
                        + " begun_at = excluded.begun_at, ended_at = null where sweep.phase = 'done'",
                Timestamp.from(clock.instant()));
    }

    /** Begins a round if the last one began longer ago than this. */
    void beginIfOlderThan(Duration age) {
        Instant before = clock.instant().minus(age);
        if (status().filter(last -> !last.isDone() || last.begunAt().isAfter(before))
                .isEmpty()) {
            begin();
        }
    }

    /**
     * Looks at the next batch, unless no round is under way or another instance does.
     *
     * @return how many were looked at; 0 if there was nothing to do
     */
    int step(int batch) {
        Integer done = transaction.execute(status -> read(" for update skip locked")
                .filter(where -> !where.isDone())
                .map(where -> where.phase().equals("stored") ? stored(where, batch) : recorded(where, batch))
                .orElse(0));
        return done == null ? 0 : done;
    }

    private int stored(Status where, int limit) {
        List<StoredVersionRows.Row> batch = rows.after(where.place(), limit);
        long uncheckable = 0;
        long wrong = 0;
        for (StoredVersionRows.Row row : batch) {
            Verdict verdict = comparison.verdict(row);
            uncheckable += verdict.state() == Verdict.State.ERASED ? 1 : 0;
            wrong += told(verdict);
        }
        boolean end = batch.size() < limit;
        long last =
                batch.isEmpty() ? where.place() : batch.get(batch.size() - 1).key();
        move(end ? "recorded" : "stored", 0, end ? -1 : last, batch.size(), uncheckable, wrong);
        return Math.max(1, batch.size());
    }

    private int recorded(Status where, int limit) {
        EntryQuery.Place after = where.place() < 0 ? null : new EntryQuery.Place(where.placeTime(), where.place());
        List<StoredEntry> batch = ledger.find(new EntryQuery(
                Set.of(),
                null,
                RecordedVersions.WRITES,
                null,
                null,
                Long.MAX_VALUE,
                EntryQuery.Order.OLDEST_FIRST,
                after,
                limit));
        long wrong = 0;
        EntryQuery.Place last = after;
        for (StoredEntry entry : batch) {
            last = EntryQuery.Place.of(entry);
            wrong += missing(entry).map(this::told).orElse(0);
        }
        boolean end = batch.size() < limit;
        move(
                end ? "done" : "recorded",
                last == null ? 0 : last.timeMillis(),
                last == null ? -1 : last.index(),
                batch.size(),
                0,
                wrong);
        return Math.max(1, batch.size());
    }

    private Optional<Verdict> missing(StoredEntry entry) {
        return written.of(entry)
                .filter(version ->
                        rows.of(version.type(), version.id(), version.version()).isEmpty()
                                || rows.newest(version.type(), version.id()).orElse(0) < version.version())
                .map(version -> new Verdict(version.reference(), Verdict.State.MISSING, List.of(entry.index())));
    }

    private int told(Verdict verdict) {
        if (!verdict.state().isFinding()) {
            return 0;
        }
        findings.tell(verdict);
        return 1;
    }

    private void move(String phase, long time, long place, int checked, long uncheckable, long wrong) {
        jdbc.update(
                "update integrity.sweep set phase = ?, place_time = ?, place = ?, checked = checked + ?,"
                        + " uncheckable = uncheckable + ?, findings = findings + ?, ended_at = ? where id = 1",
                phase,
                time,
                place,
                checked,
                uncheckable,
                wrong,
                phase.equals("done") ? Timestamp.from(clock.instant()) : null);
    }

    private Optional<Status> read(String lock) {
        return jdbc
                .query(
                        "select phase, place_time, place, checked, uncheckable, findings, begun_at, ended_at"
                                + " from integrity.sweep where id = 1" + lock,
                        (row, number) -> new Status(
                                row.getString(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                row.getTimestamp(7).toInstant(),
                                row.getTimestamp(8) == null
                                        ? null
                                        : row.getTimestamp(8).toInstant()))
                .stream()
                .findFirst();
    }
}
